#include "app/metrics.h"

static const int statuses[METRICS_STATUSES] = {
	200, 201, 202, 204, 302, 400, 401, 403, 404, 405,
	409, 413, 415, 422, 429, 500, 502, 503, 504,
};

static const int64_t bounds_us[METRICS_BUCKETS] = {
	500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 2000000,
};

int metrics_status(size_t i)
{
	INVARIANT(i < METRICS_STATUSES);
	return statuses[i];
}

int64_t metrics_bound_us(size_t bucket)
{
	INVARIANT(bucket < METRICS_BUCKETS);
	return bounds_us[bucket];
}

static size_t status_number(int status)
{
	size_t i = 0;

	while (i < METRICS_STATUSES - 1 && statuses[i] != status)
		i++;
	return i;
}

static void note_time(struct metrics_times *times, int64_t us)
{
	size_t i = 0;

	while (i < METRICS_BUCKETS - 1 && us > bounds_us[i])
		i++;
	atomic_fetch_add_explicit(&times->buckets[i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&times->us, (uint64_t)us, memory_order_relaxed);
}

static void add(_Atomic uint64_t *counter, uint64_t n)
{
	if (n)
		atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

void metrics_note(struct metrics *metrics, const struct metrics_request *request)
{
	struct metrics_route *route = &metrics->routes[request->route];

	add(&route->statuses[status_number(request->status)], 1);
	note_time(&route->times, request->us > 0 ? request->us : 0);
	if (request->queue_ms >= 0)
		note_time(&metrics->queues[request->pool], request->queue_ms * 1000);
	if (request->err)
		add(&metrics->errors[request->err], 1);
	add(&metrics->hashes, request->hashes);
	add(&metrics->pg, request->pg);
	add(&metrics->redis, request->redis);
}
