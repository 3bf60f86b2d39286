#include "app/store/ready.h"

static const struct pg_stmt PARTITIONS = {"ready_partitions",
					  "SELECT partitions_ready()"};

enum rc ready_postgres(struct context *c, bool *partitions)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &PARTITIONS, c->arena, &rows, PG_NO_VALUES);

	if (rc == RC_OK)
		*partitions = pg_bool(&rows, 0, 0);
	return rc;
}

/* A Redis that is full still answers PING, and is of no use. */
static const struct redis_script WRITE = {
	"ready_write",
	"#!lua\nredis.call('SET', KEYS[1], '1', 'PX', 1000)\nreturn {1}\n"};

enum rc ready_redis(struct context *c)
{
	static const char *const key = "lk:ready";
	struct redis_values got;

	return redis_eval(c->redis, &WRITE, c->arena, 1, &key, 0, NULL, &got);
}

#define LETTERS(word) "count(*) FILTER (WHERE state = '" word "')"
#define ROWS(table)                                                                      \
	"(SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = '" table       \
	"'::regclass)"
static const struct pg_stmt FIGURES = {
	"ready_figures",
	"SELECT " LETTERS("waiting") ", " LETTERS("dead") ", " LETTERS(
		"expired") ", coalesce(extract(epoch FROM now() - min(created_at)"
			   " FILTER (WHERE state = 'waiting')), 0)::bigint, " ROWS(
				   "users") ", " ROWS("sessions") " FROM outbox"};

enum rc ready_figures(struct context *c, struct health_figures *out)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &FIGURES, c->arena, &rows, PG_NO_VALUES);

	if (rc == RC_OK)
		*out = (struct health_figures){
			.letters_waiting = pg_int(&rows, 0, 0),
			.letters_dead = pg_int(&rows, 0, 1),
			.letters_expired = pg_int(&rows, 0, 2),
			.letter_oldest_s = pg_int(&rows, 0, 3),
			.users = pg_int(&rows, 0, 4),
			.sessions = pg_int(&rows, 0, 5),
		};
	return rc;
}
