#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "app/keys_manifest.h"
#include "lib/clock.h"
#include "lib/secret.h"

enum {
	FILE_MODE = 0640,
	DIR_MODE = 0750,
	/* How long a rotation may wait for the lock, in milliseconds; a key that was made
	 * further ahead was made by a clock that was wrong */
	WAIT_MAX_MS = 60000,
};

/* A change in the making; the directory stays locked while it is open. */
struct edit {
	struct arena *arena;
	const char *dir;
	int dir_fd;
	struct stat dir_file;
	struct manifest manifest;
	bool placed; /* the manifest is, though perhaps not yet on the disk */
	size_t n_gone;
	struct key_row
		gone[KEY_ROWS_MAX]; /* files to remove once the manifest is written */
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static void edit_end(struct edit *edit)
{
	close_fd(&edit->dir_fd);
}

static const char *reason(const struct edit *edit, const char *name)
{
	return arena_printf(edit->arena, "%s/%s: %s", edit->dir, name,
			    strerrordesc_np(errno));
}

/* Opens and locks the directory, and reads its manifest; none is an empty one. */
static const char *edit_start(struct edit *edit)
{
	bool is_missing;
	const char *why;

	edit->dir_fd = open(edit->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (edit->dir_fd < 0 || flock(edit->dir_fd, LOCK_EX) != 0 ||
	    fstat(edit->dir_fd, &edit->dir_file) != 0)
		return arena_printf(edit->arena, "%s: %s", edit->dir,
				    strerrordesc_np(errno));
	why = manifest_read(edit->arena, edit->dir, &edit->manifest, &is_missing);
	return is_missing ? NULL : why;
}

static bool write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		ssize_t n = write(fd, text, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text += n;
		left -= (size_t)n;
	}
	return true;
}

/* A new file, on the disk when this returns. The mode comes last: nobody reads half a key
 * or one of the wrong group. NULL: written. */
static const char *write_new(const struct edit *edit, const char *name, const char *text,
			     gid_t group, mode_t mode)
{
	CLEANUP(close_fd)
	int fd =
		openat(edit->dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct stat file;

	if (fd < 0)
		return reason(edit, name);
	if (fstat(fd, &file) != 0 ||
	    (file.st_gid != group && fchown(fd, (uid_t)-1, group) != 0) ||
	    !write_all(fd, text) || fchmod(fd, mode) != 0 || fsync(fd) != 0) {
		const char *why = reason(edit, name);

		(void)unlinkat(edit->dir_fd, name, 0);
		return why;
	}
	return NULL;
}

static void remove_key(const struct edit *edit, const struct key_row *row)
{
	(void)unlinkat(edit->dir_fd, key_file_name(edit->arena, row), 0);
}

/* Puts the manifest in the place of the old one, with its group and its readers; then the
 * files that it names no more are removed. */
static const char *edit_commit(struct edit *edit)
{
	static const char NEW[] = "manifest.new";
	const struct stat *old = &edit->manifest.file;
	gid_t group = old->st_ino ? old->st_gid : edit->dir_file.st_gid;
	mode_t mode = old->st_ino ? old->st_mode & 0777 : FILE_MODE;
	const char *why;

	(void)unlinkat(edit->dir_fd, NEW, 0);
	why = write_new(edit, NEW, manifest_text(edit->arena, &edit->manifest), group,
			mode);
	if (why)
		return why;
	edit->placed = renameat(edit->dir_fd, NEW, edit->dir_fd, "manifest") == 0;
	if (!edit->placed || fsync(edit->dir_fd) != 0)
		return reason(edit, "manifest");
	for (size_t i = 0; i < edit->n_gone; i++)
		remove_key(edit, &edit->gone[i]);
	return NULL;
}

static void drop(struct edit *edit, size_t at)
{
	struct manifest *m = &edit->manifest;

	edit->gone[edit->n_gone++] = m->rows[at];
	m->n--;
	memmove(&m->rows[at], &m->rows[at + 1], (m->n - at) * sizeof *m->rows);
}

static void drop_retired(struct edit *edit, int64_t now_ms)
{
	for (size_t i = edit->manifest.n; i-- > 0;)
		if (key_row_retired(&edit->manifest.rows[i], now_ms))
			drop(edit, i);
}

static size_t count_of(const struct edit *edit, enum key_use use)
{
	size_t n = 0;

	for (size_t i = 0; i < edit->manifest.n; i++)
		n += edit->manifest.rows[i].use == use;
	return n;
}

/* That of the newest key of the use: who may read one may read the next. */
static gid_t group_of(const struct edit *edit, enum key_use use)
{
	gid_t group = edit->dir_file.st_gid;

	for (size_t i = 0; i < edit->manifest.n; i++) {
		const struct key_row *row = &edit->manifest.rows[i];
		struct stat file;

		if (row->use == use &&
		    fstatat(edit->dir_fd, key_file_name(edit->arena, row), &file, 0) == 0)
			group = file.st_gid;
	}
	return group;
}

static char *new_kid(struct arena *arena, enum key_use use, int64_t now_ms)
{
	const char *date = clock_rfc3339(arena, now_ms); /* YYYY-MM-DD… */

	return arena_printf(arena, "%.4s%.2s%.2s-%s-%s", date, date + 5, date + 8,
			    key_use_name(use), secret_random_hex(arena, 4));
}

static char *new_secret(struct arena *arena, enum jwt_alg alg)
{
	CLEANUP(crypto_key_free) struct crypto_key *key = NULL;

	if (alg == JWT_HS256)
		return arena_printf(arena, "%s\n",
				    secret_random_hex(arena, JWT_SECRET_LEN_MIN));
	key = crypto_key_generate(alg == JWT_ES256 ? CRYPTO_P256 : CRYPTO_RSA);
	return crypto_key_private_pem(arena, key);
}

/* The clock was read before the lock was had: whoever had it meanwhile may have made a
 * key that signs already. */
static int64_t not_before_others(const struct edit *edit, enum key_use use,
				 int64_t now_ms)
{
	int64_t latest = now_ms;

	for (size_t i = 0; i < edit->manifest.n; i++) {
		const struct key_row *row = &edit->manifest.rows[i];

		if (row->use == use && row->publish_at > latest &&
		    row->publish_at <= now_ms + WAIT_MAX_MS)
			latest = row->publish_at;
	}
	return latest;
}

/* One that would begin to sign after the new one has begun never signs at all. */
static void retire_older(struct edit *edit, const struct key_row *new, int64_t overlap_ms)
{
	int64_t end = new->sign_at + overlap_ms;

	for (size_t i = edit->manifest.n; i-- > 0;) {
		struct key_row *row = &edit->manifest.rows[i];

		if (row->use != new->use)
			continue;
		if (row->sign_at > new->sign_at)
			drop(edit, i);
		else if (overlap_ms != KEYS_STAY &&
			 (!row->retire_at || row->retire_at > end))
			row->retire_at = end;
	}
}

static const char *refuse_new(const struct edit *edit, enum key_use use)
{
	if (count_of(edit, use) < KEYS_VERIFYING_MAX && edit->manifest.n < KEY_ROWS_MAX)
		return NULL;
	return arena_printf(edit->arena,
			    "%s: %d keys for %s have not retired yet: retire some first",
			    edit->dir, KEYS_VERIFYING_MAX, key_use_name(use));
}

static const char *add_key(struct edit *edit, const struct key_row *row,
			   int64_t overlap_ms)
{
	const char *name = key_file_name(edit->arena, row);
	const char *why = write_new(edit, name, new_secret(edit->arena, row->alg),
				    group_of(edit, row->use), FILE_MODE);

	if (why)
		return why;
	retire_older(edit, row, overlap_ms);
	edit->manifest.rows[edit->manifest.n++] = *row;
	why = edit_commit(edit);
	if (why && !edit->placed)
		remove_key(edit, row);
	return why;
}

const char *keys_rotate(struct arena *arena, const char *dir, enum key_use use,
			enum jwt_alg alg, int64_t now_ms, int64_t lead_ms,
			int64_t overlap_ms, const char **kid)
{
	CLEANUP(edit_end) struct edit edit = {arena, dir, .dir_fd = -1};
	struct key_row row = {new_kid(arena, use, now_ms), use, alg, now_ms, now_ms, 0};
	const char *why;

	INVARIANT(lead_ms >= 0 && overlap_ms >= KEYS_STAY);
	if (!key_use_takes(use, alg))
		return arena_printf(arena, "%s is not an algorithm of %s keys",
				    jwt_alg_name(alg), key_use_name(use));
	if (mkdir(dir, DIR_MODE) != 0 && errno != EEXIST)
		return arena_printf(arena, "%s: %s", dir, strerrordesc_np(errno));
	why = edit_start(&edit);
	if (why)
		return why;
	drop_retired(&edit, now_ms);
	why = refuse_new(&edit, use);
	if (why)
		return why;
	row.publish_at = not_before_others(&edit, use, now_ms);
	row.sign_at = row.publish_at + (count_of(&edit, use) > 0 ? lead_ms : 0);
	why = add_key(&edit, &row, overlap_ms);
	if (!why)
		*kid = row.kid;
	return why;
}

static bool is_lasting_signer(const struct key_row *row, int64_t now_ms)
{
	return row->sign_at <= now_ms && !row->retire_at;
}

/* Its place among the rows; their number: not there. */
static size_t find(const struct edit *edit, const char *kid)
{
	size_t at = 0;

	while (at < edit->manifest.n && strcmp(edit->manifest.rows[at].kid, kid) != 0)
		at++;
	return at;
}

const char *keys_retire(struct arena *arena, const char *dir, const char *kid,
			int64_t now_ms)
{
	CLEANUP(edit_end) struct edit edit = {arena, dir, .dir_fd = -1};
	const char *why = edit_start(&edit);
	enum key_use use;
	size_t at;

	if (why)
		return why;
	at = find(&edit, kid);
	if (at == edit.manifest.n)
		return arena_printf(arena, "%s: there is no key '%s'", dir, kid);
	use = edit.manifest.rows[at].use;
	drop(&edit, at);
	for (size_t i = 0; i < edit.manifest.n; i++)
		if (edit.manifest.rows[i].use == use &&
		    is_lasting_signer(&edit.manifest.rows[i], now_ms))
			return edit_commit(&edit);
	return arena_printf(arena,
			    "%s: no other %s key would sign: rotate with --now first",
			    kid, key_use_name(use));
}

const char *keys_list(struct arena *arena, const char *dir, struct key_row **rows,
		      size_t *n)
{
	struct manifest *manifest = arena_alloc(arena, sizeof *manifest);
	bool is_missing;
	const char *why = manifest_read(arena, dir, manifest, &is_missing);

	if (why)
		return why;
	*rows = manifest->rows;
	*n = manifest->n;
	return NULL;
}
