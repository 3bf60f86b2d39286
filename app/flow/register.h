/* Registration in three steps: an address is asked for, proven, and becomes an account.
 */
#ifndef APP_FLOW_REGISTER_H
#define APP_FLOW_REGISTER_H

#include "app/flow/proof.h"

enum err register_ask(struct context *c, const struct email *to,
		      struct proof_asked *out) MUST_USE;
enum err register_prove(struct context *c, const struct email *from, const char *code,
			const char **token) MUST_USE;

/* The token stays good until this succeeds; again with the same name and password it
 * gives the same user. */
enum err register_finish(struct context *c, const struct proof_finish *in,
			 struct user *out) MUST_USE;
/* The address of a token that would pass; NULL: it would not. */
const char *register_token_email(struct context *c, const char *token) MUST_USE;

#endif
