#include "app/crew.h"

#include <errno.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/process.h"

enum state {
	EMPTY,
	WANTED, /* one of the crew; without a pid: due */
	LEAVING,
};

/* What we know of the worker in the slot of the same number. Times are monotonic ms. */
struct place {
	enum state state;
	enum pool pool;
	pid_t pid; /* 0: nobody */
	int64_t born_at, due_at;
	int64_t leaving_since, told_at;
	int short_lives, crashes; /* in a row */
	bool killed; /* by us, and logged */
};

struct crew {
	const struct plan *plan;
	struct scoreboard *board;
	const struct conf *conf;
	struct keys *keys;
	uint64_t keys_version; /* that `keys` are of */
	int listen_fd[POOL_COUNT];
	size_t wanted[POOL_COUNT];
	struct place places[SLOTS_MAX];
};

struct crew *crew_new(struct arena *arena, const struct plan *plan,
		      struct scoreboard *board, const int listen_fd[POOL_COUNT])
{
	struct crew *crew = arena_alloc(arena, sizeof *crew);

	crew->plan = plan;
	crew->board = board;
	for (size_t i = 0; i < POOL_COUNT; i++)
		crew->listen_fd[i] = listen_fd[i];
	return crew;
}

static void leave(struct place *place, int64_t since)
{
	if (place->state != WANTED)
		return;
	*place = (struct place){.state = place->pid ? LEAVING : EMPTY,
				.pool = place->pool,
				.pid = place->pid,
				.born_at = place->born_at,
				.killed = place->killed,
				.leaving_since = since};
}

void crew_dismiss(struct crew *crew, int64_t since)
{
	for (size_t i = 0; i < SLOTS_MAX; i++)
		leave(&crew->places[i], since);
	for (size_t i = 0; i < POOL_COUNT; i++)
		crew->wanted[i] = 0;
}

void crew_renew(struct crew *crew, const struct conf *conf)
{
	crew_dismiss(crew, clock_mono_ms());
	crew->conf = conf;
	gates_renew(crew->board->gates);
	for (size_t i = 0; i < POOL_COUNT; i++)
		if (crew->plan->pools & 1u << i)
			crew->wanted[i] = pool_size(conf, (enum pool)i);
}

void crew_give_keys(struct crew *crew, struct keys *keys)
{
	crew->keys = keys;
	crew->keys_version = atomic_load(&crew->board->keys_version);
}

size_t crew_alive(const struct crew *crew)
{
	size_t n = 0;

	for (size_t i = 0; i < SLOTS_MAX; i++)
		n += crew->places[i].pid != 0;
	return n;
}

/* As many as find room: after many reloads in a row the others come when old ones left.
 */
static void allot(struct crew *crew, enum pool pool)
{
	size_t n = 0;

	for (size_t i = 0; i < SLOTS_MAX; i++)
		n += crew->places[i].state == WANTED && crew->places[i].pool == pool;
	for (size_t i = 0; i < SLOTS_MAX && n < crew->wanted[pool]; i++)
		if (crew->places[i].state == EMPTY) {
			crew->places[i] = (struct place){.state = WANTED, .pool = pool};
			n++;
		}
}

/* Who wakes a worker goes on first (sched(7)): nginx comes to the end of what it has in
 * hand, and the worker finds a whole request, or several, where it else would have
 * stopped nginx to wait for it. Without it, all is right and slower. */
static void let_others_go_on(void)
{
	const struct sched_param none = {0};

	(void)sched_setscheduler(0, SCHED_BATCH, &none);
}

/* The kernel shares the processors out among sessions first, and only within one does
 * nice(2) count (sched(7), autogroup): a fast worker in the session of the slow ones
 * waits for what their hashes have used up of it. */
static void stand_alone(void)
{
	(void)setsid();
}

_Noreturn static void live(const struct crew *crew, size_t slot, pid_t parent)
{
	const struct place *place = &crew->places[slot];
	const struct pool_row *row = pool_row(place->pool);
	const struct worker worker = {.conf = crew->conf,
				      .keys = crew->keys,
				      .key_uses = crew->plan->key_uses,
				      .keys_version = crew->keys_version,
				      .pool = place->pool,
				      .listen_fd = crew->listen_fd[place->pool],
				      .board = crew->board,
				      .slot = slot};

	process_child(parent, row->title);
	for (size_t i = 0; i < POOL_COUNT; i++)
		if (i != place->pool && crew->listen_fd[i] >= 0)
			close(crew->listen_fd[i]);
	if (place->pool == POOL_FAST) {
		let_others_go_on();
		stand_alone();
	}
	if (place->pool == POOL_SLOW)
		setpriority(PRIO_PROCESS, 0, (int)crew->conf->server_slow_nice);
	exit(row->run(&worker));
}

static int64_t wait_after(int crashes)
{
	int64_t wait = CREW_BACKOFF_FIRST_MS;

	if (crashes < 2)
		return 0;
	for (int i = 2; i < crashes && wait < CREW_BACKOFF_LAST_MS; i++)
		wait *= 2;
	return wait < CREW_BACKOFF_LAST_MS ? wait : CREW_BACKOFF_LAST_MS;
}

static void clear_slot(struct scoreboard *board, size_t i)
{
	struct slot *slot = &board->slots[i];

	gates_release(board->gates, i);
	slot->pid = 0;
	slot->busy_since = 0;
	slot->requests = 0;
}

