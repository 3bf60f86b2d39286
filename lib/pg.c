#include "lib/pg.h"

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/pg_link.h"
#include "lib/text.h"

/* What is to be done about a failure, by its SQLSTATE. */
enum remedy {
	REMEDY_NONE,
	REMEDY_DROP, /* another connection may reach a better server */
	REMEDY_AGAIN, /* nothing was done and a new connection helps: once more */
};

static const struct {
	const char *state;
	enum remedy remedy;
} REMEDIES[] = {
	{"25006", REMEDY_DROP}, /* read-only: it is no longer the primary */
	{"26000", REMEDY_AGAIN}, /* the statement is not prepared: a pooler between */
	{"0A000", REMEDY_AGAIN}, /* its plan has gone stale: a migration */
};

struct pg *pg_new(const char *conninfo, struct breaker *breaker)
{
	struct pg *pg = calloc(1, sizeof *pg);

	INVARIANT(pg);
	pg_link_init(pg, conninfo, breaker);
	return pg;
}

void pg_free(struct pg **pg)
{
	if (!*pg)
		return;
	pg_link_release(*pg);
	free(*pg);
	*pg = NULL;
}

void pg_deadline(struct pg *pg, int64_t mono_ms)
{
	pg->call.limit = mono_ms;
}

void pg_patient(struct pg *pg)
{
	pg_link_be_patient(pg);
}

uint64_t pg_statements(const struct pg *pg)
{
	return pg->statements;
}

const char *pg_constraint(const struct pg *pg)
{
	return pg->constraint;
}

static const char *sqlstate(const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	return state ? state : "";
}

static enum remedy remedy_of(const PGresult *result)
{
	for (size_t i = 0; i < COUNT(REMEDIES); i++)
		if (!strcmp(sqlstate(result), REMEDIES[i].state))
			return REMEDIES[i].remedy;
	return REMEDY_NONE;
}

/* Messages of class 22 (data exception) quote the value. */
static void log_failure(const char *name, const PGresult *result)
{
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	log_warn("pg_failed", "statement", name, "sqlstate", sqlstate(result), "message",
		 text_starts(sqlstate(result), "22") ? NULL : message);
}

static void keep_constraint(struct pg *pg, const PGresult *result)
{
	const char *name = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);

	snprintf(pg->constraint, sizeof pg->constraint, "%s", name ? name : "");
}

static enum rc judge_failure(struct pg *pg, const char *name, const PGresult *result)
{
	if (!strcmp(sqlstate(result), "23505")) {
		keep_constraint(pg, result);
		return RC_CONFLICT;
	}
	/* What a row was to refer to went meanwhile: nothing was done, as if it had been
	 * gone before. */
	if (!strcmp(sqlstate(result), "23503"))
		return RC_NONE;
	if (result)
		log_failure(name, result);
	if (remedy_of(result) != REMEDY_NONE)
		pg_link_drop(pg);
	return RC_DOWN;
}

enum rc pg_judge(struct pg *pg, const char *name, PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	if (status == PGRES_TUPLES_OK)
		return PQntuples(result) > 0 ? RC_OK : RC_NONE;
	if (status == PGRES_COMMAND_OK) /* "" from what does not count rows */
		return strcmp(PQcmdTuples(result), "0") != 0 ? RC_OK : RC_NONE;
	return judge_failure(pg, name, result);
}

static const char *copy_cell(struct arena *arena, const PGresult *result, int row,
			     int column)
{
	if (PQgetisnull(result, row, column))
		return NULL;
	return arena_dupn(arena, PQgetvalue(result, row, column),
			  (size_t)PQgetlength(result, row, column));
}

static void copy_rows(struct arena *arena, const PGresult *result, struct pg_rows *out)
{
	int n = PQntuples(result), columns = PQnfields(result);
	const char **cells =
		arena_alloc(arena, (size_t)n * (size_t)columns * sizeof *cells);

	for (int row = 0; row < n; row++)
		for (int column = 0; column < columns; column++)
			cells[row * columns + column] =
				copy_cell(arena, result, row, column);
	*out = (struct pg_rows){(size_t)n, (size_t)columns, cells};
}

