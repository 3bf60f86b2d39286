/* What others read about the service: its keys, and where its endpoints are. */
#include "app/api/api.h"
#include "app/routes.h"
#include "lib/text.h"

enum err api_jwks(struct request *req, struct response *res)
{
	struct context *c = req->ctx;
	const char *keys = keys_jwks(c->keys, c->arena, c->now_ms);

	response_header(res, "Cache-Control",
			arena_printf(c->arena, "public, max-age=%s",
				     text_integer(c->arena, c->conf->tokens_key_lead_s)));
	response_text(res, 200, "application/jwk-set+json", keys, strlen(keys));
	return ERR_NONE;
}

static void add_words(struct arena *a, struct json *body, const char *name,
		      const char *const *words, size_t n)
{
	struct json *list = json_add_array(a, body, name);

	for (size_t i = 0; i < n; i++)
		json_push_text(a, list, words[i]);
}

/* RFC 8414 §2. There is no authorization endpoint, so no response type either. */
enum err api_oauth_metadata(struct request *req, struct response *res)
{
	static const char *const grants[] = {"client_credentials", "refresh_token"};
	static const char *const auth[] = {"client_secret_basic", "client_secret_post"};
	static const struct {
		const char *name, *path;
	} urls[] = {
		{"token_endpoint", "/api/v1/oauth/token"},
		{"introspection_endpoint", "/api/v1/oauth/introspect"},
		{"revocation_endpoint", "/api/v1/oauth/revoke"},
		{"jwks_uri", "/.well-known/jwks.json"},
		{"service_documentation", "/api/v1/docs/"},
	};
	static const char *const methods[] = {
		"token_endpoint_auth_methods_supported",
		"introspection_endpoint_auth_methods_supported",
		"revocation_endpoint_auth_methods_supported",
	};
	const char *origin = req->ctx->conf->web_public_url, *scopes[ROUTES_MAX];
	struct arena *a = req->ctx->arena;
	struct json *body = json_object(a);

	json_add_text(a, body, "issuer", origin);
	for (size_t i = 0; i < COUNT(urls); i++)
		json_add_text(a, body, urls[i].name,
			      arena_printf(a, "%s%s", origin, urls[i].path));
	add_words(a, body, "grant_types_supported", grants, COUNT(grants));
	add_words(a, body, "response_types_supported", NULL, 0);
	add_words(a, body, "scopes_supported", scopes, route_scopes(scopes));
	for (size_t i = 0; i < COUNT(methods); i++)
		add_words(a, body, methods[i], auth, COUNT(auth));
	response_header(res, "Cache-Control", "public, max-age=3600");
	response_json(req, res, 200, body);
	return ERR_NONE;
}
