/* Somebody's token in a client's hands: looked at, or ended. */
#include "app/flow/bearer.h"
#include "app/flow/clients.h"
#include "app/store/ended.h"
#include "lib/text.h"

/* A token that is not good is an answer here, not a failure. */
static enum err inactive(enum err err, struct introspection *out)
{
	*out = (struct introspection){.active = false};
	return err == ERR_TOKEN_REFUSED || err == ERR_TOKEN_STALE ? ERR_NONE : err;
}

static void show_machine(struct context *c, const struct machine *machine,
			 struct introspection *out)
{
	*out = (struct introspection){
		.active = true,
		.token_use = "access",
		.iss = machine->issuer,
		.sub = machine->id,
		.client_id = machine->id,
		.scope = text_join(c->arena, machine->scopes, machine->n_scopes, " "),
		.issued_s = machine->issued_s,
		.expires_s = machine->expires_s,
	};
}

static void show_user(struct context *c, const struct user *user, const char *session_id,
		      struct introspection *out)
{
	*out = (struct introspection){
		.active = true,
		.iss = c->conf->web_public_url,
		.sub = user->id,
		.client_id = c->conf->tokens_client_id,
		.username = user->username ? user->username : user->email,
		.session_id = session_id,
		.roles = user->roles,
		.n_roles = user->n_roles,
	};
}

static enum err introspect_access(struct context *c, const char *token,
				  struct introspection *out)
{
	struct bearer bearer;
	enum err err = bearer_authenticate(c, token, &bearer);

	if (err)
		return inactive(err, out);
	if (bearer.machine) {
		show_machine(c, bearer.machine, out);
		return ERR_NONE;
	}
	show_user(c, &bearer.caller->user, bearer.caller->session_id, out);
	out->token_use = "access";
	out->issued_s = bearer.issued_s;
	out->expires_s = bearer.expires_s;
	return ERR_NONE;
}

static enum err introspect_refresh(struct context *c, const struct token_claims *claims,
				   struct introspection *out)
{
	enum session_verdict verdict = SESSION_ENDED;
	struct session session;
	struct user user;

	if (sessions_look(c, claims->id, claims->gen, &verdict, &session, &user) != RC_OK)
		return ERR_STORE_UNAVAILABLE;
	if (verdict != SESSION_CURRENT && verdict != SESSION_GRACE)
		return inactive(ERR_NONE, out);
	show_user(c, &user, session.id, out);
	out->token_use = "refresh";
	out->issued_s = claims->issued_s;
	out->expires_s = session.expires_at / 1000;
	return ERR_NONE;
}

enum err clients_introspect(struct context *c, const char *token,
			    struct introspection *out)
{
	struct token_claims refresh;

	if (tokens_check_refresh(c, token, &refresh))
		return introspect_refresh(c, &refresh, out);
	return introspect_access(c, token, out);
}

static enum err end_token(struct context *c, const struct client_row *client,
			  const struct token_claims *claims)
{
	if (strcmp(claims->subject, client->id) != 0)
		return ERR_UNAUTHORIZED_CLIENT;
	switch (clients_revoke_token(c, client->id, claims->id, claims->expires_s)) {
	case RC_OK:
		ended_session(c, claims->id);
		return ERR_NONE;
	case RC_NONE:
	case RC_CONFLICT:
		return ERR_NONE;
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	return ERR_INTERNAL_ERROR;
}

enum err clients_revoke(struct context *c, const struct client_row *client,
			const char *token)
{
	struct token_claims access, refresh;

	if (tokens_check_access(c, token, &access))
		return access.kind == TOKEN_USER
			       ? sessions_end_by_token(c, access.subject, access.id)
			       : end_token(c, client, &access);
	if (tokens_check_refresh(c, token, &refresh))
		return sessions_end_by_token(c, refresh.subject, refresh.id);
	return machines_is_outside(c, token) ? ERR_UNSUPPORTED_TOKEN_TYPE : ERR_NONE;
}
