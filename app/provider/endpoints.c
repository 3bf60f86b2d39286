#include "app/provider/endpoints.h"

#include "app/provider/sources.h"
#include "app/provider/type.h"
#include "app/store/issuer_cache.h"
#include "lib/json.h"

/* The first that is set; NULL: none is. `metadata` may be NULL. */
static const char *choose(const char *setting, const char *of_type,
			  const struct json *metadata, const char *name)
{
	if (*setting)
		return setting;
	if (of_type)
		return of_type;
	return metadata ? json_text(metadata, name) : NULL;
}

static bool lists(const struct json *array, const char *word)
{
	for (size_t i = 0; i < json_count(array); i++) {
		const char *item = json_as_text(json_item(array, i));

		if (item && strcmp(item, word) == 0)
			return true;
	}
	return false;
}

/* OpenID Connect Discovery 1.0 §3: Basic is what one without the list takes. */
static bool takes_body_only(const struct json *metadata)
{
	const struct json *methods =
		json_member(metadata, "token_endpoint_auth_methods_supported");

	return lists(methods, "client_secret_post") &&
	       !lists(methods, "client_secret_basic");
}

enum rc endpoints_read(struct arena *arena, const struct provider_conf *provider,
		       const char *metadata, struct endpoints *out)
{
	const struct provider_type *type = provider_type(provider);
	const struct json *json =
		metadata ? json_parse(arena, metadata, strlen(metadata)) : NULL;
	struct endpoints found = {
		.authorize = choose(provider->authorize_url, type->authorize_url, json,
				    "authorization_endpoint"),
		.token = choose(provider->token_url, type->token_url, json,
				"token_endpoint"),
		.userinfo = choose(provider->userinfo_url, type->userinfo_url, json,
				   "userinfo_endpoint"),
		.secret_in_body = type->secret_in_body || (json && takes_body_only(json)),
	};

	if (!found.authorize || !found.token)
		return RC_NONE;
	if (json && !json_bool(json, "authorization_response_iss_parameter_supported",
			       &found.sends_iss))
		found.sends_iss = false;
	*out = found;
	return RC_OK;
}

enum rc endpoints_find(struct context *c, const struct provider_conf *provider,
		       struct endpoints *out)
{
	struct issuer_known known = {0};
	enum rc rc = RC_OK;

	if (provider_type(provider)->discovers) {
		const struct source source = source_of_provider(c->arena, provider);

		rc = issuer_cache_get(c, source.section, source.issuer, false, &known);
	}
	return rc == RC_OK ? endpoints_read(c->arena, provider, known.metadata, out) : rc;
}
