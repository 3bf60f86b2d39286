/* Inside the adapter of libpq: one connection, and asking it something by a deadline. */
#ifndef LIB_PG_LINK_H
#define LIB_PG_LINK_H

#include <libpq-fe.h>

#include "lib/call.h"
#include "lib/pg.h"

enum { PG_PREPARED_MAX = 256 };

/* Limits the server keeps by itself; both shorter than PG_CALL_MS, so that a server that
 * is alive answers before we give it up. */
enum { PG_STATEMENT_MS = 800, PG_LOCK_MS = 500, PG_IDLE_MS = 5000 };
/* Of a patient one; statements have none. */
enum { PG_PATIENT_LOCK_MS = 5000 };

struct pg {
	struct call call;
	char *conninfo; /* NULL: was not readable */
	char *options; /* session settings: ours, then those of `conninfo` */
	const char *target; /* of several hosts the one for writing; else NULL */
	char *lists[3]; /* of several hosts: host, hostaddr, port; else NULL */
	bool patient;
	bool in_transaction;
	int64_t long_until; /* of a long one: monotonic ms; else 0 */
	char constraint[64]; /* identifiers end at 63 bytes (NAMEDATALEN) */
	bool ending; /* the server said that it ends this connection */
	PGconn *conn; /* NULL: not connected */
	bool listening; /* on this connection */
	uint64_t statements;
	size_t n_prepared; /* on this connection */
	const struct pg_stmt *prepared[PG_PREPARED_MAX];
};

void pg_link_init(struct pg *pg, const char *conninfo, struct breaker *breaker);
void pg_link_release(struct pg *pg);
void pg_link_be_patient(struct pg *pg);

/* A call may be made, and there is something to make it on: inside a transaction only the
 * connection that began it will do. Starts the clock of the call. */
bool pg_link_begin(struct pg *pg) MUST_USE;
/* Connected, and as far as can be seen still so. False: logged. Costs one poll(2) when
 * all is well. */
bool pg_link_ready(struct pg *pg) MUST_USE;
/* Takes what came since the last call. False: the connection is at its end. */
bool pg_link_alive(struct pg *pg) MUST_USE;
void pg_link_drop(struct pg *pg);
/* All log and drop. */
void pg_link_late(struct pg *pg, const char *name); /* no answer by the deadline */
void pg_link_lost(struct pg *pg, const char *name); /* it broke */
size_t pg_link_hosts(const struct pg *pg) MUST_USE; /* 1 and more */
void pg_link_next_host(struct pg *pg); /* is tried first from now on */
/* With libpq's message */
void pg_link_log(const struct pg *pg, const char *event, const char *name);
bool pg_link_connect(struct pg *pg) MUST_USE;

/* Each waits for the whole answer and returns its last result, which PQclear() frees.
 * NULL: no answer by the deadline, or the connection broke; dropped and logged with
 * `name`. */
PGresult *pg_link_simple(struct pg *pg, const char *name, const char *sql) MUST_USE;
PGresult *pg_link_ask(struct pg *pg, const struct pg_stmt *stmt, size_t n_values,
		      const char *const *values) MUST_USE;

void pg_link_clear(PGresult **result); /* fits CLEANUP() */

/* What the answer means; failures are logged here, and connections dropped that a new
 * one is better than. */
enum rc pg_judge(struct pg *pg, const char *name, PGresult *result) MUST_USE;
/* A command of the session; done when the server's answer has that tag. */
enum rc pg_command(struct pg *pg, const char *sql, const char *tag) MUST_USE;

#endif
