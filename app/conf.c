#include "app/conf.h"

#include <dirent.h>
#include <errno.h>
#include <libgen.h>

#include "app/conf_file.h"

#define CONF_DEFAULT_PATH "/etc/latchkey/latchkey.conf"

enum {
	CONF_LAYERS_MAX = 100,
	CONF_BYTES_MAX =
		4 << 20, /* of memory for all layers; one takes a tenth at most */
};

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
	CLEANUP(release_dir) DIR *open = opendir(dir);
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
	size_t n, used = arena_used(arena);

	why = list_layers(arena, dir, paths, &n);
	for (size_t i = 0; !why && i < n; i++) {
		if (arena_used(arena) - used > CONF_BYTES_MAX)
			return arena_printf(arena, "%s: more settings than fit in memory",
					    paths[i]);
		why = conf_file_read(arena, conf, paths[i]);
	}
	return why;
}

static struct conf *make_defaults(struct arena *arena)
{
	struct conf *conf = arena_alloc(arena, sizeof *conf);

	for (size_t i = 0; i < setting_n_sections; i++) {
		const struct setting_section *section = &setting_sections[i];

		if (section->size)
			conf_named_init(arena, conf, section);
		else
			setting_put_defaults(arena, conf, section);
	}
	return conf;
}

static const char *read_all(struct arena *arena, struct conf *conf, const char *path)
{
	const char *why = conf_file_read(arena, conf, path);

	if (!why)
		why = read_layers(arena, conf, path);
	if (!why && (why = setting_disagreement(arena, conf)))
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
