/* Ended sessions in Redis, for as long as their access tokens would last: what
 * /auth/verify may go by while PostgreSQL is down, where the settings allow it. Best
 * effort: PostgreSQL is the truth. */
#ifndef APP_STORE_ENDED_H
#define APP_STORE_ENDED_H

#include "app/context.h"
#include "lib/rc.h"

void ended_session(struct context *c, const char *session_id);
/* All sessions that the user has now. */
void ended_user(struct context *c, const char *user_id);
/* RC_OK: neither is on the list. RC_NONE: it has ended. `issued_s`: the token's iat. */
enum rc ended_check(struct context *c, const char *session_id, const char *user_id,
		    int64_t issued_s) MUST_USE;

#endif
