#include "app/ctl/import_row.h"
#include "app/ctl/out.h"
#include "app/ctl/progress.h"

enum {
	RECORD_ARENA = 4 * 1024 * 1024,
	BATCH_ARENA = 128 * 1024 * 1024, /* reserved; about 2 MiB of it are used */
	BATCH_BYTES = 2 * 1024 * 1024, /* of text, and a batch is full */
	LISTED_MAX = 10000, /* problems in the JSON, which is built in memory */
};

struct import {
	struct ctl *ctl;
	struct table *table;
	struct arena *record;
	struct context staging; /* the command's, with an arena for a batch */
	struct admin_import_row rows[ADMIN_IMPORT_BATCH];
	struct admin_import_problem problems[ADMIN_IMPORT_BATCH];
	size_t n_rows, n_problems;
	int64_t n_read, n_listed;
	struct progress progress;
};

/* ---- from the file into the staging tables ---- */

static bool flush(struct import *import)
{
	struct context *c = &import->staging;
	enum rc rc = RC_OK;

	if (import->n_rows)
		rc = admin_import_stage(c, import->rows, import->n_rows);
	if (rc == RC_OK && import->n_problems)
		rc = admin_import_note(c, import->problems, import->n_problems);
	import->n_rows = import->n_problems = 0;
	arena_reset(c->arena);
	return rc == RC_OK;
}

static const char *const *keep_words(struct arena *arena, const char *const *words,
				     size_t n)
{
	const char **kept = arena_alloc(arena, (n + 1) * sizeof *kept);

	for (size_t i = 0; i < n; i++)
		kept[i] = arena_dup(arena, words[i]);
	return kept;
}

static void keep_row(struct import *import, const struct admin_import_row *row)
{
	struct arena *arena = import->staging.arena;
	struct admin_import_row *kept = &import->rows[import->n_rows++];

	*kept = *row;
	kept->id = arena_dup(arena, row->id);
	kept->email.address = arena_dup(arena, row->email.address);
	kept->email.key = arena_dup(arena, row->email.key);
	kept->username = arena_dup(arena, row->username);
	kept->hash = arena_dup(arena, row->hash);
	kept->roles = keep_words(arena, row->roles, row->n_roles);
}

static void keep_problem(struct import *import, int64_t line, const char *why)
{
	import->problems[import->n_problems++] = (struct admin_import_problem){
		.line = line, .text = arena_dup(import->staging.arena, why)};
}

static bool is_full(const struct import *import)
{
	return import->n_rows == ADMIN_IMPORT_BATCH ||
	       import->n_problems == ADMIN_IMPORT_BATCH ||
	       arena_used(import->staging.arena) > BATCH_BYTES;
}

static enum table_read take_record(struct import *import, const char **why)
{
	struct table_value values[IMPORT_COLUMNS];
	struct context *c = &import->ctl->context;
	struct admin_import_row row = {0};
	int64_t line;
	enum table_read read;

	arena_reset(import->record);
	read = table_next(import->table, import->record, values, &line, why);
	if (read == TABLE_END || read == TABLE_BROKEN)
		return read;
	import->n_read++;
	if (read == TABLE_RECORD)
		*why = import_row_read(import->record, c->conf, c->now_ms, values, &row);
	row.line = line;
	if (*why)
		keep_problem(import, line, *why);
	else
		keep_row(import, &row);
	return read;
}

static enum ctl_exit stage(struct import *import)
{
	struct ctl *ctl = import->ctl;
	const char *why = admin_import_begin(&ctl->context);
	enum table_read read = TABLE_RECORD;

	if (why)
		return out_refuse(ctl, "%s", why);
	progress_begin(&import->progress, "rows read", table_size(import->table));
	while (read != TABLE_END) {
		read = take_record(import, &why);
		if (read == TABLE_BROKEN)
			return out_refuse(ctl, "%s: %s", ctl->words[0], why);
		if ((read == TABLE_END || is_full(import)) && !flush(import))
			return out_down(ctl);
		progress_step(&import->progress, table_bytes(import->table),
			      import->n_read);
	}
	progress_end(&import->progress);
	return CTL_DONE;
}

/* ---- what is wrong with it ---- */

static void print_problem(struct import *import,
			  const struct admin_import_problem *problem)
{
	struct ctl as_page = *import->ctl;
	const struct out_cell cells[] = {OUT_NUMBER("line", 0, problem->line),
					 OUT_TEXT("problem", 0, problem->text)};

	if (import->ctl->json) {
		if (import->n_listed++ < LISTED_MAX)
			out_row(import->ctl, cells, COUNT(cells));
		return;
	}
	as_page.context.arena = import->staging.arena;
	out_say(&as_page, "line %lld: %s", (long long)problem->line, problem->text);
}

