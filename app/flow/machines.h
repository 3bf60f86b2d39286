/* What the tokens of machines are good for: our own clients' and those of trusted outside
 * issuers. */
#ifndef APP_FLOW_MACHINES_H
#define APP_FLOW_MACHINES_H

#include "app/error.h"
#include "app/flow/tokens.h"

/* Which machine asks. */
struct machine {
	const char *id; /* the client's, or NAME:ID for one of [issuer NAME] */
	const char *const *scopes;
	size_t n_scopes;
	const char *issuer; /* the `iss` of its token */
	int64_t issued_s, expires_s; /* of its token */
};

bool machine_may(const struct machine *machine, const char *scope) MUST_USE; /* exactly */

/* What a token of ours said: its client is there, of the same rev, and the token was not
 * revoked. */
enum err machines_living(struct context *c, const struct token_claims *claims,
			 struct machine *out) MUST_USE;
/* The same where PostgreSQL may be down: see sessions_verify(). */
enum err machines_verify(struct context *c, const struct token_claims *claims,
			 struct machine *out) MUST_USE;

/* A token that is not ours, of an [issuer NAME] of the configuration. ERR_KEYS_PENDING:
 * its key is not known, and newer ones are being fetched. */
enum err machines_outside(struct context *c, const char *token,
			  struct machine *out) MUST_USE;
/* Does it say that it is of one of them? */
bool machines_is_outside(struct context *c, const char *token) MUST_USE;

#endif
