#include "app/flow/machines.h"

#include "app/store/ended.h"

bool machine_may(const struct machine *machine, const char *scope)
{
	for (size_t i = 0; i < machine->n_scopes; i++)
		if (strcmp(machine->scopes[i], scope) == 0)
			return true;
	return false;
}

static enum err judge(struct context *c, enum rc rc, const struct token_claims *claims,
		      struct machine *out)
{
	switch (rc) {
	case RC_OK:
		break;
	case RC_NONE:
	case RC_CONFLICT:
		return ERR_TOKEN_REFUSED;
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	*out = (struct machine){
		.id = claims->subject,
		.scopes = claims->names,
		.n_scopes = claims->n_names,
		.issuer = c->conf->web_public_url,
		.issued_s = claims->issued_s,
		.expires_s = claims->expires_s,
	};
	return ERR_NONE;
}

enum err machines_living(struct context *c, const struct token_claims *claims,
			 struct machine *out)
{
	return judge(c, clients_token_lives(c, claims->subject, claims->id, claims->rev),
		     claims, out);
}

enum err machines_verify(struct context *c, const struct token_claims *claims,
			 struct machine *out)
{
	enum err err = machines_living(c, claims, out);

	if (err == ERR_STORE_UNAVAILABLE && c->conf->tokens_degraded_verify)
		return judge(
			c, ended_check(c, claims->id, claims->subject, claims->issued_s),
			claims, out);
	return err;
}
