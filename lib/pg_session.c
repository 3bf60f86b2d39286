#include <poll.h>

#include "lib/clock.h"
#include "lib/pg_link.h"
#include "lib/text.h"

/* How long pg_wait() holds a caller that has no connection to wait on */
enum { PAUSE_MS = 200 };

/* The session's limits are made for requests. */
static const char UNLIMITED[] = "SET statement_timeout = 0; SET lock_timeout = 0;"
				" SET idle_in_transaction_session_timeout = 0";
static const char LIMITED[] = "RESET statement_timeout; RESET lock_timeout;"
			      " RESET idle_in_transaction_session_timeout";

/* NULL: done. */
static const char *run_part(struct pg *pg, struct arena *arena, const char *sql)
{
	CLEANUP(pg_link_clear) PGresult *result = pg_link_simple(pg, "script", sql);
	ExecStatusType status = PQresultStatus(result);
	char *message, *copy;

	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ||
	    status == PGRES_EMPTY_QUERY)
		return NULL;
	if (!result)
		return "the connection to PostgreSQL broke";
	message = PQresultVerboseErrorMessage(result, PQERRORS_DEFAULT,
					      PQSHOW_CONTEXT_ERRORS);
	INVARIANT(message);
	copy = arena_dup(arena, message);
	PQfreemem(message);
	return copy;
}

static const char *check_transaction(const struct pg *pg)
{
	PGTransactionStatusType due = pg->in_transaction ? PQTRANS_INTRANS : PQTRANS_IDLE;

	if (PQtransactionStatus(pg->conn) == due)
		return NULL;
	return "the script began a transaction without ending it, or ended the caller's";
}

const char *pg_script(struct pg *pg, struct arena *arena, const char *sql)
{
	const char *failure;

	if (!pg_link_begin(pg))
		return "no connection to PostgreSQL";
	call_unbounded(&pg->call);
	failure = run_part(pg, arena, UNLIMITED);
	if (!failure)
		failure = run_part(pg, arena, sql);
	if (!failure)
		failure = check_transaction(pg);
	if (!failure)
		failure = run_part(pg, arena, LIMITED);
	if (failure && !pg->in_transaction)
		pg_link_drop(pg); /* it may be in the middle of something */
	return failure;
}

enum rc pg_listen(struct pg *pg, const char *channel)
{
	char sql[80];

	INVARIANT(!pg->in_transaction && strlen(channel) < 64);
	INVARIANT(text_only(channel, "abcdefghijklmnopqrstuvwxyz_"));
	snprintf(sql, sizeof sql, "LISTEN %s", channel);
	if (!pg_link_begin(pg) || pg_command(pg, sql, "LISTEN") != RC_OK)
		return RC_DOWN;
	pg->listening = true;
	return RC_OK;
}

/* Takes all that have come. */
static bool is_notified(PGconn *conn)
{
	bool any = false;
	PGnotify *notify;

	while ((notify = PQnotifies(conn)) != NULL) {
		PQfreemem(notify);
		any = true;
	}
	return any;
}

/* `fd` -1: PG_WAKE_FD or PG_WAKE_TIME only. A signal ends the wait as the time does. */
static enum pg_wake wait_both(int fd, int wake_fd, int64_t timeout_ms)
{
	struct pollfd fds[] = {{.fd = fd, .events = POLLIN},
			       {.fd = wake_fd, .events = POLLIN}};
	int timeout = timeout_ms < INT32_MAX ? (int)timeout_ms : INT32_MAX;

	if (poll(fds, COUNT(fds), timeout) <= 0)
		return PG_WAKE_TIME;
	return fds[1].revents ? PG_WAKE_FD : PG_WAKE_NOTIFY;
}

static enum pg_wake wait_without(int wake_fd, int64_t timeout_ms)
{
	int64_t pause = timeout_ms < PAUSE_MS ? timeout_ms : PAUSE_MS;

	return wait_both(-1, wake_fd, pause) == PG_WAKE_FD ? PG_WAKE_FD : PG_WAKE_DOWN;
}

enum pg_wake pg_wait(struct pg *pg, int wake_fd, int64_t timeout_ms)
{
	int64_t until = clock_mono_ms() + timeout_ms;

	INVARIANT(!pg->in_transaction && timeout_ms >= 0);
	if (!pg->listening)
		return wait_without(wake_fd, timeout_ms);
	for (;;) {
		int64_t left = until - clock_mono_ms();
		enum pg_wake wake;

		if (!pg_link_alive(pg)) {
			pg_link_lost(pg, "LISTEN");
			return PG_WAKE_DOWN;
		}
		if (is_notified(pg->conn))
			return PG_WAKE_NOTIFY;
		wake = wait_both(PQsocket(pg->conn), wake_fd, left > 0 ? left : 0);
		if (wake != PG_WAKE_NOTIFY)
			return wake;
	}
}
