#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "app/ctl/out.h"
#include "app/ctl/progress.h"
#include "app/store/admin_export.h"
#include "lib/clock.h"

enum { PAGE_ARENA = 64 * 1024 * 1024, LINE_ARENA = 1024 * 1024 }; /* reserved */

static void close_file(FILE **file)
{
	if (*file)
		(void)fclose(*file);
}

/* It has to be a new file: what another one lets be read, or where a link points, is not
 * for us to write to. */
static FILE *create(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (fd >= 0 && !file)
		(void)close(fd);
	return file;
}

static char *line_of(struct arena *arena, const struct admin_exported *row)
{
	const struct user *user = &row->user;
	struct json *line = json_object(arena), *roles;

	json_add_text(arena, line, "id", user->id);
	json_add_text(arena, line, "email", user->email);
	json_add_bool(arena, line, "email_verified", user->email_verified);
	json_add_text(arena, line, "username", user->username);
	json_add_bool(arena, line, "active", user->active);
	json_add_text(arena, line, "created_at", clock_rfc3339(arena, user->created_at));
	roles = json_add_array(arena, line, "roles");
	for (size_t i = 0; i < user->n_roles; i++)
		json_push_text(arena, roles, user->roles[i]);
	if (row->hash)
		json_add_text(arena, line, "password_hash", row->hash);
	return out_escape(arena, json_print(arena, line));
}

static bool put_page(FILE *to, const struct admin_exported *page, size_t n)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(LINE_ARENA);

	for (size_t i = 0; i < n; i++) {
		if (fprintf(to, "%s\n", line_of(arena, &page[i])) < 0)
			return false;
		arena_reset(arena);
	}
	return true;
}

/* NULL: all are in `to`; else why not. */
static const char *put_all(struct ctl *ctl, FILE *to, int64_t *count)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(PAGE_ARENA);
	bool with_hashes = ctl->option[CTL_WITH_HASHES];
	struct context c = ctl->context;
	struct admin_exported *page;
	struct progress progress;
	char after[37];
	size_t n;
	enum rc rc;

	c.arena = arena;
	progress_begin(&progress, "accounts written", 0);
	rc = admin_export_page(&c, NULL, with_hashes, &page, &n);
	while (rc == RC_OK) {
		if (!put_page(to, page, n))
			return strerror(errno);
		*count += (int64_t)n;
		progress_step(&progress, 0, *count);
		snprintf(after, sizeof after, "%s", page[n - 1].user.id);
		arena_reset(arena);
		rc = admin_export_page(&c, after, with_hashes, &page, &n);
	}
	progress_end(&progress);
	if (rc != RC_NONE)
		return "PostgreSQL did not do it: see above";
	if (fflush(to) || (to != stdout && fsync(fileno(to))))
		return strerror(errno);
	return NULL;
}

static bool to_stdout(const struct ctl *ctl)
{
	return !ctl->n_words || !strcmp(ctl->words[0], "-");
}

static enum ctl_exit export_to(struct ctl *ctl, FILE *to, int64_t *count)
{
	const char *why;

	if (admin_export_audit(&ctl->context, ctl->option[CTL_WITH_HASHES]) != RC_OK)
		return out_down(ctl);
	why = put_all(ctl, to, count);
	return why ? out_refuse(ctl, "not all was exported: %s", why) : CTL_DONE;
}

enum ctl_exit ctl_user_export(struct ctl *ctl)
{
	CLEANUP(close_file) FILE *file = NULL;
	const char *path = ctl->words[0];
	int64_t count = 0;
	enum ctl_exit end;

	if (to_stdout(ctl) && ctl->json) {
		out_refuse(ctl, "--json is for the result, and needs a FILE");
		return CTL_USAGE;
	}
	if (to_stdout(ctl))
		return export_to(ctl, stdout, &count);
	file = create(path);
	if (!file)
		return out_refuse(ctl, "%s: %s", path, strerror(errno));
	end = export_to(ctl, file, &count);
	if (end != CTL_DONE) {
		(void)unlink(path);
		return end;
	}
	const struct out_cell cells[] = {OUT_TEXT("file", 0, path),
					 OUT_NUMBER("exported", 0, count)};

	out_record(ctl, cells, COUNT(cells));
	return CTL_DONE;
}
