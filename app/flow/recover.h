/* A forgotten password, in three steps. */
#ifndef APP_FLOW_RECOVER_H
#define APP_FLOW_RECOVER_H

#include "app/flow/proof.h"

enum err recover_ask(struct context *c, const struct email *to,
		     struct proof_asked *out) MUST_USE;
enum err recover_prove(struct context *c, const struct email *from, const char *code,
		       const char **token) MUST_USE;

/* `in->username` may be the e-mail address of an account that has none. Ends every
 * session of the user. The token is dead after it, or after any other change of the
 * password. */
enum err recover_finish(struct context *c, const struct proof_finish *in,
			struct user *out) MUST_USE;
/* The address of a token that would pass; NULL: it would not. */
const char *recover_token_email(struct context *c, const char *token) MUST_USE;

#endif
