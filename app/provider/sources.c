#include "app/provider/sources.h"

#include "app/provider/type.h"

const char *source_issuer(const struct provider_conf *provider)
{
	const struct provider_type *type = provider_type(provider);

	if (!type->discovers)
		return "";
	return *provider->issuer ? provider->issuer : type->issuer;
}

bool sources_exist(const struct conf *conf)
{
	for (size_t i = 0; i < conf->n_providers; i++)
		if (*source_issuer(&conf->providers[i]))
			return true;
	return conf->n_issuers > 0;
}

static struct source of_issuer(struct arena *arena, const struct issuer_conf *issuer)
{
	return (struct source){
		.section = arena_printf(arena, "issuer %s", issuer->name),
		.issuer = issuer->issuer,
		.jwks_url = issuer->jwks_url,
		.allow_http = issuer->allow_http,
		.allow_private = issuer->allow_private,
	};
}

struct source source_of_provider(struct arena *arena,
				 const struct provider_conf *provider)
{
	return (struct source){
		.section = arena_printf(arena, "provider %s", provider->name),
		.issuer = source_issuer(provider),
		.jwks_url = provider->jwks_url,
		.needs_endpoints = !*provider->authorize_url || !*provider->token_url,
		.allow_http = provider->allow_http,
		.allow_private = provider->allow_private,
	};
}

size_t sources_list(struct arena *arena, const struct conf *conf,
		    const struct source **out)
{
	size_t n = 0, max = conf->n_issuers + conf->n_providers;
	struct source *list = arena_alloc(arena, (max + 1) * sizeof *list);

	for (size_t i = 0; i < conf->n_issuers; i++)
		list[n++] = of_issuer(arena, &conf->issuers[i]);
	for (size_t i = 0; i < conf->n_providers; i++)
		if (*source_issuer(&conf->providers[i]))
			list[n++] = source_of_provider(arena, &conf->providers[i]);
	*out = list;
	return n;
}
