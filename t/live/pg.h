/* What the tests of the PostgreSQL adapter share: a connection, somebody else's, a table.
 */
#ifndef T_LIVE_PG_H
#define T_LIVE_PG_H

#include "lib/pg.h"
#include "lib/text.h"
#include "t/live/live.h"

static struct arena *arena;
static struct pg *pg, *other; /* `other` is somebody else at the same server */
static struct breaker breaker;

static inline const char *conninfo(const char *more)
{
	return arena_printf(arena, "%s %s", live_env("LATCHKEY_TEST_PG"), more);
}

/* For another one than the usual */
static inline void reconnect(const char *info)
{
	pg_free(&pg);
	pg = pg_new(info, &breaker);
}

static inline void setup(void)
{
	atomic_store(&breaker.retry_at, 0);
	arena = arena_new(64 << 20);
	pg = pg_new(conninfo(""), &breaker);
	other = pg_new(conninfo(""), NULL);
	ck_assert_ptr_null(pg_script(other, arena,
				     "SET client_min_messages = error;"
				     "DROP TABLE IF EXISTS item;"
				     "CREATE TABLE item (id int CONSTRAINT item_id UNIQUE"
				     " DEFERRABLE INITIALLY IMMEDIATE, name text,"
				     " CONSTRAINT item_name UNIQUE (name));"
				     "INSERT INTO item VALUES (1, 'one'), (2, NULL);"));
}

static inline void teardown(void)
{
	pg_free(&pg);
	pg_free(&other);
	arena_free(&arena);
}

/* Statements are told apart by their address. */
static inline const struct pg_stmt *statement(const char *sql)
{
	static unsigned count;
	struct pg_stmt *stmt = arena_alloc(arena, sizeof *stmt);

	stmt->name = arena_printf(arena, "test_%u", count++);
	stmt->sql = sql;
	return stmt;
}

static inline enum rc run(struct pg *on, const char *sql)
{
	return pg_run(on, statement(sql), arena, NULL, PG_NO_VALUES);
}

static inline const char *ask(struct pg *on, const char *sql)
{
	struct pg_rows rows;

	ck_assert_int_eq(pg_run(on, statement(sql), arena, &rows, PG_NO_VALUES), RC_OK);
	return pg_cell(&rows, 0, 0);
}

static const struct pg_stmt BY_ID = {"by_id", "SELECT name, id FROM item WHERE id = $1"};
static const struct pg_stmt BACKEND = {"backend", "SELECT pg_backend_pid()"};
static const struct pg_stmt TERMINATE = {"terminate", "SELECT pg_terminate_backend($1)"};
static const struct pg_stmt RENAME = {"rename",
				      "UPDATE item SET name = $2 WHERE id = $1"};
static const struct pg_stmt INSERT = {"insert", "INSERT INTO item VALUES ($1, $2)"};
static const struct pg_stmt SLEEP = {"sleep", "SELECT pg_sleep($1)"};

static inline enum rc by_id(const char *id)
{
	return pg_run(pg, &BY_ID, arena, NULL, PG_VALUES(id));
}

static inline enum rc insert(const char *id, const char *name)
{
	return pg_run(pg, &INSERT, arena, NULL, PG_VALUES(id, name));
}

static inline int64_t backend(void)
{
	struct pg_rows rows;

	ck_assert_int_eq(pg_run(pg, &BACKEND, arena, &rows, PG_NO_VALUES), RC_OK);
	return pg_int(&rows, 0, 0);
}

static inline void terminate(int64_t pid)
{
	ck_assert_int_eq(pg_run(other, &TERMINATE, arena, NULL,
				PG_VALUES(text_integer(arena, pid))),
			 RC_OK);
	for (int i = 0; i < 1000 && kill((pid_t)pid, 0) == 0; i++)
		usleep(1000);
}

#endif
