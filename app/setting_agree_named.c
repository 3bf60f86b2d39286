/* What is missing in a section that repeats, or does not go together. */
#include "app/setting.h"
#include "lib/text.h"

/* One [section name] */
struct named {
	struct arena *arena;
	const struct setting_section *section;
	const void *entry;
};

/* "key: reason", or NULL */
typedef const char *rule(const struct named *of);

/* NULL: this kind of section has no such key. */
static const void *at(const struct named *of, const char *key)
{
	const struct setting *row = setting_find(of->section->name, key);

	return row ? (const char *)of->entry + row->offset : NULL;
}

/* NULL: no such key, not set yet, or a secret of others. */
static const char *text_of(const struct named *of, const char *key)
{
	const char *const *text = at(of, key);

	return text ? *text : NULL;
}

static bool is_empty(const char *text)
{
	return text && !*text;
}

static const char *needed_is_missing(const struct named *of)
{
	for (size_t i = 0; i < setting_n_rows; i++) {
		const struct setting *row = &setting_rows[i];

		if (!strcmp(row->section, of->section->name) && !row->initial &&
		    !text_of(of, row->key))
			return arena_printf(of->arena, "%s: must be set", row->key);
	}
	return NULL;
}

static const char *secret_is_missing(const struct named *of)
{
	return is_empty(text_of(of, "client_secret")) ? "client_secret: must be set"
						      : NULL;
}

static const char *type_needs_more(const struct named *of)
{
	static const struct {
		const char *type, *key;
	} needs[] = {
		{"oidc", "issuer"},
		{"oauth2", "authorize_url"},
		{"oauth2", "token_url"},
		{"oauth2", "userinfo_url"},
	};
	const char *type = text_of(of, "type");

	for (size_t i = 0; type && i < COUNT(needs); i++)
		if (!strcmp(type, needs[i].type) && is_empty(text_of(of, needs[i].key)))
			return arena_printf(of->arena, "%s: is needed, as type is %s",
					    needs[i].key, type);
	return NULL;
}

static const char *algorithms_are_none(const struct named *of)
{
	const struct words *algorithms = at(of, "algorithms");

	return algorithms && !algorithms->n ? "algorithms: must be one at least" : NULL;
}

static const char *http_is_not_allowed(const struct named *of)
{
	static const char *const urls[] = {"issuer", "jwks_url", "authorize_url",
					   "token_url", "userinfo_url"};
	const bool *allowed = at(of, "allow_http");

	for (size_t i = 0; allowed && !*allowed && i < COUNT(urls); i++) {
		const char *url = text_of(of, urls[i]);

		if (url && text_starts(url, "http:"))
			return arena_printf(of->arena,
					    "%s: must be https where allow_http is no",
					    urls[i]);
	}
	return NULL;
}

static rule *const rules[] = {
	needed_is_missing,   secret_is_missing,	  type_needs_more,
	algorithms_are_none, http_is_not_allowed,
};

static const char *entry_problem(const struct named *of)
{
	const char *name = *(const char *const *)of->entry;

	for (size_t i = 0; i < COUNT(rules); i++) {
		const char *why = rules[i](of);

		if (why)
			return arena_printf(of->arena, "%s %s.%s", of->section->name,
					    name, why);
	}
	return NULL;
}

static const char *section_problem(struct arena *arena, const struct conf *conf,
				   const struct setting_section *section)
{
	const size_t *n = (const void *)((const char *)conf + section->count);
	const char *const *list = (const void *)((const char *)conf + section->list);
	const char *why = NULL;

	for (size_t i = 0; !why && i < *n; i++)
		why = entry_problem(
			&(struct named){arena, section, *list + i * section->size});
	return why;
}

/* Whose keys would a token of that issuer be checked with? */
static const char *issuer_is_taken(struct arena *arena, const struct conf *conf)
{
	const struct issuer_conf *all = conf->issuers;

	for (size_t i = 0; i < conf->n_issuers; i++) {
		if (!strcmp(all[i].issuer, conf->web_public_url))
			return arena_printf(arena, "issuer %s.issuer: is web.public_url",
					    all[i].name);
		for (size_t j = 0; j < i; j++)
			if (!strcmp(all[i].issuer, all[j].issuer))
				return arena_printf(
					arena, "issuer %s.issuer: is that of issuer %s",
					all[i].name, all[j].name);
	}
	return NULL;
}

const char *setting_named_disagreement(struct arena *arena, const struct conf *conf)
{
	const char *why = NULL;

	for (size_t i = 0; !why && i < setting_n_sections; i++)
		if (setting_sections[i].size)
			why = section_problem(arena, conf, &setting_sections[i]);
	return why ? why : issuer_is_taken(arena, conf);
}
