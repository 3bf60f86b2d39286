/* Sessions of web pages: a cookie in place of tokens, good for as long as the session's
 * row, which is asked with every request as a token's is. */
#ifndef APP_FLOW_BROWSER_H
#define APP_FLOW_BROWSER_H

#include "app/flow/sessions.h"

#define BROWSER_COOKIE "__Host-latchkey"

struct browser_cookie {
	const char *value; /* base64url of the session's id and a secret of 256 bits */
	int64_t max_age_s;
};

/* The cookie of a session that is about to be opened with `kept`. */
enum err browser_begin(struct context *c, struct session_cookie *kept,
		       struct browser_cookie *out) MUST_USE;
/* The session was opened: the cookie lives as long. */
void browser_opened(struct context *c, const struct session *session,
		    struct browser_cookie *out);
/* Whose cookie it is. ERR_TOKEN_REFUSED: nobody's, or its session is over, also by not
 * having been used for tokens.idle_ttl_days. */
enum err browser_authenticate(struct context *c, const char *value,
			      struct caller *out) MUST_USE;

#endif
