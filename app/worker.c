#include "app/worker.h"

#include "app/api/access.h"
#include "app/api/cors.h"
#include "app/provider/provider.h"
#include "app/routes.h"
#include "app/store/deadline.h"
#include "app/store/issuer_cache.h"
#include "app/token_cache.h"
#include "lib/clock.h"
#include "lib/fcgi.h"
#include "lib/fetch.h"
#include "lib/log.h"
#include "lib/process.h"
#include "lib/pwhash.h"
#include "lib/text.h"

enum {
	/* Touched as far as used. The most is a page of users with all the roles there
	 * can be: 9 MiB. */
	ARENA_BYTES = 16 * 1024 * 1024,
	REQUEST_STORE_MS = 1800, /* for all calls to stores of one request */
	OUTSIDE_STORE_MS = REQUEST_STORE_MS + PROVIDER_TOTAL_MS,
	ACCEPT_WAIT_MS = 2000,
	KEYS_RETRY_MS = 500,
	PWHASH_REST_MS = 10 * 1000, /* then the memory of hashes goes back */
};

#define SLOW_LOCATION "@latchkey_slow"

/* What one worker holds on to from request to request. */
struct desk {
	const struct worker *worker;
	struct slot *slot;
	struct fcgi *io;
	struct keys *keys;
	uint64_t keys_version;
	int64_t keys_retry_at; /* monotonic ms; 0: at once */
	struct gate gate;
	struct context ctx;
};

static bool is_outside(const struct desk *desk)
{
	return desk->worker->pool == POOL_OUTSIDE;
}

static enum err queue_check(const struct desk *desk, const struct request *req)
{
	const struct conf *conf = desk->worker->conf;

	if (desk->worker->pool == POOL_FAST || req->sent_ms == 0)
		return ERR_NONE;
	return req->ctx->now_ms - req->sent_ms > conf->server_queue_timeout_ms
		       ? ERR_OVERLOADED
		       : ERR_NONE;
}

/* A request that hashes belongs to the slow pool: nginx passes it on whole. */
static bool hand_over(const struct desk *desk, struct request *req,
		      const struct route *route, struct response *res)
{
	bool hashes = route->pool == ROUTE_SLOW ||
		      (route->pool == ROUTE_BY_STEP && route->hashes(req));

	if (desk->worker->pool == POOL_SLOW || !hashes)
		return false;
	response_hand_over(res, SLOW_LOCATION);
	return true;
}

/* The one place where the order of a request is decided; the first refusal is the answer.
 */
static enum err answer(struct desk *desk, struct request *req, struct response *res,
		       const struct route **route)
{
	enum err err = request_read_body(req, desk->io);

	if (!err)
		err = route_find(req, is_outside(desk), route);
	if (!err)
		err = request_decode(req, (*route)->repeatable);
	if (!err && hand_over(desk, req, *route, res))
		return ERR_NONE;
	if (!err)
		err = queue_check(desk, req);
	if (!err)
		err = access_require(req, *route);
	if (!err)
		err = (*route)->handle(req, res);
	return err;
}

/* False: there is no such path, or a body, which OPTIONS has none. */
static bool show_options(const struct desk *desk, struct request *req,
			 struct response *res)
{
	const char *methods = route_methods(req, is_outside(desk));

	if (!*methods || req->content_length != 0)
		return false;
	cors_options(req, res, methods);
	return true;
}

static enum err respond(struct desk *desk, struct request *req, struct response *res,
			const struct route **route)
{
	enum err err;

	cors_allow(req, res);
	if (strcmp(req->method, "OPTIONS") == 0 && show_options(desk, req, res))
		return ERR_NONE;
	err = answer(desk, req, res, route);
	req->basic = *route && ((*route)->access == ACCESS_BASIC ||
				(*route)->access == ACCESS_CLIENT);
	if (err == ERR_METHOD_NOT_ALLOWED)
		response_header(res, "Allow", route_methods(req, is_outside(desk)));
	if (err)
		response_error(req, res, err);
	return err;
}

/* What this process had done of something before a request, and since. */
struct work {
	uint64_t hashes, pg, redis;
};

static struct work work_done(const struct desk *desk)
{
	return (struct work){pwhash_count(), pg_statements(desk->ctx.pg),
			     redis_round_trips(desk->ctx.redis)};
}

/* One request, and what it took. */
struct deed {
	struct request req;
	struct response res;
	const struct route *route; /* NULL: none was found */
	enum err err;
	struct work before;
	int64_t began_us; /* monotonic */
};

static void note_answer(const struct desk *desk, const struct deed *deed)
{
	const struct request *req = &deed->req;
	const struct work after = work_done(desk);
	const struct metrics_request done = {
		.route = route_number(deed->route),
		.status = deed->res.status,
		.err = deed->err,
		.pool = desk->worker->pool,
		.us = clock_mono_us() - deed->began_us,
		.queue_ms = req->sent_ms ? req->ctx->now_ms - req->sent_ms : -1,
		.hashes = after.hashes - deed->before.hashes,
		.pg = after.pg - deed->before.pg,
		.redis = after.redis - deed->before.redis,
	};

	metrics_note(&desk->worker->board->metrics, &done);
	log_info("request", "method", req->method, "route",
		 deed->route ? deed->route->name : NULL, "status",
		 log_number(done.status), "ms", log_number(done.us / 1000), "hashes",
		 log_number((int64_t)done.hashes), "pg", log_number((int64_t)done.pg),
		 "redis", log_number((int64_t)done.redis), "client",
		 req->ctx->client.address);
}

