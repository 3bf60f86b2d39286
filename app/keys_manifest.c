#include "app/keys_manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/text.h"

enum { TEXT_MAX = 64 * 1024, FIELDS = 6 };

static const char KID_BYTES[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

#define ALG(alg) (1U << (alg))

static const struct use_row {
	const char *name;
	unsigned algs;
	const char *alg_name; /* NULL: that of RFC 7518 */
} USES[] = {
	[KEY_ACCESS] = {"access", ALG(JWT_ES256) | ALG(JWT_RS256) | ALG(JWT_HS256), NULL},
	[KEY_REFRESH] = {"refresh", ALG(JWT_HS256), NULL},
	[KEY_REGISTRATION] = {"registration", ALG(JWT_HS256), NULL},
	[KEY_RECOVERY] = {"recovery", ALG(JWT_HS256), NULL},
	[KEY_CODE] = {"code", ALG(JWT_HS256), "HMAC"},
	[KEY_INDEX] = {"index", ALG(JWT_HS256), "HMAC"},
	[KEY_SECRET] = {"secret", ALG(JWT_HS256), "HMAC"},
};

const char *key_use_name(enum key_use use)
{
	INVARIANT((size_t)use < COUNT(USES));
	return USES[use].name;
}

bool key_use_parse(const char *name, enum key_use *out)
{
	for (size_t i = 0; i < COUNT(USES); i++) {
		if (strcmp(USES[i].name, name) == 0) {
			*out = (enum key_use)i;
			return true;
		}
	}
	return false;
}

bool key_use_takes(enum key_use use, enum jwt_alg alg)
{
	return USES[use].algs & ALG(alg);
}

bool key_row_retired(const struct key_row *row, int64_t now_ms)
{
	return row->retire_at && row->retire_at <= now_ms;
}

char *key_file_name(struct arena *arena, const struct key_row *row)
{
	return arena_printf(arena, "%s.%s", row->kid,
			    row->alg == JWT_HS256 ? "key" : "pem");
}

static const char *alg_name(enum key_use use, enum jwt_alg alg)
{
	return USES[use].alg_name ? USES[use].alg_name : jwt_alg_name(alg);
}

static bool parse_alg(enum key_use use, const char *name, enum jwt_alg *out)
{
	static const enum jwt_alg ALGS[] = {JWT_HS256, JWT_ES256, JWT_RS256};

	for (size_t i = 0; i < COUNT(ALGS); i++) {
		if (key_use_takes(use, ALGS[i]) &&
		    strcmp(alg_name(use, ALGS[i]), name) == 0) {
			*out = ALGS[i];
			return true;
		}
	}
	return false;
}

/* Cuts `line` at its spaces. False: not exactly FIELDS of them. */
static bool split(char *line, char *fields[FIELDS])
{
	size_t n = 0;

	for (line += strspn(line, " \t"); *line; line += strspn(line, " \t")) {
		if (n == FIELDS)
			return false;
		fields[n++] = line;
		line += strcspn(line, " \t");
		if (*line)
			*line++ = '\0';
	}
	return n == FIELDS;
}

/* NULL: read; else what is wrong. */
static const char *parse_row(char *line, struct key_row *row)
{
	char *field[FIELDS];

	if (!split(line, field))
		return "not KID USE ALG PUBLISH_AT SIGN_AT RETIRE_AT";
	row->kid = field[0];
	if (!text_only(row->kid, KID_BYTES) || strlen(row->kid) > KEY_KID_MAX)
		return "a bad kid";
	if (!key_use_parse(field[1], &row->use))
		return "an unknown use";
	if (!parse_alg(row->use, field[2], &row->alg))
		return "not an algorithm of that use";
	row->retire_at = 0;
	if (!clock_parse(field[3], &row->publish_at) ||
	    !clock_parse(field[4], &row->sign_at) ||
	    (strcmp(field[5], "-") != 0 && !clock_parse(field[5], &row->retire_at)))
		return "a bad time";
	if (row->publish_at <= 0 || row->sign_at < row->publish_at ||
	    (row->retire_at && row->retire_at < row->sign_at))
		return "times that are not in order";
	return NULL;
}

static const char *add_line(struct manifest *manifest, char *line)
{
	struct key_row *row = &manifest->rows[manifest->n];
	const char *wrong;

	if (!*line || *line == '#')
		return NULL;
	if (manifest->n == KEY_ROWS_MAX)
		return "too many keys";
	wrong = parse_row(line, row);
	if (wrong)
		return wrong;
	for (size_t i = 0; i < manifest->n; i++)
		if (strcmp(manifest->rows[i].kid, row->kid) == 0)
			return "a kid that is there twice";
	manifest->n++;
	return NULL;
}

static const char *parse(struct arena *arena, const char *path, char *text,
			 struct manifest *manifest)
{
	for (int number = 1; text; number++) {
		char *line = text;
		const char *wrong;

		text = strchr(line, '\n');
		if (text)
			*text++ = '\0';
		wrong = add_line(manifest, line);
		if (wrong)
			return arena_printf(arena, "%s:%d: %s", path, number, wrong);
	}
	return NULL;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

/* Not secret, but whoever writes it chooses the keys. */
static const char *refuse_file(const struct stat *file)
{
	if (!S_ISREG(file->st_mode))
		return "not a regular file";
	if (file->st_mode & (S_IWGRP | S_IWOTH))
		return "others may write it";
	if (file->st_size > TEXT_MAX)
		return "too long";
	return NULL;
}

/* One read: it is never changed in place. */
static char *read_file(struct arena *arena, const char *path, struct stat *file,
		       const char **why)
{
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *text;
	ssize_t got;

	*why = fd < 0 || fstat(fd, file) != 0 ? strerrordesc_np(errno)
					      : refuse_file(file);
	if (*why)
		return NULL;
	text = arena_alloc(arena, (size_t)file->st_size + 1);
	got = read(fd, text, (size_t)file->st_size);
	if (got != file->st_size || memchr(text, '\0', (size_t)got)) {
		*why = "not readable as text";
		return NULL;
	}
	return text;
}

const char *manifest_read(struct arena *arena, const char *dir, struct manifest *out,
			  bool *is_missing)
{
	char *path = arena_printf(arena, "%s/manifest", dir), *text;
	struct manifest *manifest = arena_alloc(arena, sizeof *manifest);
	const char *why;

	errno = 0;
	text = read_file(arena, path, &manifest->file, &why);
	*is_missing = !text && errno == ENOENT;
	if (!text)
		return arena_printf(arena, "%s: %s", path, why);
	why = parse(arena, path, text, manifest);
	if (!why)
		*out = *manifest;
	return why;
}

static const char *time_text(struct arena *arena, int64_t ms)
{
	return ms ? clock_rfc3339(arena, ms) : "-";
}

char *manifest_text(struct arena *arena, const struct manifest *manifest)
{
	enum { SIZE = 512 + KEY_ROWS_MAX * 192 };
	struct buf text;

	buf_init(&text, arena_alloc(arena, SIZE), SIZE);
	buf_puts(&text, "# KID USE ALG PUBLISH_AT SIGN_AT RETIRE_AT: "
			"see latchkeyctl key list|rotate|retire\n");
	for (size_t i = 0; i < manifest->n; i++) {
		const struct key_row *row = &manifest->rows[i];

		buf_printf(
			&text, "%s %s %s %s %s %s\n", row->kid, key_use_name(row->use),
			alg_name(row->use, row->alg), time_text(arena, row->publish_at),
			time_text(arena, row->sign_at), time_text(arena, row->retire_at));
	}
	INVARIANT(!text.cut);
	return text.at;
}

bool manifest_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}
