#include "app/supervisor.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "app/crew.h"
#include "app/keys.h"
#include "app/provider/provider.h"
#include "app/role.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/process.h"

enum {
	KEYS_LOOK_MS = 2000,
	QUEUE_LOOK_MS = 20,
	ARENA_BYTES = 8 << 20, /* reserved, not used */
};

static const struct plan SERVE = {
	.pools = 1u << POOL_FAST | 1u << POOL_SLOW,
	.key_uses = (1u << KEY_USES) - 1,
};
/* Its keys are those that name what is in Redis: it signs nothing. */
static const struct plan OUTSIDE = {
	.pools = 1u << POOL_OUTSIDE | 1u << POOL_REFRESHER,
	.key_uses = 1u << KEY_INDEX,
	.objection = provider_objection,
};

/* What one configuration brought. */
struct generation {
	struct arena *arena;
	const struct conf *conf;
	struct keys *keys;
};

/* What the listening sockets were made with, and keep until the end. */
struct bound {
	const char *run_dir, *group;
	int64_t backlog;
};

struct supervisor {
	const struct plan *plan;
	const char *conf_path;
	struct arena *arena;
	struct generation now;
	struct scoreboard *board;
	struct crew *crew;
	struct bound bound;
	int listen_fd[POOL_COUNT]; /* -1: none */
	const char *own_socket[POOL_COUNT]; /* NULL: systemd's */
	sigset_t signals;
	int64_t keys_looked_at, watchdog_at, stop_at; /* monotonic ms; 0: not yet */
	char keys_why[256]; /* what was wrong at the last look, already logged */
	bool dismissed;
};

static void generation_end(struct generation *generation)
{
	keys_free(&generation->keys);
	arena_free(&generation->arena);
	generation->conf = NULL;
}

/* NULL: `*why` says why. */
static const struct conf *settings_load(struct arena *arena, const struct supervisor *s,
					const char **why)
{
	const struct conf *conf = conf_load(arena, s->conf_path, why);
	const char *objection = NULL;

	if (conf && s->plan->objection)
		objection = s->plan->objection(arena, conf);
	if (objection)
		*why = arena_printf(arena, "%s: %s", s->conf_path, objection);
	return objection ? NULL : conf;
}

/* False: nothing was taken; `event` was logged with the reason. */
static bool generation_load(struct generation *generation, const struct supervisor *s,
			    const char *event)
{
	struct generation fresh = {.arena = arena_new(ARENA_BYTES)};
	const char *why = NULL;
	char keys_why[256] = "";

	fresh.conf = settings_load(fresh.arena, s, &why);
	if (fresh.conf)
		fresh.keys = keys_load(fresh.conf->tokens_key_dir, s->plan->key_uses,
				       keys_why, sizeof keys_why);
	if (fresh.conf && fresh.keys) {
		*generation = fresh;
		return true;
	}
	log_error(event, "why", fresh.conf ? keys_why : why);
	generation_end(&fresh);
	return false;
}

static bool has_socket(const struct supervisor *s, size_t pool)
{
	return s->plan->pools & 1u << pool && pool_row((enum pool)pool)->listens;
}

static bool open_socket(struct supervisor *s, enum pool pool)
{
	const struct conf *conf = s->now.conf;
	const char *why = NULL, *group = conf->server_socket_group;
	const char *path = arena_printf(s->arena, "%s/%s.sock", conf->server_run_dir,
					pool_name(pool));

	s->listen_fd[pool] = process_inherited(pool_name(pool));
	if (s->listen_fd[pool] >= 0)
		return true;
	if (process_directory(conf->server_run_dir, group, &why))
		s->listen_fd[pool] =
			process_listen(path, group, (int)conf->server_backlog, &why);
	if (s->listen_fd[pool] < 0) {
		log_error("socket_refused", "path", path, "why", why);
		return false;
	}
	s->own_socket[pool] = path;
	return true;
}

static void remove_sockets(const struct supervisor *s)
{
	for (size_t i = 0; i < POOL_COUNT; i++)
		if (s->own_socket[i])
			unlink(s->own_socket[i]);
}

static bool open_sockets(struct supervisor *s)
{
	const struct conf *conf = s->now.conf;

	s->bound = (struct bound){.run_dir = arena_dup(s->arena, conf->server_run_dir),
				  .group = arena_dup(s->arena, conf->server_socket_group),
				  .backlog = conf->server_backlog};
	for (size_t i = 0; i < POOL_COUNT; i++)
		if (has_socket(s, i) && !open_socket(s, (enum pool)i)) {
			remove_sockets(s);
			return false;
		}
	return true;
}

static void warn_of_restart(const struct bound *bound, const struct conf *conf)
{
	const struct {
		const char *name;
		bool changed;
	} rows[] = {
		{"server.run_dir", strcmp(bound->run_dir, conf->server_run_dir) != 0},
		{"server.socket_group",
		 strcmp(bound->group, conf->server_socket_group) != 0},
		{"server.backlog", bound->backlog != conf->server_backlog},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].changed)
			log_warn("restart_needed", "setting", rows[i].name);
}

