#include "lib/pg_link.h"

#include <poll.h>

void pg_link_clear(PGresult **result)
{
	PQclear(*result);
	*result = NULL;
}

enum waited { WAITED_OK, WAITED_LATE, WAITED_LOST };

/* A large request may need the answer to be read before all of it is taken. */
static enum waited flush(struct pg *pg)
{
	int left;

	while ((left = PQflush(pg->conn)) > 0) {
		if (!call_wait(&pg->call, PQsocket(pg->conn), POLLIN | POLLOUT))
			return WAITED_LATE;
		if (!PQconsumeInput(pg->conn))
			return WAITED_LOST;
	}
	return left == 0 ? WAITED_OK : WAITED_LOST;
}

static enum waited receive(struct pg *pg)
{
	while (PQisBusy(pg->conn)) {
		if (!call_wait(&pg->call, PQsocket(pg->conn), POLLIN))
			return WAITED_LATE;
		if (!PQconsumeInput(pg->conn))
			return WAITED_LOST;
	}
	return WAITED_OK;
}

/* The last result of all that the answer consists of. COPY has no end of its own. */
static enum waited collect(struct pg *pg, PGresult **last)
{
	for (;;) {
		enum waited waited = receive(pg);
		ExecStatusType status;
		PGresult *next;

		if (waited != WAITED_OK)
			return waited;
		next = PQgetResult(pg->conn);
		if (!next)
			return PQstatus(pg->conn) == CONNECTION_OK ? WAITED_OK
								   : WAITED_LOST;
		PQclear(*last);
		*last = next;
		status = PQresultStatus(next);
		if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT ||
		    status == PGRES_COPY_BOTH)
			return WAITED_LOST;
	}
}

static PGresult *answer(struct pg *pg, const char *name, bool sent)
{
	enum waited waited = sent ? flush(pg) : WAITED_LOST;
	PGresult *last = NULL;

	if (waited == WAITED_OK)
		waited = collect(pg, &last);
	if (waited == WAITED_OK) {
		breaker_good(pg->call.breaker);
		return last;
	}
	PQclear(last);
	if (waited == WAITED_LATE) {
		pg_link_late(pg, name);
		return NULL;
	}
	pg_link_lost(pg, name);
	return NULL;
}

static PGresult *counted(struct pg *pg, PGresult *result)
{
	if (result)
		pg->statements++;
	return result;
}

PGresult *pg_link_simple(struct pg *pg, const char *name, const char *sql)
{
	return counted(pg, answer(pg, name, PQsendQuery(pg->conn, sql)));
}

static bool is_prepared(const struct pg *pg, const struct pg_stmt *stmt)
{
	for (size_t i = 0; i < pg->n_prepared; i++)
		if (pg->prepared[i] == stmt)
			return true;
	return false;
}

static PGresult *prepare(struct pg *pg, const struct pg_stmt *stmt)
{
	PGresult *result = answer(
		pg, stmt->name, PQsendPrepare(pg->conn, stmt->name, stmt->sql, 0, NULL));

	if (PQresultStatus(result) == PGRES_COMMAND_OK)
		pg->prepared[pg->n_prepared++] = stmt;
	return result;
}

PGresult *pg_link_ask(struct pg *pg, const struct pg_stmt *stmt, size_t n_values,
		      const char *const *values)
{
	bool known = is_prepared(pg, stmt);
	int sent;

	if (!known && pg->n_prepared < PG_PREPARED_MAX) {
		PGresult *result = prepare(pg, stmt);

		if (PQresultStatus(result) != PGRES_COMMAND_OK)
			return result;
		PQclear(result);
		known = true;
	}
	if (known)
		sent = PQsendQueryPrepared(pg->conn, stmt->name, (int)n_values, values,
					   NULL, NULL, 0);
	else
		sent = PQsendQueryParams(pg->conn, stmt->sql, (int)n_values, NULL, values,
					 NULL, NULL, 0);
	return counted(pg, answer(pg, stmt->name, sent));
}
