#include "app/conf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/option.h"
#include "lib/secret.h"

/* One file being read. A section is there once in it: `seen` is of that section. */
struct reader {
	struct arena *arena;
	struct conf *conf;
	const char *path;
	void *of; /* the struct that the section is about */
	const struct setting_section *section;
	bool *seen; /* by row */
};

static const char *reject(const struct reader *reader, const char *section,
			  const char *key, const char *reason)
{
	return arena_printf(reader->arena, "%s.%s: %s", section, key, reason);
}

/* `key_file` of a secret `key`; NULL: not that form. */
static const struct setting *find_file_form(struct arena *arena, const char *section,
					    const char *key)
{
	size_t n = strlen(key), tail = strlen("_file");
	const struct setting *row;

	if (n <= tail || strcmp(key + n - tail, "_file") != 0)
		return NULL;
	row = setting_find(section, arena_dupn(arena, key, n - tail));
	return row && row->kind == SETTING_SECRET ? row : NULL;
}

/* These secrets belong to one process each, the mailer and `latchkeyd outside`; the
 * others run as users that cannot read them. Whoever needs a secret refuses NULL. */
static bool is_withheld(const struct setting *row, const char *path)
{
	bool elsewhere =
		!strcmp(row->section, "mail") || !strcmp(row->section, "provider");

	return elsewhere && faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) < 0 &&
	       errno == EACCES;
}

static const char *put_secret_file(const struct reader *reader, const struct setting *row,
				   const char *path)
{
	const char *why = NULL, *value, *const withheld = NULL;

	if (*path != '/')
		return "must be an absolute path";
	if (is_withheld(row, path)) {
		memcpy((char *)reader->of + row->offset, &withheld, sizeof withheld);
		return NULL;
	}
	value = secret_load(reader->arena, path, (size_t)row->max + 1, &why);
	if (!value)
		return arena_printf(reader->arena, "%s: %s", path, why);
	if (!*value)
		return arena_printf(reader->arena, "%s is empty", path);
	return setting_put(reader->arena, reader->of, row, value);
}

/* A file that holds a secret is one. */
static const char *put_secret(const struct reader *reader, const struct setting *row,
			      const char *value)
{
	struct stat st;

	if (*value && (stat(reader->path, &st) < 0 || (st.st_mode & 0027)))
		return arena_printf(
			reader->arena,
			"a secret in a file that others may read, or the group "
			"write: chmod 640 %s, or use %s_file",
			reader->path, row->key);
	return setting_put(reader->arena, reader->of, row, value);
}

static const char *put(const struct reader *reader, const struct setting *row,
		       const struct setting *file_row, const char *value)
{
	if (file_row)
		return put_secret_file(reader, file_row, value);
	if (row->kind == SETTING_SECRET)
		return put_secret(reader, row, value);
	return setting_put(reader->arena, reader->of, row, value);
}

/* `text` is NAME, or KIND NAME of a section that repeats. */
static const char *enter_section(struct reader *reader, const char *text)
{
	size_t n = strcspn(text, " ");
	const struct setting_section *section =
		setting_section_find(arena_dupn(reader->arena, text, n));
	const char *name = text + n + (text[n] == ' ');
	const char *why = "there is no such section";

	reader->section = section;
	reader->of = NULL;
	memset(reader->seen, 0, setting_n_rows * sizeof *reader->seen);
	if (section && section->size)
		reader->of = conf_named_enter(reader->arena, reader->conf, section, name,
					      &why);
	else if (section && !text[n])
		reader->of = reader->conf;
	return reader->of ? NULL : arena_printf(reader->arena, "[%s]: %s", text, why);
}

static const char *take_row(void *to, const char *section, const char *key,
			    const char *value)
{
	struct reader *reader = to;
	const struct setting *row, *file_row = NULL;
	const char *why;

	if (!key)
		return enter_section(reader, section);
	row = setting_find(reader->section->name, key);
	if (!row)
		row = file_row =
			find_file_form(reader->arena, reader->section->name, key);
	if (!row)
		return reject(reader, section, key, "there is no such setting");
	if (reader->seen[row - setting_rows])
		return reject(reader, section, key, "is set twice in this file");
	reader->seen[row - setting_rows] = true;
	why = put(reader, row, file_row, value);
	return why ? reject(reader, section, key, why) : NULL;
}

const char *conf_file_read(struct arena *arena, struct conf *conf, const char *path)
{
	struct reader reader = {.arena = arena, .conf = conf, .path = path};

	reader.seen = arena_alloc(arena, setting_n_rows * sizeof *reader.seen);
	return option_read(arena, path, take_row, &reader);
}
