/* The configuration: lib/option.c, app/conf_file.c, app/conf_named.c, app/setting*.c. */
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/setting.h"
#include "t/fuzz/fuzz.h"

/* A file of these bytes, which only we may read; with nothing beside it. */
static int file_of(const uint8_t *bytes, size_t n)
{
	int fd = memfd_create("conf", MFD_CLOEXEC);

	INVARIANT(fd >= 0 && fchmod(fd, 0600) == 0);
	INVARIANT(write(fd, bytes, n) == (ssize_t)n);
	return fd;
}

static bool is_text(const char *text)
{
	return text_is_utf8(text, strlen(text)) && !text_has_control(text);
}

static bool is_choice(const struct setting *row, const char *value)
{
	const char *found = strstr(row->choices, value);

	return *value && found && (found == row->choices || found[-1] == '|') &&
	       strchr("|", found[strlen(value)]);
}

static void look_at_words(const struct setting *row, const struct words *words)
{
	size_t n = 0;

	for (size_t i = 0; i < words->n; i++) {
		INVARIANT(*words->at[i] && is_text(words->at[i]));
		INVARIANT(!strchr(words->at[i], ' '));
		n += strlen(words->at[i]);
	}
	INVARIANT(n <= (size_t)row->max);
}

static void look_at_value(const struct setting *row, const char *at)
{
	int64_t number;
	const char *text;
	struct words words;
	bool flag;

	switch (row->kind) {
	case SETTING_NUMBER:
		memcpy(&number, at, sizeof number);
		INVARIANT(number >= row->min && number <= row->max);
		break;
	case SETTING_FLAG:
		memcpy(&flag, at, sizeof flag);
		INVARIANT((unsigned char)*at <= 1);
		break;
	case SETTING_WORDS:
		memcpy(&words, at, sizeof words);
		look_at_words(row, &words);
		break;
	case SETTING_TEXT:
	case SETTING_SECRET:
	case SETTING_CHOICE:
		memcpy(&text, at, sizeof text);
		INVARIANT(text && strlen(text) <= (size_t)row->max && is_text(text));
		INVARIANT(row->kind != SETTING_CHOICE || is_choice(row, text));
	}
}

static void look_at(const char *of, const char *section)
{
	for (size_t i = 0; i < setting_n_rows; i++)
		if (!strcmp(setting_rows[i].section, section))
			look_at_value(&setting_rows[i], of + setting_rows[i].offset);
}

/* Each value is of its kind and within its bounds. */
static void look_at_all(const struct conf *conf)
{
	for (size_t i = 0; i < setting_n_sections; i++)
		if (!setting_sections[i].size)
			look_at((const char *)conf, setting_sections[i].name);
	INVARIANT(conf->n_issuers <= SETTING_SAME_MAX);
	for (size_t i = 0; i < conf->n_issuers; i++)
		look_at((const char *)&conf->issuers[i], "issuer");
	INVARIANT(conf->n_providers <= SETTING_SAME_MAX);
	for (size_t i = 0; i < conf->n_providers; i++)
		look_at((const char *)&conf->providers[i], "provider");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena *arena = fuzz_arena();
	int fd = file_of(bytes, n);
	const char *path = arena_printf(arena, "/proc/self/fd/%d", fd), *why = NULL;
	const struct conf *conf = conf_load(arena, path, &why);

	close(fd);
	INVARIANT(conf ? !why : text_starts(why, path));
	if (!conf)
		return 0;
	look_at_all(conf);
	INVARIANT(conf_conninfo(arena, conf, conf->database_fast));
	INVARIANT(conf_redis(conf).n_sentinels == conf->redis_sentinels.n);
	return 0;
}
