/* The rows of app/conf.def as data, for those that go through all of them: the reader,
 * the sample file, the manual page. */
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
	size_t offset; /* in struct conf */
	const char *initial; /* as one would write it */
	int64_t min, max; /* of a number; else `max` is bytes */
	const char *choices; /* "a|b", or NULL */
	const char *prose;
};

struct setting_section {
	const char *name, *prose;
};

extern const struct setting setting_rows[];
extern const size_t setting_n_rows;
extern const struct setting_section setting_sections[];
extern const size_t setting_n_sections;

/* NULL: there is none of that name. */
const struct setting *setting_find(const char *section, const char *key) MUST_USE;
bool setting_section_exists(const char *name) MUST_USE;
/* The largest value that the number at section.key may ever have had. */
int64_t setting_most(const char *section, const char *key) MUST_USE;

/* Puts `value`, as written, into its place. NULL: done; else what is wrong with it.
 * Neither answer nor log ever shows the value of a secret. */
const char *setting_put(struct arena *arena, struct conf *conf, const struct setting *row,
			const char *value) MUST_USE;
/* "section.key: reason" for values that do not go together; NULL: they do. */
const char *setting_disagreement(const struct conf *conf) MUST_USE;

#endif
