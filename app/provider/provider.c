#include "app/provider/provider.h"

#include "app/provider/endpoints.h"
#include "app/provider/type.h"
#include "lib/crypto.h"
#include "lib/text.h"
#include "lib/url.h"

const struct provider_conf *provider_find(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->n_providers; i++)
		if (strcmp(conf->providers[i].name, name) == 0)
			return &conf->providers[i];
	return NULL;
}

const char *provider_objection(struct arena *arena, const struct conf *conf)
{
	for (size_t i = 0; i < conf->n_providers; i++)
		if (!conf->providers[i].client_secret)
			return arena_printf(arena,
					    "provider %s.client_secret: its file cannot "
					    "be read by this user",
					    conf->providers[i].name);
	return NULL;
}

char *provider_callback_url(struct context *c, const struct provider_conf *provider)
{
	return arena_printf(c->arena, "%s/api/v1/social/auth/%s", c->conf->web_public_url,
			    provider->name);
}

/* RFC 7636 §4.2 */
static char *challenge(struct arena *arena, const char *verifier)
{
	uint8_t digest[CRYPTO_SHA256_LEN];

	crypto_sha256(verifier, strlen(verifier), digest);
	return base64url_encode(arena, digest, sizeof digest);
}

enum rc provider_authorize_url(struct context *c, const struct provider_conf *provider,
			       const struct provider_ask *ask, const char **url)
{
	const char *scope = provider_scope(provider);
	const struct url_pair pairs[] = {
		{"response_type", "code"},
		{"client_id", provider->client_id},
		{"redirect_uri", provider_callback_url(c, provider)},
		{"scope", *scope ? scope : NULL},
		{"state", ask->state},
		{"nonce", provider_type(provider)->discovers ? ask->nonce : NULL},
		{"code_challenge", challenge(c->arena, ask->verifier)},
		{"code_challenge_method", "S256"},
	};
	struct endpoints endpoints;
	enum rc rc = endpoints_find(c, provider, &endpoints);

	if (rc == RC_OK)
		*url = url_with(c->arena, endpoints.authorize, pairs, COUNT(pairs));
	return rc;
}
