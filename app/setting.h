/* The rows of app/conf.def, app/issuer.def and app/provider.def as data, for those that
 * go through all of them: the reader, the sample file, the manual page. */
#ifndef APP_SETTING_H
#define APP_SETTING_H

#include "app/conf.h"

enum setting_kind {
	SETTING_NUMBER,
	SETTING_TEXT,
	SETTING_FLAG,
	SETTING_CHOICE,
	SETTING_SECRET,
	SETTING_WORDS,
};

struct setting {
	const char *section, *key;
	enum setting_kind kind;
	size_t offset; /* in struct conf, or in that of its section where that repeats */
	const char *initial; /* as one would write it; NULL: must be set */
	int64_t min, max; /* of a number; else `max` is bytes */
	const char *choices; /* "a|b", or NULL */
	const char *prose;
};

/* A section that repeats is [name NAME], each with a struct of its own that begins with
 * that NAME. */
struct setting_section {
	const char *name, *prose;
	size_t size; /* of that struct; 0: it does not repeat */
	size_t count, list; /* offsets in struct conf: how many there are, and where */
};

enum { SETTING_SAME_MAX = 16 }; /* sections that repeat, of one kind */

extern const struct setting setting_rows[];
extern const size_t setting_n_rows;
extern const struct setting_section setting_sections[];
extern const size_t setting_n_sections;

/* NULL: there is none of that name. */
const struct setting *setting_find(const char *section, const char *key) MUST_USE;
const struct setting_section *setting_section_find(const char *name) MUST_USE;
/* The largest value that the number at section.key may ever have had. */
int64_t setting_most(const char *section, const char *key) MUST_USE;

/* Puts `value`, as written, into its place in `of`. NULL: done; else what is wrong with
 * it. Neither answer nor log ever shows the value of a secret. */
const char *setting_put(struct arena *arena, void *of, const struct setting *row,
			const char *value) MUST_USE;
/* The defaults of a section; what must be set is left NULL. */
void setting_put_defaults(struct arena *arena, void *of,
			  const struct setting_section *section);
/* What is wrong with a text, or with one of the words, for its key; NULL: nothing. */
const char *setting_form_problem(struct arena *arena, const struct setting *row,
				 const char *value) MUST_USE;
/* "section.key: reason" for values that are missing or do not go together; NULL: none. */
const char *setting_disagreement(struct arena *arena, const struct conf *conf) MUST_USE;
/* The same for the sections that repeat. */
const char *setting_named_disagreement(struct arena *arena,
				       const struct conf *conf) MUST_USE;

#endif
