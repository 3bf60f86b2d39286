#include "app/flow/bearer.h"

typedef enum err look_at_user(struct context *c, const struct token_claims *claims,
			      struct caller *out);
typedef enum err look_at_machine(struct context *c, const struct token_claims *claims,
				 struct machine *out);

static enum err look(struct context *c, const char *token, look_at_user *user,
		     look_at_machine *machine, struct bearer *out)
{
	struct caller *caller = arena_alloc(c->arena, sizeof *caller);
	struct machine *asking = arena_alloc(c->arena, sizeof *asking);
	struct token_claims claims;
	bool ours = tokens_check_access(c, token, &claims);
	enum err err;

	if (ours && claims.kind == TOKEN_USER) {
		err = user(c, &claims, caller);
		if (!err)
			*out = (struct bearer){.caller = caller,
					       .issued_s = claims.issued_s,
					       .expires_s = claims.expires_s};
		return err;
	}
	err = ours ? machine(c, &claims, asking) : machines_outside(c, token, asking);
	if (!err)
		*out = (struct bearer){.machine = asking};
	return err;
}

enum err bearer_authenticate(struct context *c, const char *token, struct bearer *out)
{
	return look(c, token, sessions_living, machines_living, out);
}

enum err bearer_verify(struct context *c, const char *token, struct bearer *out)
{
	return look(c, token, sessions_verify, machines_verify, out);
}
