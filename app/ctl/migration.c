#include "app/ctl/migration.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/crypto.h"
#include "lib/text.h"

#define SCHEMA_DEFAULT_DIR "/usr/share/latchkey/schema"

enum { FILES_MAX = 999, FILE_MAX = 256 * 1024 };

const char *migration_dir(const char *option)
{
	const char *env = getenv("LATCHKEY_SCHEMA_DIR");

	if (option)
		return option;
	return env && *env ? env : SCHEMA_DEFAULT_DIR;
}

static void release_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static void release_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* Other files may lie there (bootstrap.sql, README.md); one that begins as a migration
 * does is meant to be one. */
static bool is_meant(const char *file)
{
	size_t n = strlen(file);

	return *file >= '0' && *file <= '9' && n > 4 && !strcmp(file + n - 4, ".sql");
}

static bool parse_name(struct arena *arena, const char *file, struct schema_row *row)
{
	size_t digits = strspn(file, "0123456789");
	char *name = arena_dupn(arena, file, strlen(file) - strlen(".sql"));

	if (digits != 4 || file[4] != '_' ||
	    !text_only(name + 5, "abcdefghijklmnopqrstuvwxyz0123456789_"))
		return false;
	row->name = name + 5;
	return text_number(arena_dupn(arena, file, 4), 1, 9999, &row->id);
}

static const char *list(struct arena *arena, const char *path, struct migration *out,
			size_t *n)
{
	CLEANUP(release_dir) DIR *dir = opendir(path);
	const struct dirent *entry;

	if (!dir)
		return arena_printf(arena, "%s: %s", path, strerror(errno));
	while ((entry = readdir(dir))) {
		if (!is_meant(entry->d_name))
			continue;
		if (*n == FILES_MAX)
			return arena_printf(arena, "%s: more than %d files", path,
					    FILES_MAX);
		struct migration *next = &out[(*n)++];

		next->file = arena_dup(arena, entry->d_name);
		if (!parse_name(arena, next->file, &next->row))
			return arena_printf(arena, "%s/%s: is not named NNNN_name.sql",
					    path, next->file);
	}
	return *n ? NULL : arena_printf(arena, "%s: holds no migrations", path);
}

/* The whole file in memory, or NULL and `*why`. */
static char *slurp(struct arena *arena, const char *path, const char **why)
{
	CLEANUP(release_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	size_t have = 0, size;
	ssize_t got = 1;
	char *text;

	*why = strerror(errno);
	if (fd < 0 || fstat(fd, &st) < 0)
		return NULL;
	*why = "is not a file of at most 256 KiB";
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		return NULL;
	size = (size_t)st.st_size;
	text = arena_alloc(arena, size + 1);
	while (have < size && (got = read(fd, text + have, size - have)) > 0)
		have += (size_t)got;
	*why = "cannot be read whole, holds a NUL or is not UTF-8";
	return have == size && strlen(text) == size && text_is_utf8(text, size) ? text
										: NULL;
}

/* A line that would end the transaction which the file runs in. What a function's body
 * says is indented, or a bare BEGIN. */
static bool ends_transaction(const char *sql)
{
	static const char *const words[] = {"BEGIN;", "COMMIT", "ROLLBACK",
					    "START TRANSACTION"};

	for (const char *line = sql; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		for (size_t i = 0; i < COUNT(words); i++)
			if (!strncasecmp(line, words[i], strlen(words[i])))
				return true;
	}
	return false;
}

static const char *load(struct arena *arena, const char *dir, struct migration *one)
{
	const char *path = arena_printf(arena, "%s/%s", dir, one->file), *why;
	uint8_t digest[CRYPTO_SHA256_LEN];

	one->sql = slurp(arena, path, &why);
	if (!one->sql)
		return arena_printf(arena, "%s: %s", path, why);
	if (ends_transaction(one->sql))
		return arena_printf(arena, "%s: begins or ends a transaction of its own",
				    path);
	crypto_sha256(one->sql, strlen(one->sql), digest);
	one->row.sha256 = text_hex(arena, digest, sizeof digest);
	return NULL;
}

static int by_id(const void *a, const void *b)
{
	const struct migration *left = a, *right = b;

	return (left->row.id > right->row.id) - (left->row.id < right->row.id);
}

const char *migration_read(struct arena *arena, const char *dir, struct migration **out,
			   size_t *n)
{
	struct migration *all = arena_alloc(arena, FILES_MAX * sizeof *all);
	size_t found = 0;
	const char *why = list(arena, dir, all, &found);

	qsort(all, found, sizeof *all, by_id);
	for (size_t i = 0; !why && i < found; i++) {
		if (all[i].row.id != (int64_t)i + 1)
			return arena_printf(arena, "%s/%s: number %04zu is expected here",
					    dir, all[i].file, i + 1);
		why = load(arena, dir, &all[i]);
	}
	if (why)
		return why;
	*out = all;
	*n = found;
	return NULL;
}

const char *migration_compare(struct arena *arena, const struct migration *all, size_t n,
			      const struct schema_row *done, size_t n_done)
{
	for (size_t i = 0; i < n_done; i++) {
		if (done[i].id != (int64_t)i + 1)
			return arena_printf(
				arena, "the history of the database lacks %04zu", i + 1);
		if (i >= n)
			return arena_printf(
				arena,
				"%04zu_%s was applied, but its file is not there: is "
				"this an older version than the database's?",
				i + 1, done[i].name);
		if (strcmp(done[i].name, all[i].row.name) != 0 ||
		    strcmp(done[i].sha256, all[i].row.sha256) != 0)
			return arena_printf(
				arena,
				"%s is not what was applied as %04zu_%s: restore the "
				"file, and put the change into a new one",
				all[i].file, i + 1, done[i].name);
	}
	return NULL;
}
