/* What machine clients may do with their id and secret: tokens of their own, and a look
 * at, or the end of, anybody's (RFC 6749 §4.4, RFC 7662, RFC 7009). */
#ifndef APP_FLOW_CLIENTS_H
#define APP_FLOW_CLIENTS_H

#include "app/error.h"
#include "app/flow/tokens.h"

/* ERR_INVALID_CLIENT: unknown, or the secret is none of its. Sets c->actor. */
enum err clients_authenticate(struct context *c, const char *id, const char *secret,
			      struct client_row *out) MUST_USE;

struct client_token {
	const char *access, *scope;
	int64_t expires_in; /* seconds */
};
/* `scope`: what of its scopes the client wants; NULL: all of them. */
enum err clients_grant(struct context *c, const struct client_row *client,
		       const char *scope, struct client_token *out) MUST_USE;

/* RFC 7662 §2.2. Members that do not apply are NULL or 0. */
struct introspection {
	bool active; /* the rest is set if so */
	const char *token_use; /* access, refresh */
	const char *iss, *sub, *client_id, *username, *scope, *session_id;
	const char *const *roles; /* of a user's */
	size_t n_roles;
	int64_t issued_s, expires_s; /* seconds since 1970 */
};
enum err clients_introspect(struct context *c, const char *token,
			    struct introspection *out) MUST_USE;

/* A user's access or refresh token ends its session; a machine's own token dies. A token
 * that is unknown or over already is no error (RFC 7009 §2.2). */
enum err clients_revoke(struct context *c, const struct client_row *client,
			const char *token) MUST_USE;

#endif
