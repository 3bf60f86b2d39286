#include "app/setting.h"

#define NEEDED NULL

const struct setting setting_rows[] = {
#define AT(section, key) #section, #key
#define SECTION(section, prose)
#define NUMBER(section, key, initial, min, max, prose)                                   \
	{AT(section, key),                                                               \
	 SETTING_NUMBER,                                                                 \
	 OF(section, key),                                                               \
	 #initial,                                                                       \
	 min,                                                                            \
	 max,                                                                            \
	 NULL,                                                                           \
	 prose},
#define TEXT(section, key, initial, max, prose)                                          \
	{AT(section, key), SETTING_TEXT, OF(section, key), initial, 0, max, NULL, prose},
#define FLAG(section, key, initial, prose)                                               \
	{AT(section, key), SETTING_FLAG, OF(section, key), initial, 0, 3,                \
	 "yes|no",	   prose},
#define CHOICE(section, key, initial, words, prose)                                      \
	{AT(section, key),                                                               \
	 SETTING_CHOICE,                                                                 \
	 OF(section, key),                                                               \
	 initial,                                                                        \
	 0,                                                                              \
	 64,                                                                             \
	 words,                                                                          \
	 prose},
#define SECRET(section, key, max, prose)                                                 \
	{AT(section, key), SETTING_SECRET, OF(section, key), "", 0, max, NULL, prose},
#define WORDS(section, key, initial, max, prose)                                         \
	{AT(section, key), SETTING_WORDS, OF(section, key), initial, 0, max, NULL, prose},
#define OF(section, key) offsetof(struct conf, section##_##key)
#include "app/conf.def"
#undef OF
#define OF(section, key) offsetof(struct section##_conf, key)
#include "app/issuer.def"
#include "app/provider.def"
#undef SECTION
#undef NUMBER
#undef TEXT
#undef FLAG
#undef CHOICE
#undef SECRET
#undef WORDS
};
const size_t setting_n_rows = COUNT(setting_rows);

const struct setting_section setting_sections[] = {
#define NUMBER(section, key, initial, min, max, prose)
#define TEXT(section, key, initial, max, prose)
#define FLAG(section, key, initial, prose)
#define CHOICE(section, key, initial, words, prose)
#define SECRET(section, key, max, prose)
#define WORDS(section, key, initial, max, prose)
#define SECTION(section, prose) {#section, prose, 0, 0, 0},
#include "app/conf.def"
#undef SECTION
#define SECTION(section, prose)                                                          \
	{#section, prose, sizeof(struct section##_conf),                                 \
	 offsetof(struct conf, n_##section##s), offsetof(struct conf, section##s)},
#include "app/issuer.def"
#include "app/provider.def"
};
const size_t setting_n_sections = COUNT(setting_sections);

const struct setting *setting_find(const char *section, const char *key)
{
	for (size_t i = 0; i < COUNT(setting_rows); i++)
		if (!strcmp(setting_rows[i].section, section) &&
		    !strcmp(setting_rows[i].key, key))
			return &setting_rows[i];
	return NULL;
}

const struct setting_section *setting_section_find(const char *name)
{
	for (size_t i = 0; i < COUNT(setting_sections); i++)
		if (!strcmp(setting_sections[i].name, name))
			return &setting_sections[i];
	return NULL;
}

int64_t setting_most(const char *section, const char *key)
{
	const struct setting *row = setting_find(section, key);

	INVARIANT(row && row->kind == SETTING_NUMBER);
	return row->max;
}
