/* What a value must look like, kind by kind, and for some keys beyond that. */

#include "app/setting.h"
#include "lib/text.h"

typedef const char *value_form(struct arena *arena, const char *value);
typedef const char *value_reader(struct arena *arena, void *to, const struct setting *row,
				 const char *value);

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

static bool is_loopback(const char *host)
{
	static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};

	for (size_t i = 0; i < COUNT(names); i++) {
		size_t n = strlen(names[i]);

		if (!strncmp(host, names[i], n) && (!host[n] || host[n] == ':'))
			return true;
	}
	return false;
}

static bool is_port(const char *text)
{
	int64_t port;

	return text_number(text, 1, 65535, &port);
}

/* scheme://host[:port] in the one form in which browsers send it (RFC 6454 §6.2) */
static bool is_authority(const char *host)
{
	bool bracket = *host == '[';
	const char *name = host + bracket;
	size_t n = bracket ? strspn(name, "0123456789abcdef:.")
			   : strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-");
	const char *rest = name + n + bracket;

	if (!n || (bracket && name[n] != ']'))
		return false;
	return !*rest || (*rest == ':' && is_port(rest + 1));
}

static const char *form_origin(struct arena *arena UNUSED, const char *value)
{
	bool plain = text_starts(value, "http://");
	const char *host = strstr(value, "://");

	if (!host || !(plain || text_starts(value, "https://")) ||
	    !is_authority(host + 3))
		return "must be https://HOST[:PORT], in lower case, without a path";
	if (plain && !is_loopback(host + 3))
		return "must be https (http only for this host itself)";
	return NULL;
}

static const struct {
	const char *section, *key;
	value_form *check; /* of the value, or of each word */
} forms[] = {
	{"server", "run_dir", form_path},
	{"web", "public_url", form_origin},
	{"web", "allowed_origins", form_origin},
	{"web", "service_name", form_filled},
	{"database", "fast", form_filled},
	{"database", "slow", form_filled},
	{"database", "mail", form_filled},
	{"database", "owner", form_filled},
	{"redis", "socket", form_path_or_empty},
	{"tokens", "key_dir", form_path},
	{"tokens", "client_id", form_name},
	{"tokens", "audience", form_name},
	{"mail", "host", form_name},
	{"mail", "from", form_address},
	{"mail", "letter_dir", form_path},
};

static const char *form_problem(struct arena *arena, const struct setting *row,
				const char *value)
{
	for (size_t i = 0; i < COUNT(forms); i++)
		if (!strcmp(forms[i].section, row->section) &&
		    !strcmp(forms[i].key, row->key))
			return forms[i].check(arena, value);
	return NULL;
}

static const char *text_problem(struct arena *arena, const struct setting *row,
				const char *value)
{
	size_t n = strlen(value);

	if (n > (size_t)row->max)
		return arena_printf(arena, "is longer than %lld bytes",
				    (long long)row->max);
	if (!text_is_utf8(value, n) || text_has_control(value))
		return "holds a control character or is not UTF-8";
	return NULL;
}

static const char *read_number(struct arena *arena, void *to, const struct setting *row,
			       const char *value)
{
	int64_t n;

	if (!text_number(value, row->min, row->max, &n))
		return arena_printf(arena, "must be a whole number from %lld to %lld",
				    (long long)row->min, (long long)row->max);
	memcpy(to, &n, sizeof n);
	return NULL;
}

static const char *read_text(struct arena *arena, void *to, const struct setting *row,
			     const char *value)
{
	const char *why = text_problem(arena, row, value);

	if (!why)
		why = form_problem(arena, row, value);
	if (why)
		return why;
	const char *copy = arena_dup(arena, value);

	memcpy(to, &copy, sizeof copy);
	return NULL;
}

static const char *read_flag(struct arena *arena UNUSED, void *to,
			     const struct setting *row UNUSED, const char *value)
{
	bool on = !strcmp(value, "yes");

	if (!on && strcmp(value, "no") != 0)
		return "must be yes or no";
	memcpy(to, &on, sizeof on);
	return NULL;
}

static const char *read_choice(struct arena *arena, void *to, const struct setting *row,
			       const char *value)
{
	size_t n = strlen(value), step;

	for (const char *word = row->choices; *word; word += step + (word[step] == '|')) {
		step = strcspn(word, "|");
		if (step != n || strncmp(word, value, n) != 0)
			continue;
		const char *copy = arena_dup(arena, value);

		memcpy(to, &copy, sizeof copy);
		return NULL;
	}
	return arena_printf(arena, "must be one of %s", row->choices);
}

/* What people copy from examples is no secret. */
static bool is_sample(const char *value)
{
	static const char *const samples[] = {"changeme", "change-me", "change_me",
					      "secret",	  "password",  "sample",
					      "example",  "xxx"};

	for (size_t i = 0; i < COUNT(samples); i++)
		if (!strcasecmp(value, samples[i]))
			return true;
	return false;
}

static const char *read_secret(struct arena *arena, void *to, const struct setting *row,
			       const char *value)
{
	if (is_sample(value))
		return "is a sample, not a secret";
	return read_text(arena, to, row, value);
}

static const char *read_words(struct arena *arena, void *to, const struct setting *row,
			      const char *value)
{
	const char *why = text_problem(arena, row, value);
	const char **words = arena_alloc(arena, (strlen(value) / 2 + 1) * sizeof *words);
	struct words out = {0, words};

	for (const char *at = value; !why && *(at += strspn(at, " "));
	     at += strcspn(at, " ")) {
		words[out.n] = arena_dupn(arena, at, strcspn(at, " "));
		why = form_problem(arena, row, words[out.n++]);
	}
	if (!why)
		memcpy(to, &out, sizeof out);
	return why;
}

static value_reader *const readers[] = {
	[SETTING_NUMBER] = read_number, [SETTING_TEXT] = read_text,
	[SETTING_FLAG] = read_flag,	[SETTING_CHOICE] = read_choice,
	[SETTING_SECRET] = read_secret, [SETTING_WORDS] = read_words,
};

const char *setting_put(struct arena *arena, struct conf *conf, const struct setting *row,
			const char *value)
{
	return readers[row->kind](arena, (char *)conf + row->offset, row, value);
}
