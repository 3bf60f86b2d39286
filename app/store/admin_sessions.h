/* A user's sessions as the administrator sees and ends them. */
#ifndef APP_STORE_ADMIN_SESSIONS_H
#define APP_STORE_ADMIN_SESSIONS_H

#include "app/context.h"

struct admin_session {
	const char *id, *method, *user_agent, *ip;
	const char *state; /* live, or why it is not: ended, expired, idle, revoked */
	int64_t created_at, last_used_at, expires_at; /* real ms */
};

enum { ADMIN_SESSIONS_MAX = 500 };

/* The newest of those that are still kept. RC_NONE: none. */
enum rc admin_sessions_list(struct context *c, const char *user_id,
			    struct admin_session **out, size_t *n) MUST_USE;
/* Ends them all by raising the user's epoch; `*ended` were alive. RC_NONE: no such user.
 */
enum rc admin_sessions_revoke(struct context *c, const char *user_id,
			      int64_t *ended) MUST_USE;

#endif
