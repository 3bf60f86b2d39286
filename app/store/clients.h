/* Machine clients, as the service needs them; latchkeyctl makes and ends them. */
#ifndef APP_STORE_CLIENTS_H
#define APP_STORE_CLIENTS_H

#include "app/context.h"
#include "lib/rc.h"

enum { CLIENT_SECRETS_MAX = 2 };

struct client_secret {
	const char *hex, *kid; /* its keyed hash, and by which key */
};

struct client_row {
	const char *id, *name;
	const char *const *scopes;
	size_t n_scopes;
	int64_t rev;
	size_t n_secrets; /* that are good now */
	struct client_secret secrets[CLIENT_SECRETS_MAX];
};

/* RC_NONE: there is none. `id` is a UUID. */
enum rc clients_find(struct context *c, const char *id, struct client_row *out) MUST_USE;

/* The question of every request with a client's token: RC_NONE when the client is gone,
 * of another rev, or the token was revoked. */
enum rc clients_token_lives(struct context *c, const char *id, const char *jti,
			    int64_t rev) MUST_USE;
/* RC_NONE: it was revoked before, or the client is gone. `expires_s` is its exp. */
enum rc clients_revoke_token(struct context *c, const char *id, const char *jti,
			     int64_t expires_s) MUST_USE;

#endif