static void bear(struct crew *crew, size_t i, int64_t now)
{
	struct place *place = &crew->places[i];
	struct slot *slot = &crew->board->slots[i];
	pid_t parent = getpid(), pid;

	clear_slot(crew->board, i);
	slot->pool = (int32_t)place->pool;
	slot->born_at = now;
	pid = fork();
	if (!pid)
		live(crew, i, parent);
	if (pid < 0) {
		log_error("worker_not_started", "pool", pool_name(place->pool), "why",
			  strerror(errno));
		place->due_at = now + CREW_BACKOFF_FIRST_MS;
		return;
	}
	slot->pid = (int32_t)pid;
	place->pid = pid;
	place->born_at = now;
	place->killed = false;
	log_debug("worker_started", "pool", pool_name(place->pool), "worker",
		  log_number(pid));
}

static bool meant_to_end(const struct place *place, int status)
{
	bool good = WIFEXITED(status) && !WEXITSTATUS(status);
	/* It had not got as far as to catch it, or somebody else told it */
	bool told = place->state == LEAVING && WIFSIGNALED(status) &&
		    WTERMSIG(status) == SIGTERM;

	return good || told;
}

static void log_death(const struct place *place, int status)
{
	bool meant = meant_to_end(place, status);

	if (place->killed)
		return;
	log_event(meant ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARN,
		  meant ? "worker_ended" : "worker_died", "pool", pool_name(place->pool),
		  "worker", log_number(place->pid), "signal",
		  WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : NULL, "status",
		  WIFEXITED(status) ? log_number(WEXITSTATUS(status)) : NULL,
		  "next_in_ms",
		  place->state == WANTED ? log_number(wait_after(place->crashes)) : NULL,
		  (char *)NULL);
}

static void judge_life(struct place *place, bool served, bool good_end, int64_t ms)
{
	if (ms >= CREW_GOOD_LIFE_MS || (served && good_end)) {
		place->short_lives = place->crashes = 0;
		return;
	}
	if (place->short_lives < CREW_SHORT_LIVES)
		place->short_lives++;
	if (!served || place->short_lives == CREW_SHORT_LIVES)
		place->crashes += place->crashes < 16;
}

static void bury(struct crew *crew, size_t i, int status, int64_t now)
{
	struct place *place = &crew->places[i];
	struct slot *slot = &crew->board->slots[i];

	judge_life(place, slot->requests > 0, WIFEXITED(status) && !WEXITSTATUS(status),
		   now - place->born_at);
	log_death(place, status);
	if (!meant_to_end(place, status))
		crew->board->metrics.deaths[place->pool]++;
	place->pid = 0;
	place->due_at = now + wait_after(place->crashes);
	if (place->state == LEAVING)
		*place = (struct place){.state = EMPTY};
	clear_slot(crew->board, i);
}

static void bury_all(struct crew *crew, int64_t now)
{
	int status;

	for (;;) {
		pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid <= 0)
			return;
		for (size_t i = 0; i < SLOTS_MAX; i++)
			if (crew->places[i].pid == pid) {
				bury(crew, i, status, now);
				break;
			}
	}
}

static void end(struct place *place, int64_t now, const char *why)
{
	if (!place->killed)
		log_warn("worker_stuck", "pool", pool_name(place->pool), "worker",
			 log_number(place->pid), "why", why);
	place->killed = true;
	place->told_at = now;
	kill(place->pid, SIGKILL);
}

static void tell(struct crew *crew, struct place *place, int64_t now)
{
	if (now - place->leaving_since >= crew->conf->server_drain_timeout_s * 1000) {
		end(place, now, "still busy at the end of the time to drain");
		return;
	}
	if (now - place->told_at < CREW_TERM_AGAIN_MS)
		return;
	place->told_at = now;
	kill(place->pid, SIGTERM);
}

static bool is_stuck(const struct crew *crew, size_t i, int64_t now)
{
	int64_t since = crew->board->slots[i].busy_since;
	int64_t most = pool_row(crew->places[i].pool)->stuck_ms;

	if (!most)
		most = crew->conf->server_request_timeout_s * 1000;
	return since && now - since > most;
}

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t next_look(const struct crew *crew, int64_t now)
{
	int64_t wait = CREW_LOOK_MS;

	for (size_t i = 0; i < SLOTS_MAX; i++) {
		const struct place *place = &crew->places[i];

		if (place->state == LEAVING)
			wait = sooner(wait, CREW_TERM_AGAIN_MS);
		if (place->state == WANTED && !place->pid)
			wait = sooner(wait, place->due_at - now);
	}
	return wait > 0 ? wait : 0;
}

int64_t crew_tend(struct crew *crew)
{
	int64_t now = clock_mono_ms();

	bury_all(crew, now);
	for (size_t i = 0; i < POOL_COUNT; i++)
		allot(crew, (enum pool)i);
	for (size_t i = 0; i < SLOTS_MAX; i++) {
		const struct place *place = &crew->places[i];

		if (place->state == WANTED && !place->pid && place->due_at <= now)
			bear(crew, i, now);
	}
	for (size_t i = 0; i < SLOTS_MAX; i++) {
		struct place *place = &crew->places[i];

		if (place->state == LEAVING)
			tell(crew, place, now);
		if (place->pid && is_stuck(crew, i, now))
			end(place, now, "one request for too long");
	}
	return next_look(crew, now);
}
