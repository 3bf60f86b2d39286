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

enum rc ready_redis(struct context *c)
{
	return redis_ping(c->redis);
}
