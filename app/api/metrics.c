/* GET /metrics: what the service counts, in the text format of Prometheus 0.0.4. */
#include "app/metrics.h"

#include "app/api/api.h"
#include "app/flow/health.h"
#include "app/routes.h"
#include "app/scoreboard.h"
#include "app/version.h"
#include "lib/text.h"

enum { TEXT_MAX = 1 << 20 };

static void begin(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP latchkey_%s %s\n# TYPE latchkey_%s %s\n", name, help,
		   name, type);
}

/* Seconds with as many digits as there are microseconds. */
static void put_seconds(struct buf *out, uint64_t us)
{
	buf_printf(out, "%llu.%06llu", (unsigned long long)(us / 1000000),
		   (unsigned long long)(us % 1000000));
}

static uint64_t count_of(const struct metrics_times *times)
{
	uint64_t n = 0;

	for (size_t i = 0; i < METRICS_BUCKETS; i++)
		n += atomic_load(&times->buckets[i]);
	return n;
}

/* A histogram; `label` is `name="value"`. */
static void put_times(struct buf *out, const char *name, const char *label,
		      const struct metrics_times *times)
{
	uint64_t n = 0;

	for (size_t i = 0; i < METRICS_BUCKETS; i++) {
		n += atomic_load(&times->buckets[i]);
		buf_printf(out, "latchkey_%s_bucket{%s,le=\"", name, label);
		if (metrics_bound_us(i))
			put_seconds(out, (uint64_t)metrics_bound_us(i));
		else
			buf_puts(out, "+Inf");
		buf_printf(out, "\"} %llu\n", (unsigned long long)n);
	}
	buf_printf(out, "latchkey_%s_sum{%s} ", name, label);
	put_seconds(out, atomic_load(&times->us));
	buf_printf(out, "\nlatchkey_%s_count{%s} %llu\n", name, label,
		   (unsigned long long)n);
}

/* Several rows of the table may have one name: GET and POST of one thing. */
static const char *route_label(struct arena *arena, size_t i)
{
	const struct route *route = route_at(i);

	return route ? arena_printf(arena, "route=\"%s\",method=\"%s\"", route->name,
				    route->method)
		     : "route=\"none\",method=\"\"";
}

static void put_requests(struct arena *arena, struct buf *out, const struct metrics *from)
{
	begin(out, "requests_total", "counter", "Requests answered.");
	for (size_t i = 0; i < METRICS_ROUTES; i++)
		for (size_t s = 0; s < METRICS_STATUSES; s++) {
			uint64_t n = atomic_load(&from->routes[i].statuses[s]);

			if (n)
				buf_printf(out,
					   "latchkey_requests_total{%s,status=\"%d\"} "
					   "%llu\n",
					   route_label(arena, i), metrics_status(s),
					   (unsigned long long)n);
		}
	begin(out, "request_seconds", "histogram", "Time a worker took for a request.");
	for (size_t i = 0; i < METRICS_ROUTES; i++)
		if (count_of(&from->routes[i].times))
			put_times(out, "request_seconds", route_label(arena, i),
				  &from->routes[i].times);
}

static void put_errors(struct buf *out, const struct metrics *from)
{
	begin(out, "errors_total", "counter",
	      "Requests that were refused or failed, by the code of the problem; those of "
	      "status 429 are limits hit.");
	for (enum err err = ERR_NONE + 1; err < ERR_COUNT; err++)
		if (atomic_load(&from->errors[err]))
			buf_printf(out,
				   "latchkey_errors_total{code=\"%s\",status=\"%d\"} "
				   "%llu\n",
				   error_row(err)->code, error_row(err)->status,
				   (unsigned long long)atomic_load(&from->errors[err]));
}

static void put_calls(struct buf *out, const struct metrics *from)
{
	begin(out, "store_calls_total", "counter", "Round trips to a store.");
	buf_printf(out, "latchkey_store_calls_total{store=\"postgresql\"} %llu\n",
		   (unsigned long long)atomic_load(&from->pg));
	buf_printf(out, "latchkey_store_calls_total{store=\"redis\"} %llu\n",
		   (unsigned long long)atomic_load(&from->redis));
	begin(out, "password_hashes_total", "counter", "Passwords hashed.");
	buf_printf(out, "latchkey_password_hashes_total %llu\n",
		   (unsigned long long)atomic_load(&from->hashes));
}

