/* The one user of libpq: a connection that comes back by itself, statements declared up
 * front and prepared on demand, a deadline on every call, text parameters only. */
#ifndef LIB_PG_H
#define LIB_PG_H

#include "lib/arena.h"
#include "lib/rc.h"

struct pg;
struct breaker;

/* `name` is unique in the program, [a-z_]; `sql` a constant. Compared by address. */
struct pg_stmt {
	const char *name;
	const char *sql;
};

/* Rows in text form, in the arena; a NULL cell is SQL's NULL. */
struct pg_rows {
	size_t n, columns;
	const char *const *cells;
};

/* `conninfo` is libpq's (copied). `breaker` is shared by the processes, or NULL. Nothing
 * is connected before the first statement. With several hosts the one is looked for that
 * can be written to. Hosts are sockets or addresses: looking up a name has no deadline.
 * The caller owns it. */
struct pg *pg_new(const char *conninfo, struct breaker *breaker) MUST_USE;
void pg_free(struct pg **pg);

/* Every call ends by then (monotonic ms; 0: no such time) or after PG_CALL_MS, whichever
 * is first. */
enum { PG_CALL_MS = 1000 };
void pg_deadline(struct pg *pg, int64_t mono_ms);
/* For the administrator's tool, before the first call: none has a limit in time from then
 * on, neither ours nor the server's; locks one of 5 s. Connecting keeps PG_CALL_MS. */
void pg_patient(struct pg *pg);

/* RC_OK: at least one row returned or changed. RC_NONE: none, or 23503, what it was to
 * refer to is not there. RC_CONFLICT: 23505, see pg_constraint(). RC_DOWN: anything else,
 * logged here; nothing of it was committed, or that is unknown. `rows` (untouched on
 * failure) may be NULL, `arena` then too. Values: NULL is SQL's NULL. */
enum rc pg_run(struct pg *pg, const struct pg_stmt *stmt, struct arena *arena,
	       struct pg_rows *rows, size_t n_values, const char *const *values) MUST_USE;
#define PG_VALUES(...)                                                                   \
	(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)),                   \
		(const char *const[])                                                    \
	{                                                                                \
		__VA_ARGS__                                                              \
	}
#define PG_NO_VALUES 0, NULL

/* The constraint of the last RC_CONFLICT; "" when unknown. Valid until the next call. */
const char *pg_constraint(const struct pg *pg) MUST_USE;

/* For the few flows that need more than one statement. pg_commit() is RC_DOWN also when
 * the server answered ROLLBACK. A connection lost inside makes every later call fail
 * until pg_rollback() or pg_commit(). */
enum rc pg_begin(struct pg *pg) MUST_USE;
/* For changes of many rows: until its end the transaction has `ms` from now, of which one
 * statement may take all but PG_LONG_SPARE_MS and waiting for a lock PG_LONG_LOCK_MS; the
 * caller's deadline and PG_CALL_MS do not count. */
enum { PG_LONG_LOCK_MS = 1000, PG_LONG_SPARE_MS = 1200 };
enum rc pg_begin_long(struct pg *pg, int64_t ms) MUST_USE;
enum rc pg_commit(struct pg *pg) MUST_USE;
void pg_rollback(struct pg *pg);
/* The end of one that came to `rc`: commits what is RC_OK, rolls back all else. What came
 * of it. */
enum rc pg_end(struct pg *pg, enum rc rc) MUST_USE;

/* For the administrator's tool: a constant script of many statements (migrations) in the
 * simple protocol, without the limits of a request: neither ours nor the server's on
 * statements and locks. It ends as it began, inside or outside of a transaction. NULL:
 * done; else the server's message, in the arena or a constant. */
const char *pg_script(struct pg *pg, struct arena *arena, const char *sql) MUST_USE;

/* LISTEN: waits until a notification, `wake_fd` readable (or -1) or the time is over (or
 * a signal came). PG_WAKE_DOWN: the connection that listened is gone: pg_listen() again
 * and look for what was missed; without one the answer takes 200 ms, so a loop does not
 * spin. */
enum pg_wake { PG_WAKE_TIME, PG_WAKE_NOTIFY, PG_WAKE_FD, PG_WAKE_DOWN };
enum rc pg_listen(struct pg *pg, const char *channel) MUST_USE; /* a constant, [a-z_] */
enum pg_wake pg_wait(struct pg *pg, int wake_fd, int64_t timeout_ms) MUST_USE;

/* Connects if need be and asks SELECT 1. */
enum rc pg_ping(struct pg *pg) MUST_USE;
/* Answered since pg_new(); what only makes them known to a connection does not count. */
uint64_t pg_statements(const struct pg *pg);

const char *pg_cell(const struct pg_rows *rows, size_t row, size_t column) MUST_USE;
int64_t pg_int(const struct pg_rows *rows, size_t row,
	       size_t column) MUST_USE; /* NULL: 0 */
bool pg_bool(const struct pg_rows *rows, size_t row, size_t column) MUST_USE;
/* A text[] of one dimension without NULLs (role names); NULL gives 0 words */
size_t pg_words(struct arena *arena, const struct pg_rows *rows, size_t row,
		size_t column, const char *const **out) MUST_USE;
/* '{"a","b"}' */
char *pg_from_words(struct arena *arena, const char *const *words, size_t n) MUST_USE;

#endif
