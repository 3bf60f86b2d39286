#include "app/store/deadline.h"

#include "lib/clock.h"

static void tell(struct context *c)
{
	pg_deadline(c->pg, c->stores_by);
	redis_deadline(c->redis, c->stores_by);
}

void deadline_set(struct context *c, int64_t ms)
{
	c->stores_by = clock_mono_ms() + ms;
	tell(c);
}

void deadline_extend(struct context *c, int64_t ms)
{
	c->stores_by += ms;
	tell(c);
}
