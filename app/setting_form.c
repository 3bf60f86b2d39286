/* What a value must look like for some keys, beyond what its kind asks. */
#include "app/setting.h"
#include "lib/text.h"
#include "lib/url.h"

typedef const char *value_form(struct arena *arena, const char *value);

static const char *form_filled(struct arena *arena UNUSED, const char *value)
{
	return *value ? NULL : "must not be empty";
}

static const char *form_path(struct arena *arena UNUSED, const char *value)
{
	return *value == '/' ? NULL : "must be an absolute path";
}

static const char *form_path_or_empty(struct arena *arena, const char *value)
{
	return *value ? form_path(arena, value) : NULL;
}

static const char *form_name(struct arena *arena UNUSED, const char *value)
{
	return *value && !strpbrk(value, " \t\"\\") ? NULL
						    : "must be one word without quotes";
}

/* The local part and domain that SMTP takes bare; the mail server judges the rest. */
static const char *form_address(struct arena *arena UNUSED, const char *value)
{
	const char *at = strrchr(value, '@');

	if (!at || at == value || !at[1] || strpbrk(value, " \t<>\"(),;"))
		return "must be a bare address, as name@host";
	return NULL;
}

/* The host of a URL or an origin */
static bool is_loopback(const char *host)
{
	static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};

	for (size_t i = 0; i < COUNT(names); i++) {
		size_t n = strlen(names[i]);

		if (!strncmp(host, names[i], n) && strchr(":/?", host[n]))
			return true;
	}
	return false;
}

/* NULL: https, or to this host. */
static const char *scheme_problem(const char *url)
{
	return text_starts(url, "https:") || is_loopback(url_after_scheme(url))
		       ? NULL
		       : "must be https (http only for this host itself)";
}

static const char *form_origin(struct arena *arena UNUSED, const char *value)
{
	const char *host = url_after_scheme(value);

	if (!host || !url_is_authority(host))
		return "must be https://HOST[:PORT], in lower case, without a path";
	return scheme_problem(value);
}

static const char *form_url(struct arena *arena UNUSED, const char *value)
{
	if (!url_is_sound(value))
		return "must be https://HOST[:PORT][/PATH], without a user or a fragment";
	return scheme_problem(value);
}

static const char *form_url_or_empty(struct arena *arena, const char *value)
{
	return *value ? form_url(arena, value) : NULL;
}

/* OpenID Connect Discovery 1.0 §3: no query */
static const char *form_issuer(struct arena *arena, const char *value)
{
	return strchr(value, '?') ? "must not have a query" : form_url(arena, value);
}

static const char *form_issuer_or_empty(struct arena *arena, const char *value)
{
	return *value ? form_issuer(arena, value) : NULL;
}

static const char *form_algorithm(struct arena *arena UNUSED, const char *value)
{
	return !strcmp(value, "RS256") || !strcmp(value, "ES256")
		       ? NULL
		       : "must be of RS256 and ES256";
}

/* RFC 6749 §3.3; of a text, the spaces between them too */
static const char *form_scopes(struct arena *arena UNUSED, const char *value)
{
	for (; *value; value++)
		if (*value < ' ' || *value > '~' || *value == '"' || *value == '\\')
			return "must be of ASCII without quotes and backslashes";
	return NULL;
}

static const char *form_place(struct arena *arena UNUSED, const char *value)
{
	struct redis_place place;

	return redis_place_read(value, &place)
		       ? NULL
		       : "must be ADDRESS:PORT, an IPv6 address in brackets";
}

static const struct {
	const char *section, *key;
	value_form *check; /* of the value, or of each word */
} forms[] = {
	{"server", "run_dir", form_path},
	{"web", "public_url", form_origin},
	{"web", "allowed_origins", form_origin},
	{"web", "return_to", form_origin},
	{"web", "service_name", form_filled},
	{"database", "fast", form_filled},
	{"database", "slow", form_filled},
	{"database", "mail", form_filled},
	{"database", "outside", form_filled},
	{"database", "owner", form_filled},
	{"redis", "socket", form_path_or_empty},
	{"redis", "sentinels", form_place},
	{"redis", "master_name", form_name},
	{"tokens", "key_dir", form_path},
	{"tokens", "client_id", form_name},
	{"tokens", "audience", form_name},
	{"mail", "host", form_name},
	{"mail", "from", form_address},
	{"mail", "letter_dir", form_path},
	{"issuer", "issuer", form_issuer},
	{"issuer", "audience", form_filled},
	{"issuer", "jwks_url", form_url_or_empty},
	{"issuer", "algorithms", form_algorithm},
	{"issuer", "scopes", form_scopes},
	{"provider", "client_id", form_filled},
	{"provider", "issuer", form_issuer_or_empty},
	{"provider", "authorize_url", form_url_or_empty},
	{"provider", "token_url", form_url_or_empty},
	{"provider", "userinfo_url", form_url_or_empty},
	{"provider", "jwks_url", form_url_or_empty},
	{"provider", "scope", form_scopes},
	{"provider", "subject_field", form_name},
	{"provider", "email_field", form_name},
	{"provider", "email_verified_field", form_name},
	{"provider", "algorithms", form_algorithm},
};

const char *setting_form_problem(struct arena *arena, const struct setting *row,
				 const char *value)
{
	for (size_t i = 0; i < COUNT(forms); i++)
		if (!strcmp(forms[i].section, row->section) &&
		    !strcmp(forms[i].key, row->key))
			return forms[i].check(arena, value);
	return NULL;
}