enum rc pg_run(struct pg *pg, const struct pg_stmt *stmt, struct arena *arena,
	       struct pg_rows *rows, size_t n_values, const char *const *values)
{
	CLEANUP(pg_link_clear) PGresult *result = NULL;
	enum rc rc;

	if (!pg_link_begin(pg))
		return RC_DOWN;
	result = pg_link_ask(pg, stmt, n_values, values);
	if (remedy_of(result) == REMEDY_AGAIN && !pg->in_transaction) {
		pg_link_clear(&result);
		pg_link_drop(pg);
		if (!pg_link_ready(pg))
			return RC_DOWN;
		result = pg_link_ask(pg, stmt, n_values, values);
	}
	rc = pg_judge(pg, stmt->name, result);
	if (rows && (rc == RC_OK || rc == RC_NONE))
		copy_rows(arena, result, rows);
	return rc;
}

enum rc pg_command(struct pg *pg, const char *sql, const char *tag)
{
	CLEANUP(pg_link_clear) PGresult *result = pg_link_simple(pg, tag, sql);
	enum rc rc = pg_judge(pg, tag, result);

	if (rc != RC_OK || !strcmp(PQcmdStatus(result), tag))
		return rc;
	log_warn("pg_failed", "statement", tag, "message", PQcmdStatus(result));
	return RC_DOWN;
}

enum rc pg_begin(struct pg *pg)
{
	INVARIANT(!pg->in_transaction);
	if (!pg_link_begin(pg) || pg_command(pg, "BEGIN", "BEGIN") != RC_OK)
		return RC_DOWN;
	pg->in_transaction = true;
	return RC_OK;
}

enum rc pg_begin_long(struct pg *pg, int64_t ms)
{
	enum rc rc = pg_begin(pg);
	char sql[96];

	INVARIANT(ms > PG_LONG_SPARE_MS);
	if (rc != RC_OK || pg->patient)
		return rc;
	snprintf(sql, sizeof sql,
		 "SET LOCAL lock_timeout = %d; SET LOCAL statement_timeout = %lld",
		 PG_LONG_LOCK_MS, (long long)ms - PG_LONG_SPARE_MS);
	rc = pg_link_begin(pg) ? pg_command(pg, sql, "SET") : RC_DOWN;
	if (rc == RC_OK)
		pg->long_until = clock_mono_ms() + ms;
	else
		pg_rollback(pg);
	return rc;
}

/* Ends it for certain: a connection that does not obey is dropped, and the server with it
 * drops the transaction. */
static enum rc finish(struct pg *pg, const char *word)
{
	enum rc rc = RC_DOWN;

	if (pg_link_begin(pg))
		rc = pg_command(pg, word, word);
	pg->in_transaction = false;
	pg->long_until = 0;
	if (pg->conn && PQtransactionStatus(pg->conn) != PQTRANS_IDLE)
		pg_link_drop(pg);
	return rc;
}

enum rc pg_commit(struct pg *pg)
{
	INVARIANT(pg->in_transaction);
	return finish(pg, "COMMIT");
}

void pg_rollback(struct pg *pg)
{
	enum rc rc;

	if (!pg->in_transaction)
		return;
	rc = finish(pg, "ROLLBACK");
	(void)rc; /* gone either way */
}

enum rc pg_end(struct pg *pg, enum rc rc)
{
	if (rc == RC_OK)
		return pg_commit(pg);
	pg_rollback(pg);
	return rc;
}

enum rc pg_ping(struct pg *pg)
{
	static const struct pg_stmt PING = {"ping", "SELECT 1"};

	return pg_run(pg, &PING, NULL, NULL, PG_NO_VALUES);
}