static void reload(struct supervisor *s)
{
	struct generation fresh;

	role_notify_reloading();
	if (generation_load(&fresh, s, "reload_refused")) {
		struct generation old = s->now;

		warn_of_restart(&s->bound, fresh.conf);
		s->now = fresh;
		role_log_level(fresh.conf);
		crew_renew(s->crew, fresh.conf);
		crew_give_keys(s->crew, fresh.keys);
		generation_end(&old); /* before anybody is born who would inherit it */
		(void)crew_tend(s->crew);
		log_info("reloaded");
	}
	process_notify("READY=1");
}

/* Sockets of ours go at once, for nobody to queue there any more. */
static void stop(struct supervisor *s)
{
	if (s->stop_at)
		return;
	s->stop_at = clock_mono_ms();
	process_notify("STOPPING=1");
	log_info("stopping");
	remove_sockets(s);
}

/* systemd keeps its sockets and who waits there. */
static bool has_queue(const struct supervisor *s)
{
	for (size_t i = 0; i < POOL_COUNT; i++) {
		struct pollfd socket = {.fd = s->listen_fd[i], .events = POLLIN};

		if (s->own_socket[i] && poll(&socket, 1, 0) > 0)
			return true;
	}
	return false;
}

/* The crew stays until nobody waits for it, or the time is over. */
static void dismiss(struct supervisor *s)
{
	int64_t until = s->stop_at + s->now.conf->server_drain_timeout_s * 1000;

	if (!s->stop_at || s->dismissed || (has_queue(s) && clock_mono_ms() < until))
		return;
	s->dismissed = true;
	crew_dismiss(s->crew, s->stop_at);
}

/* Workers read the keys anew when the number on the board is another one. Keys that
 * cannot be used are not made known: the workers go on with those they have. */
static void look_at_keys(struct supervisor *s, int64_t now)
{
	struct keys *keys;
	char why[sizeof s->keys_why] = "";

	if (now - s->keys_looked_at < KEYS_LOOK_MS)
		return;
	s->keys_looked_at = now;
	if (!keys_changed(s->now.keys))
		return;
	keys = keys_load(s->now.conf->tokens_key_dir, s->plan->key_uses, why, sizeof why);
	if (keys) {
		keys_free(&s->now.keys);
		s->now.keys = keys;
		s->board->keys_version++;
		crew_give_keys(s->crew, keys);
		log_info("keys_reloaded");
	} else if (strcmp(why, s->keys_why) != 0) {
		log_error("keys_refused", "why", why);
	}
	memcpy(s->keys_why, why, sizeof why);
}

static void wait_for_signal(struct supervisor *s, int64_t ms)
{
	const struct timespec wait = {ms / 1000, ms % 1000 * 1000000};

	switch (sigtimedwait(&s->signals, NULL, &wait)) {
	case SIGTERM:
	case SIGINT:
		stop(s);
		break;
	case SIGHUP:
		if (!s->stop_at)
			reload(s);
		break;
	default: /* SIGCHLD and the end of the time: crew_tend() sees to both */
		break;
	}
}

/* NULL: the role has no such pool. */
static const char *size_of(const struct supervisor *s, enum pool pool)
{
	if (!(s->plan->pools & 1u << pool))
		return NULL;
	return log_number((int64_t)pool_size(s->now.conf, pool));
}

static void run(struct supervisor *s)
{
	int64_t wait = crew_tend(s->crew);

	process_notify("READY=1");
	log_info("ready", "fast_workers", size_of(s, POOL_FAST), "slow_workers",
		 size_of(s, POOL_SLOW), "outside_workers", size_of(s, POOL_OUTSIDE),
		 "refreshers", size_of(s, POOL_REFRESHER));
	while (!s->dismissed || crew_alive(s->crew)) {
		look_at_keys(s, clock_mono_ms());
		role_pat_watchdog(&s->watchdog_at);
		if (s->stop_at && wait > QUEUE_LOOK_MS)
			wait = QUEUE_LOOK_MS;
		wait_for_signal(s, role_wait_ms(wait));
		dismiss(s);
		wait = crew_tend(s->crew);
	}
	log_info("stopped");
}

static void supervisor_end(struct supervisor *s)
{
	generation_end(&s->now);
	arena_free(&s->arena);
}

static int supervise(const struct plan *plan, const char *conf_path)
{
	CLEANUP(supervisor_end)
	struct supervisor s = {.plan = plan, .conf_path = conf_path};

	s.arena = arena_new(ARENA_BYTES);
	memset(s.listen_fd, -1, sizeof s.listen_fd);
	role_block_signals(&s.signals);
	if (!generation_load(&s.now, &s, "configuration_refused"))
		return 1;
	role_log_level(s.now.conf);
	if (!open_sockets(&s))
		return 1;
	s.board = process_shared(sizeof *s.board);
	s.crew = crew_new(s.arena, plan, s.board, s.listen_fd);
	crew_renew(s.crew, s.now.conf);
	crew_give_keys(s.crew, s.now.keys);
	run(&s);
	return 0;
}

int supervisor_serve(const char *conf_path)
{
	return supervise(&SERVE, conf_path);
}

int supervisor_outside(const char *conf_path)
{
	return supervise(&OUTSIDE, conf_path);
}
