#include "app/store/admin_outbox.h"

#include "app/store/row.h"
#include "lib/text.h"

#define UNCLAIMED "(claimed_until IS NULL OR claimed_until < now())"
#define TIMES	  MS("o.created_at") ", " MS("o.due_at")

static const struct pg_stmt LIST = {
	"admin_outbox_list",
	"SELECT o.id, o.letter, o.state, coalesce(o.address, u.email), o.last_error,"
	" o.attempts, " TIMES " FROM outbox o LEFT JOIN users u ON u.id = o.user_id"
	" WHERE o.letter <> 'none' ORDER BY o.state, o.created_at LIMIT $1"};

/* The mailer wakes up for what is new only, so it is told. */
static const struct pg_stmt RETRY = {
	"admin_outbox_retry",
	"WITH o AS (UPDATE outbox SET state = 'waiting', due_at = now(), ended_at = NULL"
	" WHERE CASE WHEN $1::uuid IS NULL THEN state = 'dead'"
	" ELSE id = $1::uuid AND state IN ('waiting', 'dead') END"
	" AND (not_after IS NULL OR not_after > now()) AND " UNCLAIMED
	" RETURNING id, user_id, letter),"
	" a AS (INSERT INTO audit (event, user_id, actor, detail)"
	" SELECT 'letter_retried', user_id, 'ctl', letter || ' ' || id FROM o),"
	" n AS (SELECT count(*) AS n FROM o)"
	" SELECT n.n, pg_notify('outbox', '') FROM n WHERE n.n > 0"};

static const struct pg_stmt DROP = {
	"admin_outbox_drop",
	"WITH o AS (DELETE FROM outbox WHERE id = $1 AND " UNCLAIMED
	" RETURNING id, user_id, letter),"
	" a AS (INSERT INTO audit (event, user_id, actor, detail)"
	" SELECT 'letter_dropped', user_id, 'ctl', letter || ' ' || id FROM o)"
	" SELECT id FROM o"};

static void take_row(const struct pg_rows *rows, size_t i, struct admin_letter *out)
{
	*out = (struct admin_letter){
		.id = pg_cell(rows, i, 0),
		.letter = pg_cell(rows, i, 1),
		.state = pg_cell(rows, i, 2),
		.to = pg_cell(rows, i, 3),
		.last_error = pg_cell(rows, i, 4),
		.attempts = pg_int(rows, i, 5),
		.created_at = pg_int(rows, i, 6),
		.due_at = pg_int(rows, i, 7),
	};
}

enum rc admin_outbox_list(struct context *c, struct admin_letter **out, size_t *n)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &LIST, c->arena, &rows,
			    PG_VALUES(text_integer(c->arena, ADMIN_LETTERS_MAX)));

	if (rc != RC_OK)
		return rc;
	*out = arena_alloc(c->arena, rows.n * sizeof **out);
	*n = rows.n;
	for (size_t i = 0; i < rows.n; i++)
		take_row(&rows, i, &(*out)[i]);
	return RC_OK;
}

enum rc admin_outbox_retry(struct context *c, const char *id, int64_t *n)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &RETRY, c->arena, &rows, PG_VALUES(id));

	if (rc == RC_OK)
		*n = pg_int(&rows, 0, 0);
	return rc;
}

enum rc admin_outbox_drop(struct context *c, const char *id)
{
	return pg_run(c->pg, &DROP, c->arena, NULL, PG_VALUES(id));
}
