#include "app/conf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/setting.h"
#include "lib/option.h"
#include "lib/secret.h"
#include "lib/text.h"

#define CONF_DEFAULT_PATH "/etc/latchkey/latchkey.conf"

enum { CONF_LAYERS_MAX = 100 };

/* One file being read. */
struct reader {
	struct arena *arena;
	struct conf *conf;
	const char *path;
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

/* A process may not need every secret: the mail server's password belongs to the mailer,
 * and the others run as users that cannot read it. Whoever needs a secret refuses NULL.
 */
static bool is_withheld(const struct setting *row, const char *path)
{
	return !strcmp(row->section, "mail") &&
	       faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) < 0 && errno == EACCES;
}

static const char *put_secret_file(const struct reader *reader, const struct setting *row,
				   const char *path)
{
	const char *why = NULL, *value, *const withheld = NULL;

	if (*path != '/')
		return "must be an absolute path";
	if (is_withheld(row, path)) {
		memcpy((char *)reader->conf + row->offset, &withheld, sizeof withheld);
		return NULL;
	}
	value = secret_load(reader->arena, path, (size_t)row->max + 1, &why);
	if (!value)
		return arena_printf(reader->arena, "%s: %s", path, why);
	if (!*value)
		return arena_printf(reader->arena, "%s is empty", path);
	return setting_put(reader->arena, reader->conf, row, value);
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
	return setting_put(reader->arena, reader->conf, row, value);
}

static const char *put(const struct reader *reader, const struct setting *row,
		       const struct setting *file_row, const char *value)
{
	if (file_row)
		return put_secret_file(reader, file_row, value);
	if (row->kind == SETTING_SECRET)
		return put_secret(reader, row, value);
	return setting_put(reader->arena, reader->conf, row, value);
}

static const char *take_row(void *to, const char *section, const char *key,
			    const char *value)
{
	struct reader *reader = to;
	const struct setting *row, *file_row = NULL;
	const char *why;

	if (!setting_section_exists(section))
		return arena_printf(reader->arena, "[%s]: there is no such section",
				    section);
	if (!key)
		return NULL;
	row = setting_find(section, key);
	if (!row)
		row = file_row = find_file_form(reader->arena, section, key);
	if (!row)
		return reject(reader, section, key, "there is no such setting");
	if (reader->seen[row - setting_rows])
		return reject(reader, section, key, "is set twice in this file");
	reader->seen[row - setting_rows] = true;
	why = put(reader, row, file_row, value);
	return why ? reject(reader, section, key, why) : NULL;
}

static const char *read_layer(struct arena *arena, struct conf *conf, const char *path)
{
	struct reader reader = {arena, conf, path, NULL};

	reader.seen = arena_alloc(arena, setting_n_rows * sizeof *reader.seen);
	return option_read(arena, path, take_row, &reader);
}

static void release_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static bool is_layer(const char *name)
{
	size_t n = strlen(name), tail = strlen(".conf");

	return *name != '.' && n > tail && !strcmp(name + n - tail, ".conf");
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Paths of dir/NAME.conf, in order. A directory that is not there holds none. */
static const char *list_layers(struct arena *arena, const char *dir, const char **paths,
			       size_t *n)
{
	DIR *open CLEANUP(release_dir) = opendir(dir);
	const struct dirent *entry;

	*n = 0;
	if (!open)
		return errno == ENOENT
			       ? NULL
			       : arena_printf(arena, "%s: %s", dir, strerror(errno));
	while ((entry = readdir(open))) {
		if (!is_layer(entry->d_name))
			continue;
		if (*n == CONF_LAYERS_MAX)
			return arena_printf(arena, "%s: more than %d files", dir,
					    CONF_LAYERS_MAX);
		paths[(*n)++] = arena_printf(arena, "%s/%s", dir, entry->d_name);
	}
	qsort(paths, *n, sizeof *paths, by_name);
	return NULL;
}

static const char *read_layers(struct arena *arena, struct conf *conf, const char *path)
{
	const char **paths = arena_alloc(arena, CONF_LAYERS_MAX * sizeof *paths);
	const char *dir =
		arena_printf(arena, "%s/conf.d", dirname(arena_dup(arena, path)));
	const char *why;
	size_t n;

	why = list_layers(arena, dir, paths, &n);
	for (size_t i = 0; !why && i < n; i++)
		why = read_layer(arena, conf, paths[i]);
	return why;
}

static struct conf *make_defaults(struct arena *arena)
{
	struct conf *conf = arena_alloc(arena, sizeof *conf);

	for (size_t i = 0; i < setting_n_rows; i++) {
		const struct setting *row = &setting_rows[i];
		const char *why = setting_put(arena, conf, row, row->initial);

		INVARIANT(!why);
	}
	return conf;
}

static const char *read_all(struct arena *arena, struct conf *conf, const char *path)
{
	const char *why = read_layer(arena, conf, path);

	if (!why)
		why = read_layers(arena, conf, path);
	if (!why && (why = setting_disagreement(conf)))
		why = arena_printf(arena, "%s: %s", path, why);
	return why;
}

const struct conf *conf_load(struct arena *arena, const char *path, const char **why)
{
	struct conf *conf = make_defaults(arena);
	const char *wrong = path ? read_all(arena, conf, path) : NULL;

	if (!wrong)
		return conf;
	*why = wrong;
	return NULL;
}

const char *conf_path(const char *option)
{
	const char *env = getenv("LATCHKEY_CONF");

	if (option)
		return option;
	return env && *env ? env : CONF_DEFAULT_PATH;
}
