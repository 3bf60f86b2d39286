/* The trail as the administrator reads it: what was written to it, and the logins. */
#ifndef APP_STORE_ADMIN_AUDIT_H
#define APP_STORE_ADMIN_AUDIT_H

#include "app/context.h"
#include "lib/rc.h"

/* NULL where there is none; of an account that is gone only the id is left. */
struct admin_event {
	int64_t at; /* real ms */
	const char *event, *user_id, *email, *actor, *ip, *request_id, *detail;
};

struct admin_audit_query {
	const char *user_id; /* NULL: of all */
	int64_t since_ms; /* real */
	int64_t limit;
};

/* The newest first. RC_NONE: none. */
enum rc admin_audit_list(struct context *c, const struct admin_audit_query *query,
			 struct admin_event **out, size_t *n) MUST_USE;

#endif
