/* Machine clients as the administrator makes, rotates and ends them: over the owner's
 * connection, each change one transaction with its audit entry by `ctl`. Everything is
 * the arena's. */
#ifndef APP_STORE_ADMIN_CLIENTS_H
#define APP_STORE_ADMIN_CLIENTS_H

#include "app/store/clients.h"

struct admin_client {
	const char *id, *name;
	const char *const *scopes;
	size_t n_scopes;
	/* Real ms; 0: never. Until old_until the secret before this one is good, too. */
	int64_t created_at, rotated_at, old_until;
};

enum { ADMIN_CLIENTS_MAX = 1000 };

/* With its first secret; the times are not read. RC_CONFLICT: there is one of that name,
 * however it is written. */
enum rc admin_clients_create(struct context *c, const struct admin_client *client,
			     const struct client_secret *secret) MUST_USE;
/* By name, ADMIN_CLIENTS_MAX at most. RC_NONE: none. */
enum rc admin_clients_list(struct context *c, struct admin_client **out,
			   size_t *n) MUST_USE;
/* The id of the one of that name. */
enum rc admin_clients_find(struct context *c, const char *name, const char **id) MUST_USE;

struct admin_rotation {
	const char *id;
	struct client_secret secret;
	int64_t keep_h; /* hours for which the one that it replaces stays good */
	bool ends_tokens;
};

/* What was replaced before ends now. `*old_until`: real ms; 0 with a keep_h of 0.
 * RC_NONE: no such client. */
enum rc admin_clients_rotate(struct context *c, const struct admin_rotation *rotation,
			     int64_t *old_until) MUST_USE;
/* With all its secrets and tokens. RC_NONE: no such client. */
enum rc admin_clients_delete(struct context *c, const char *id) MUST_USE;

/* How many secrets are good and hashed with the key `kid`; RC_OK also when none is. */
enum rc admin_clients_bound(struct context *c, const char *kid, int64_t *n) MUST_USE;

#endif
