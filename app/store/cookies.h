/* The cookies of browser sessions, in their sessions' rows. */
#ifndef APP_STORE_COOKIES_H
#define APP_STORE_COOKIES_H

#include "app/store/sessions.h"

struct cookie_session {
	struct user user;
	int64_t login_at; /* real ms */
	const char *hex, *kid; /* the keyed hash of its secret, and by which key */
	bool dusty; /* its use was not noted for an hour */
};
/* RC_NONE: no living session of that id has a cookie and was used lately. */
enum rc cookies_user(struct context *c, const char *session_id,
		     struct cookie_session *out) MUST_USE;
/* Notes the use. Best effort: a lost note is made by the next request. */
void cookies_used(struct context *c, const char *session_id);

#endif
