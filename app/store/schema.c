#include "app/store/schema.h"

/* The number is any; all that migrate use the same. */
#define LOCK_ID "7305817362940158"

static const struct pg_stmt EXISTS = {
	"schema_exists", "SELECT to_regclass('public.schema_history') IS NOT NULL"};
static const struct pg_stmt HISTORY = {
	"schema_rows", "SELECT id, name, sha256 FROM public.schema_history ORDER BY id"};
static const struct pg_stmt TRY_LOCK = {"schema_try_lock",
					"SELECT pg_try_advisory_lock(" LOCK_ID ")"};

static const char *const LOCK = "SELECT pg_advisory_lock(" LOCK_ID ")";
static const char *const BEGIN =
	"SET client_min_messages = warning;"
	"CREATE TABLE IF NOT EXISTS public.schema_history ("
	" id integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL,"
	" applied_at timestamptz NOT NULL DEFAULT now())";

/* What many statements sent as one hold together: PostgreSQL makes one transaction of
 * them (15, 55.2.2.1), and a client that dies after sending does not tear it apart. A
 * file that waits for a lock makes everybody else wait behind it, so it does not wait for
 * long. */
static const char *const APPLY =
	"SET LOCAL lock_timeout = '3s';"
	"SELECT set_config('latchkey.transaction', pg_current_xact_id()::text, false);"
	"\n%s\n;\n"
	"DO $latchkey$ BEGIN"
	" IF pg_current_xact_id()::text <> current_setting('latchkey.transaction') THEN"
	"  RAISE EXCEPTION 'the file ended the transaction it runs in';"
	" END IF;"
	" IF (SELECT coalesce(max(id), 0) FROM public.schema_history) <> %lld - 1 THEN"
	"  RAISE EXCEPTION 'another session has migrated meanwhile';"
	" END IF;"
	"END $latchkey$;"
	"INSERT INTO public.schema_history (id, name, sha256) VALUES (%lld, '%s', '%s')";

static const char *unreachable(void)
{
	return "PostgreSQL cannot be reached as the owner, or refused";
}

const char *schema_lock(struct context *c, bool *busy)
{
	struct pg_rows rows;

	if (!busy)
		return pg_script(c->pg, c->arena, LOCK);
	if (pg_run(c->pg, &TRY_LOCK, c->arena, &rows, PG_NO_VALUES) != RC_OK)
		return unreachable();
	*busy = !pg_bool(&rows, 0, 0);
	return NULL;
}

const char *schema_begin(struct context *c)
{
	return pg_script(c->pg, c->arena, BEGIN);
}

static void take_row(const struct pg_rows *rows, size_t i, struct schema_row *out)
{
	out->id = pg_int(rows, i, 0);
	out->name = pg_cell(rows, i, 1);
	out->sha256 = pg_cell(rows, i, 2);
}

enum rc schema_history(struct context *c, struct schema_row **rows, size_t *n)
{
	struct pg_rows found;
	enum rc rc = pg_run(c->pg, &EXISTS, c->arena, &found, PG_NO_VALUES);

	if (rc == RC_OK && !pg_bool(&found, 0, 0))
		return RC_NONE;
	if (rc == RC_OK)
		rc = pg_run(c->pg, &HISTORY, c->arena, &found, PG_NO_VALUES);
	if (rc != RC_OK)
		return rc;
	*rows = arena_alloc(c->arena, found.n * sizeof **rows);
	*n = found.n;
	for (size_t i = 0; i < found.n; i++)
		take_row(&found, i, &(*rows)[i]);
	return RC_OK;
}

/* The name goes into the statement's text as it is. */
static bool is_plain(const char *name)
{
	return *name && !name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")];
}

const char *schema_apply(struct context *c, const struct schema_row *row, const char *sql)
{
	long long id = (long long)row->id;

	INVARIANT(is_plain(row->name) && is_plain(row->sha256));
	return pg_script(
		c->pg, c->arena,
		arena_printf(c->arena, APPLY, sql, id, id, row->name, row->sha256));
}
