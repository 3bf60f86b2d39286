#include "app/pool.h"

#include <sched.h>

#include "app/provider/gate.h"
#include "app/provider/provider.h"
#include "app/provider/sources.h"
#include "app/refresher.h"
#include "app/worker.h"

enum {
	/* Beyond what a provider may take: our own stores, and some more */
	OUTSIDE_STUCK_MS = PROVIDER_TOTAL_MS + 4000,
	/* As many as one provider that hangs can hold, and two for the others */
	OUTSIDE_WORKERS = GATE_PLACES + GATE_WAITERS + 2,
};

static const struct pool_row rows[] = {
	[POOL_FAST] = {"fast", "latchkeyd: fast", true, worker_run, 0},
	[POOL_SLOW] = {"slow", "latchkeyd: slow", true, worker_run, 0},
	[POOL_OUTSIDE] = {"outside", "latchkeyd: outside", true, worker_run,
			  OUTSIDE_STUCK_MS},
	[POOL_REFRESHER] = {"refresher", "latchkeyd: refresher", false, refresher_run,
			    REFRESHER_STUCK_MS},
};

const struct pool_row *pool_row(enum pool pool)
{
	INVARIANT((size_t)pool < COUNT(rows));
	return &rows[pool];
}

const char *pool_name(enum pool pool)
{
	return pool_row(pool)->name;
}

static size_t count_cores(void)
{
	cpu_set_t set;

	/* Fails where there are more than fit, 1024 */
	return sched_getaffinity(0, sizeof set, &set) ? CPU_SETSIZE
						      : (size_t)CPU_COUNT(&set);
}

/* A setting of 0 leaves it to the machine. */
static size_t by_cores(int64_t set, size_t a_core, size_t most)
{
	size_t n = set ? (size_t)set : a_core * count_cores();

	return n < most ? n : most;
}

/* Without a provider it has nothing to do but say so. */
static size_t outside_workers(const struct conf *conf)
{
	if (conf->server_outside_workers)
		return (size_t)conf->server_outside_workers;
	return conf->n_providers ? OUTSIDE_WORKERS : 1;
}

size_t pool_size(const struct conf *conf, enum pool pool)
{
	switch (pool) {
	case POOL_FAST:
		return by_cores(conf->server_fast_workers, 2, 256);
	case POOL_SLOW:
		return by_cores(conf->server_slow_workers, 1, 64);
	case POOL_OUTSIDE:
		return outside_workers(conf);
	case POOL_REFRESHER:
		return sources_exist(conf);
	case POOL_COUNT:
		break;
	}
	INVARIANT(false);
}