static void serve_one(struct desk *desk)
{
	struct context *c = &desk->ctx;
	struct deed deed = {.before = work_done(desk), .began_us = clock_mono_us()};
	const char *bytes;
	size_t n;

	deadline_set(c, is_outside(desk) ? OUTSIDE_STORE_MS : REQUEST_STORE_MS);
	request_read(&deed.req, c, desk->io);
	log_request(c->request_id);
	deed.err = respond(desk, &deed.req, &deed.res, &deed.route);
	bytes = response_bytes(&deed.req, &deed.res, &n);
	if (!fcgi_write(desk->io, bytes, n))
		log_info("client_gone");
	if (!deed.res.handed_over)
		note_answer(desk, &deed);
	log_request(NULL);
	arena_reset(c->arena);
}

/* New keys are taken between requests; while they cannot be read the old ones stay. */
static void follow_keys(struct desk *desk)
{
	uint64_t version = atomic_load(&desk->worker->board->keys_version);
	int64_t now = clock_mono_ms();
	struct keys *keys;
	char why[256];

	if (version == desk->keys_version || now < desk->keys_retry_at)
		return;
	desk->keys_retry_at = now + KEYS_RETRY_MS;
	keys = keys_load(desk->worker->conf->tokens_key_dir, desk->worker->key_uses, why,
			 sizeof why);
	if (!keys) {
		log_error("keys_refused", "why", why);
		return;
	}
	keys_free(&desk->keys);
	desk->keys = keys;
	desk->keys_version = version;
	desk->keys_retry_at = 0;
	token_cache_clear(desk->ctx.tokens);
	desk->ctx.keys = keys;
}

static const char *database_of(const struct conf *conf, enum pool pool)
{
	switch (pool) {
	case POOL_FAST:
		return conf->database_fast;
	case POOL_SLOW:
		return conf->database_slow;
	case POOL_OUTSIDE:
		return conf->database_outside;
	case POOL_REFRESHER: /* none of ours: see refresher_run() */
	case POOL_COUNT:
		break;
	}
	INVARIANT(false);
}

static void sit_down(struct desk *desk)
{
	const struct worker *w = desk->worker;
	const struct conf *conf = w->conf;
	struct context *c = &desk->ctx;
	const struct redis_server server = conf_redis(conf);

	c->conf = conf;
	c->arena = arena_new(ARENA_BYTES);
	c->pg = pg_new(conf_conninfo(c->arena, conf, database_of(conf, w->pool)),
		       &w->board->pg);
	c->redis = redis_new(&server, &w->board->redis);
	c->tokens = token_cache_new();
	c->issuers = issuer_cache_new();
	c->board = w->board;
	if (is_outside(desk)) {
		desk->gate = (struct gate){w->board->gates, w->slot};
		c->gate = &desk->gate;
		c->fetch = fetch_new();
	}
	desk->io = fcgi_new(w->listen_fd);
	desk->keys = w->keys;
	desk->keys_version = w->keys_version;
	c->keys = desk->keys;
}

static void stand_up(struct desk *desk)
{
	fcgi_free(&desk->io);
	redis_free(&desk->ctx.redis);
	pg_free(&desk->ctx.pg);
	keys_free(&desk->keys);
	token_cache_free(&desk->ctx.tokens);
	issuer_cache_free(&desk->ctx.issuers);
	fetch_free(&desk->ctx.fetch);
	arena_free(&desk->ctx.arena);
}

static void serve(struct desk *desk, const sigset_t *wake)
{
	uint64_t most = (uint64_t)desk->worker->conf->server_worker_requests;

	while (!process_got_term &&
	       (most == 0 || atomic_load(&desk->slot->requests) < most)) {
		if (!fcgi_accept(desk->io, wake, ACCEPT_WAIT_MS)) {
			pwhash_rest(PWHASH_REST_MS);
			continue;
		}
		atomic_store(&desk->slot->busy_since, clock_mono_ms());
		follow_keys(desk);
		serve_one(desk);
		atomic_fetch_add(&desk->slot->requests, 1);
		atomic_store(&desk->slot->busy_since, 0);
	}
}

int worker_run(const struct worker *worker)
{
	struct desk desk = {.worker = worker,
			    .slot = &worker->board->slots[worker->slot]};
	static const int caught[] = {SIGTERM};
	sigset_t blocked, wake;

	process_catch(caught, COUNT(caught));
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &wake);
	sigdelset(&wake, SIGTERM);
	sit_down(&desk);
	serve(&desk, &wake);
	stand_up(&desk);
	return EXIT_SUCCESS;
}
