/* The e-mail address of an account: proven after the fact, or replaced by another. */
#ifndef APP_FLOW_ADDRESS_H
#define APP_FLOW_ADDRESS_H

#include "app/flow/proof.h"
#include "app/flow/sessions.h"

/* Mails the caller the code again; `*done`: the address is proven already. */
enum err address_ask_code(struct context *c, const struct caller *caller,
			  struct proof_asked *out, bool *done) MUST_USE;
/* The first proof ends every session. */
enum err address_verify(struct context *c, const struct email *email, const char *code,
			struct user *out) MUST_USE;

/* A code to the new address, a notice to the old one. `password` as typed; NULL for an
 * account without one. */
enum err address_change(struct context *c, const struct caller *caller,
			const struct email *to, const char *password,
			struct proof_asked *out) MUST_USE;
enum err address_confirm(struct context *c, const struct caller *caller, const char *code,
			 struct user *out) MUST_USE;

#endif