static void put_pools(struct arena *arena, struct buf *out,
		      const struct scoreboard *board)
{
	size_t busy[POOL_COUNT] = {0}, idle[POOL_COUNT] = {0};

	for (size_t i = 0; i < SLOTS_MAX; i++) {
		const struct slot *slot = &board->slots[i];

		if (atomic_load(&slot->pid))
			(atomic_load(&slot->busy_since) ? busy : idle)[slot->pool]++;
	}
	begin(out, "workers", "gauge", "Workers by what they do now.");
	for (size_t i = 0; i < POOL_COUNT; i++)
		if (busy[i] + idle[i])
			buf_printf(out,
				   "latchkey_workers{pool=\"%s\",state=\"busy\"} %zu\n"
				   "latchkey_workers{pool=\"%s\",state=\"idle\"} %zu\n",
				   pool_name(i), busy[i], pool_name(i), idle[i]);
	begin(out, "worker_deaths_total", "counter", "Workers that died or were killed.");
	for (size_t i = 0; i < POOL_COUNT; i++)
		if (busy[i] + idle[i])
			buf_printf(out,
				   "latchkey_worker_deaths_total{pool=\"%s\"} %llu\n",
				   pool_name(i),
				   (unsigned long long)atomic_load(
					   &board->metrics.deaths[i]));
	begin(out, "queue_seconds", "histogram", "Time from nginx to a worker.");
	for (size_t i = 0; i < POOL_COUNT; i++)
		if (busy[i] + idle[i])
			put_times(out, "queue_seconds",
				  arena_printf(arena, "pool=\"%s\"", pool_name(i)),
				  &board->metrics.queues[i]);
}

/* What only the stores know; without PostgreSQL those lines are missing. */
static void put_stores(struct buf *out, struct context *c)
{
	struct health_figures figures;
	struct health health;
	bool known;

	health_look(c, &health);
	begin(out, "store_up", "gauge", "Does the store answer?");
	buf_printf(out, "latchkey_store_up{store=\"postgresql\"} %d\n", health.postgres);
	buf_printf(out, "latchkey_store_up{store=\"redis\"} %d\n", health.redis);
	known = health.postgres && health_figures(c, &figures);
	if (!known)
		return;
	begin(out, "letters", "gauge", "Letters that are not delivered.");
	buf_printf(out,
		   "latchkey_letters{state=\"waiting\"} %lld\n"
		   "latchkey_letters{state=\"dead\"} %lld\n"
		   "latchkey_letters{state=\"expired\"} %lld\n",
		   (long long)figures.letters_waiting, (long long)figures.letters_dead,
		   (long long)figures.letters_expired);
	begin(out, "letter_oldest_seconds", "gauge", "Age of the oldest waiting letter.");
	buf_printf(out, "latchkey_letter_oldest_seconds %lld\n",
		   (long long)figures.letter_oldest_s);
	begin(out, "rows", "gauge", "Rows of a table, as PostgreSQL estimates them.");
	buf_printf(out,
		   "latchkey_rows{table=\"users\"} %lld\n"
		   "latchkey_rows{table=\"sessions\"} %lld\n",
		   (long long)figures.users, (long long)figures.sessions);
	begin(out, "partitions_ready", "gauge", "Next month's partitions are there.");
	buf_printf(out, "latchkey_partitions_ready %d\n", health.partitions);
}

enum err api_metrics(struct request *req, struct response *res)
{
	struct context *c = req->ctx;
	struct buf out;

	buf_init(&out, arena_alloc(c->arena, TEXT_MAX), TEXT_MAX);
	begin(&out, "info", "gauge", "The version that runs.");
	buf_puts(&out, "latchkey_info{version=\"" LATCHKEY_VERSION "\"} 1\n");
	put_requests(c->arena, &out, &c->board->metrics);
	put_errors(&out, &c->board->metrics);
	put_calls(&out, &c->board->metrics);
	put_pools(c->arena, &out, c->board);
	put_stores(&out, c);
	INVARIANT(!out.cut);
	response_header(res, "Cache-Control", "no-store");
	response_text(res, 200, "text/plain; version=0.0.4; charset=utf-8", out.at,
		      out.len);
	return ERR_NONE;
}
