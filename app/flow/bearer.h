/* Whom a Bearer token stands for, where both users and machines may ask. */
#ifndef APP_FLOW_BEARER_H
#define APP_FLOW_BEARER_H

#include "app/flow/machines.h"
#include "app/flow/sessions.h"

struct bearer {
	const struct caller *caller; /* one of the two is set */
	const struct machine *machine;
	int64_t issued_s, expires_s; /* of the caller's token; a machine has its own */
};

enum err bearer_authenticate(struct context *c, const char *token,
			     struct bearer *out) MUST_USE;
/* The same for /auth/verify, which may go on without PostgreSQL: see sessions_verify().
 */
enum err bearer_verify(struct context *c, const char *token, struct bearer *out) MUST_USE;

#endif
