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
