/* What the processes of one supervisor count of their requests, in the memory that they
 * share; GET /metrics gives it in the text format of Prometheus. */
#ifndef APP_METRICS_H
#define APP_METRICS_H

#include <stdatomic.h>

#include "app/error.h"
#include "app/pool.h"

enum {
	METRICS_ROUTES = 128, /* the last stands for paths that are no route's */
	METRICS_STATUSES = 20, /* see metrics.c; the last stands for all others */
	METRICS_BUCKETS = 12, /* of times; the last has no upper bound */
};

struct metrics_times {
	_Atomic uint64_t buckets[METRICS_BUCKETS];
	_Atomic uint64_t us; /* in all */
};

struct metrics_route {
	_Atomic uint64_t statuses[METRICS_STATUSES];
	struct metrics_times times;
};

/* Lies in zeroed shared memory. */
struct metrics {
	struct metrics_route routes[METRICS_ROUTES];
	struct metrics_times queues[POOL_COUNT]; /* from nginx to a worker */
	_Atomic uint64_t errors[ERR_COUNT];
	_Atomic uint64_t hashes, pg, redis; /* calls */
	_Atomic uint64_t deaths[POOL_COUNT]; /* of workers that did not mean to end */
};

/* One request that was answered. */
struct metrics_request {
	size_t route; /* its number; METRICS_ROUTES - 1: none */
	int status;
	enum err err; /* ERR_NONE: none */
	enum pool pool;
	int64_t us; /* from its reading to its answer */
	int64_t queue_ms; /* before that; -1: unknown */
	uint64_t hashes, pg, redis;
};
void metrics_note(struct metrics *metrics, const struct metrics_request *request);

/* For who shows them */
int metrics_status(size_t i) MUST_USE; /* 0: all others */
int64_t metrics_bound_us(size_t bucket) MUST_USE; /* 0: none */

#endif