static enum ctl_exit print_problems(struct import *import)
{
	struct admin_import_problem last = {0}, *page;
	size_t n;
	enum rc rc;

	out_list(import->ctl, "problems");
	while ((rc = admin_import_problems(&import->staging, &last, &page, &n)) ==
	       RC_OK) {
		for (size_t i = 0; i < n; i++)
			print_problem(import, &page[i]);
		last = page[n - 1];
		arena_reset(import->staging.arena);
	}
	return rc == RC_NONE ? CTL_DONE : out_down(import->ctl);
}

static void print_sum(struct import *import, const struct admin_import_sum *sum,
		      bool written)
{
	const struct out_cell cells[] = {
		OUT_NUMBER("rows", 0, import->n_read),
		OUT_NUMBER("refused", 0, sum->refused),
		OUT_NUMBER("skipped", 0, sum->skipped),
		OUT_NUMBER("imported", 0, written ? sum->due : 0),
	};

	out_record(import->ctl, cells, COUNT(cells));
}

/* ---- into the accounts ---- */

static enum ctl_exit refuse_write(struct ctl *ctl, enum rc rc)
{
	switch (rc) {
	case RC_NONE:
		return out_refuse(ctl, "a role was deleted meanwhile: nothing was "
				       "imported; run it again");
	case RC_CONFLICT:
		return out_refuse(ctl, "somebody took one of the addresses, names or ids "
				       "meanwhile: nothing was imported; run it again");
	case RC_OK:
	case RC_DOWN:
		break;
	}
	return out_down(ctl);
}

static enum ctl_exit write_all(struct import *import, const struct admin_import_sum *sum)
{
	struct ctl *ctl = import->ctl;
	int64_t after = 0, n = 0, done = 0;
	enum rc rc = admin_import_write_begin(&import->staging);

	if (rc != RC_OK)
		return refuse_write(ctl, rc);
	progress_begin(&import->progress, "rows written", sum->due + sum->skipped);
	while ((rc = admin_import_write(&import->staging, &after, &n)) == RC_OK) {
		done += n;
		progress_step(&import->progress, done, done);
		arena_reset(import->staging.arena);
	}
	progress_end(&import->progress);
	if (rc != RC_NONE)
		return refuse_write(ctl, rc);
	rc = admin_import_write_end(&import->staging, sum);
	if (rc != RC_OK)
		return out_refuse(ctl, "the connection broke at the end: all was "
				       "imported, or nothing; `latchkeyctl audit` has "
				       "users_imported if it was");
	return CTL_DONE;
}

static enum ctl_exit run(struct import *import)
{
	struct ctl *ctl = import->ctl;
	bool dry = ctl->option[CTL_DRY_RUN];
	struct admin_import_sum sum;
	enum ctl_exit end = stage(import);
	const char *why;

	if (end != CTL_DONE)
		return end;
	why = admin_import_judge(&import->staging, ctl->option[CTL_SKIP_EXISTING], &sum);
	if (why)
		return out_refuse(ctl, "%s", why);
	end = print_problems(import);
	if (end == CTL_DONE && !sum.refused && !dry && sum.due)
		end = write_all(import, &sum);
	if (end != CTL_DONE)
		return end;
	print_sum(import, &sum, !sum.refused && !dry);
	return sum.refused
		       ? out_refuse(ctl, "nothing was imported: %lld rows are refused",
				    (long long)sum.refused)
		       : CTL_DONE;
}

enum ctl_exit ctl_user_import(struct ctl *ctl)
{
	CLEANUP(arena_free) struct arena *record = arena_new(RECORD_ARENA);
	CLEANUP(arena_free) struct arena *batch = arena_new(BATCH_ARENA);
	CLEANUP(table_close) struct table *table = NULL;
	struct import *import = arena_alloc(ctl->context.arena, sizeof *import);
	const char *why;

	table = table_open(ctl->context.arena, ctl->words[0], import_columns,
			   IMPORT_COLUMNS, &why);
	if (!table)
		return out_refuse(ctl, "%s: %s", ctl->words[0], why);
	import->ctl = ctl;
	import->table = table;
	import->record = record;
	import->staging = ctl->context;
	import->staging.arena = batch;
	return run(import);
}
