#include "app/provider/type.h"

static const struct provider_type TYPES[] = {
	{
		.name = "google",
		.discovers = true,
		.scheme = "Bearer",
		.issuer = "https://accounts.google.com",
		.scope = "openid email",
		.subject_field = "sub",
		.email_field = "email",
		.email_verified_field = "email_verified",
		.email_verified = "claim",
	},
	{
		/* https://yandex.com/dev/id/doc/en/ */
		.name = "yandex",
		.secret_in_body = true,
		.scheme = "OAuth",
		.issuer = "https://login.yandex.ru",
		.authorize_url = "https://oauth.yandex.ru/authorize",
		.token_url = "https://oauth.yandex.ru/token",
		.userinfo_url = "https://login.yandex.ru/info?format=json",
		.scope = "login:email",
		.subject_field = "id",
		.email_field = "default_email",
		.email_verified = "no",
	},
	{
		.name = "oidc",
		.discovers = true,
		.scheme = "Bearer",
		.scope = "openid email",
		.subject_field = "sub",
		.email_field = "email",
		.email_verified_field = "email_verified",
		.email_verified = "claim",
	},
	{
		.name = "oauth2",
		.scheme = "Bearer",
		.scope = "",
		.email_verified = "no",
	},
};

const struct provider_type *provider_type(const struct provider_conf *provider)
{
	size_t i = 0;

	while (strcmp(TYPES[i].name, provider->type) != 0)
		INVARIANT(++i < COUNT(TYPES));
	return &TYPES[i];
}

const char *provider_issuer(struct arena *arena, const struct provider_conf *provider)
{
	const char *url = provider->userinfo_url;

	if (*provider->issuer)
		return provider->issuer;
	if (provider_type(provider)->issuer)
		return provider_type(provider)->issuer;
	return arena_dupn(arena, url, strcspn(url, "?"));
}

const char *provider_scope(const struct provider_conf *provider)
{
	return *provider->scope ? provider->scope : provider_type(provider)->scope;
}

const char *provider_email_verified(const struct provider_conf *provider)
{
	return strcmp(provider->email_verified, "by-type") == 0
		       ? provider_type(provider)->email_verified
		       : provider->email_verified;
}
