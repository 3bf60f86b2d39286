/* What a value must look like, kind by kind. */
#include "app/setting.h"
#include "lib/text.h"

typedef const char *value_reader(struct arena *arena, void *to, const struct setting *row,
				 const char *value);

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
		why = setting_form_problem(arena, row, value);
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
		why = setting_form_problem(arena, row, words[out.n++]);
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

const char *setting_put(struct arena *arena, void *of, const struct setting *row,
			const char *value)
{
	return readers[row->kind](arena, (char *)of + row->offset, row, value);
}

void setting_put_defaults(struct arena *arena, void *of,
			  const struct setting_section *section)
{
	for (size_t i = 0; i < setting_n_rows; i++) {
		const struct setting *row = &setting_rows[i];
		const char *why = NULL;

		if (row->initial && !strcmp(row->section, section->name))
			why = setting_put(arena, of, row, row->initial);
		INVARIANT(!why);
	}
}
