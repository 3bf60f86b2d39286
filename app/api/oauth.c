/* The OAuth endpoints of machine clients (RFC 6749 §4.4, 7009, 7662, 8414). */
#include "app/api/api.h"
#include "app/api/credentials.h"
#include "app/api/view.h"
#include "app/flow/clients.h"
#include "app/flow/sessions.h"
#include "app/routes.h"

/* A parameter of the body; "" counts as absent (§3.2). False: it is there and no text. */
static bool parameter(const struct request *req, const char *name, const char **out)
{
	const char *text = json_text(req->body, name);

	if (!text && json_type(req->body, name) != JSON_ABSENT)
		return false;
	*out = text && *text ? text : NULL;
	return true;
}

static enum err refuse(struct request *req, enum err err, const char *detail)
{
	req->detail = detail;
	return err;
}

static enum err authenticate(struct request *req, struct client_row *out)
{
	const char *id, *secret;
	enum err err = credentials_client(req, &id, &secret);

	return err ? err : clients_authenticate(req->ctx, id, secret, out);
}

static enum err by_client(struct request *req, struct response *res)
{
	struct arena *a = req->ctx->arena;
	struct client_row client;
	struct client_token token;
	struct json *body;
	const char *scope;
	enum err err = authenticate(req, &client);

	if (err)
		return err;
	if (!parameter(req, "scope", &scope))
		return refuse(req, ERR_INVALID_REQUEST, "scope must be a string.");
	err = clients_grant(req->ctx, &client, scope, &token);
	if (err)
		return err;
	body = json_object(a);
	json_add_text(a, body, "access_token", token.access);
	json_add_text(a, body, "token_type", "Bearer");
	json_add_integer(a, body, "expires_in", token.expires_in);
	json_add_text(a, body, "scope", token.scope);
	response_private(res);
	response_json(req, res, 200, body);
	return ERR_NONE;
}

/* A user's: no client stands behind it, but one that names itself must be right. */
static enum err by_refresh_token(struct request *req, struct response *res)
{
	const char *token, *scope, *secret;
	struct client_row client;
	struct token_pair pair;
	enum err err = ERR_NONE;

	if (!parameter(req, "refresh_token", &token) || !token)
		return refuse(req, ERR_INVALID_REQUEST, "refresh_token is missing.");
	if (!parameter(req, "scope", &scope) || scope)
		return refuse(req, ERR_INVALID_SCOPE, "A user's token has no scope.");
	if (req->authorization || !parameter(req, "client_secret", &secret) || secret)
		err = authenticate(req, &client);
	if (!err)
		err = sessions_renew(req->ctx, token, &pair);
	if (err)
		return err == ERR_TOKEN_REFUSED ? ERR_INVALID_GRANT : err;
	view_tokens(req, res, &pair);
	return ERR_NONE;
}

static const struct {
	const char *type;
	route_handler *handle;
} grants[] = {
	{"client_credentials", by_client},
	{"refresh_token", by_refresh_token},
};

enum err api_oauth_token(struct request *req, struct response *res)
{
	const char *type;

	if (!parameter(req, "grant_type", &type) || !type)
		return refuse(req, ERR_INVALID_REQUEST, "grant_type is missing.");
	for (size_t i = 0; i < COUNT(grants); i++)
		if (strcmp(type, grants[i].type) == 0)
			return grants[i].handle(req, res);
	return ERR_UNSUPPORTED_GRANT_TYPE;
}

/* Who asks, and about which token. */
static enum err read_token(struct request *req, struct client_row *client,
			   const char **token)
{
	enum err err = authenticate(req, client);

	if (err)
		return err;
	if (!parameter(req, "token", token) || !*token)
		return refuse(req, ERR_INVALID_REQUEST, "token is missing.");
	return ERR_NONE;
}

static void add_known(struct arena *a, struct json *body, const char *name,
		      const char *value)
{
	if (value)
		json_add_text(a, body, name, value);
}

static struct json *introspection_body(struct arena *a, const struct introspection *found)
{
	struct json *body = json_object(a), *roles;

	json_add_bool(a, body, "active", found->active);
	if (!found->active)
		return body;
	add_known(a, body, "iss", found->iss);
	add_known(a, body, "sub", found->sub);
	add_known(a, body, "client_id", found->client_id);
	add_known(a, body, "username", found->username);
	add_known(a, body, "scope", found->scope);
	add_known(a, body, "sid", found->session_id);
	add_known(a, body, "token_use", found->token_use);
	json_add_text(a, body, "token_type", "Bearer");
	json_add_integer(a, body, "iat", found->issued_s);
	json_add_integer(a, body, "exp", found->expires_s);
	if (!found->username) /* a machine has none */
		return body;
	roles = json_add_array(a, body, "roles");
	for (size_t i = 0; i < found->n_roles; i++)
		json_push_text(a, roles, found->roles[i]);
	return body;
}

enum err api_oauth_introspect(struct request *req, struct response *res)
{
	struct introspection found;
	struct client_row client;
	const char *token;
	enum err err = read_token(req, &client, &token);

	if (!err)
		err = clients_introspect(req->ctx, token, &found);
	if (err)
		return err;
	response_private(res);
	response_json(req, res, 200, introspection_body(req->ctx->arena, &found));
	return ERR_NONE;
}

enum err api_oauth_revoke(struct request *req, struct response *res)
{
	struct client_row client;
	const char *token;
	enum err err = read_token(req, &client, &token);

	if (!err)
		err = clients_revoke(req->ctx, &client, token);
	if (err)
		return err;
	response_private(res);
	response_empty(res, 200);
	return ERR_NONE;
}
