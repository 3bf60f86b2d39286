#include "app/mailer.h"

#include <sys/wait.h>
#include <unistd.h>

#include "app/deliverer.h"
#include "app/role.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/process.h"

enum {
	ARENA_BYTES = 8 << 20, /* reserved, not used */
	DELIVERERS_MAX = 32, /* the range of mail.deliverers */
	GOOD_LIFE_MS = 5000, /* shorter ones in a row wait longer and longer */
	BACKOFF_FIRST_MS = 100,
	BACKOFF_LAST_MS = 30000,
	LOOK_MS = 60000,
	MS_PER_S = 1000,
};

/* What one configuration brought. */
struct generation {
	struct arena *arena;
	const struct conf *conf;
	const struct letters *letters;
	struct keys *keys;
};

struct place {
	pid_t pid; /* 0: nobody */
	int64_t born_at, due_at; /* monotonic ms */
	int64_t kill_at; /* the same, since it was told to end; 0: it was not */
	int64_t backoff_ms;
};

struct mailer {
	const char *conf_path;
	struct generation now;
	struct place places[DELIVERERS_MAX];
	sigset_t signals;
	int64_t watchdog_at; /* monotonic ms */
	bool stopping;
};

static void generation_end(struct generation *generation)
{
	keys_free(&generation->keys);
	arena_free(&generation->arena);
}

/* NULL: all of it is there and fits. */
static const char *generation_fill(struct generation *new, const char *conf_path,
				   char *memory, size_t size)
{
	const char *why = NULL;

	new->conf = conf_load(new->arena, conf_path, &why);
	if (!new->conf)
		return why;
	why = deliverer_check(new->conf);
	if (why)
		return why;
	new->letters = letters_load(new->arena, new->conf->mail_letter_dir, &why);
	if (!new->letters)
		return why;
	new->keys = keys_load(new->conf->tokens_key_dir, 1 << KEY_CODE, memory, size);
	return new->keys ? NULL : memory;
}

/* False: nothing was taken; `event` was logged with the reason. */
static bool generation_load(struct generation *generation, const char *conf_path,
			    const char *event)
{
	struct generation new = {.arena = arena_new(ARENA_BYTES)};
	char memory[256] = "";
	const char *why = generation_fill(&new, conf_path, memory, sizeof memory);

	if (why) {
		log_error(event, "why", why);
		generation_end(&new);
		return false;
	}
	*generation = new;
	return true;
}

static size_t wanted(const struct mailer *m)
{
	return m->stopping ? 0 : (size_t)m->now.conf->mail_deliverers;
}

static size_t alive(const struct mailer *m)
{
	size_t n = 0;

	for (size_t i = 0; i < DELIVERERS_MAX; i++)
		n += m->places[i].pid != 0;
	return n;
}

/* Of several deliverers the first leaves alone what was tried before: however many
 * letters fail slowly, new ones go out. */
static void start(struct mailer *m, size_t i)
{
	const struct deliverer deliverer = {.conf = m->now.conf,
					    .letters = m->now.letters,
					    .keys = m->now.keys,
					    .fresh_only = i == 0 && wanted(m) > 1};
	struct place *place = &m->places[i];
	pid_t parent = getpid(), pid = fork();

	if (pid == 0) {
		process_child(parent, "latchkeyd: mail: deliverer");
		_exit(deliverer_run(&deliverer));
	}
	place->born_at = clock_mono_ms();
	if (pid > 0) {
		place->pid = pid;
		return;
	}
	log_error("fork_failed");
	place->due_at = place->born_at + BACKOFF_LAST_MS;
}

static void bury(struct place *place, int status)
{
	int64_t now = clock_mono_ms();
	bool clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;

	place->pid = 0;
	place->kill_at = 0;
	if (clean || now - place->born_at >= GOOD_LIFE_MS)
		place->backoff_ms = 0;
	else
		place->backoff_ms =
			place->backoff_ms ? place->backoff_ms * 2 : BACKOFF_FIRST_MS;
	if (place->backoff_ms > BACKOFF_LAST_MS)
		place->backoff_ms = BACKOFF_LAST_MS;
	place->due_at = now + place->backoff_ms;
	if (!clean)
		log_error("deliverer_died", "signal",
			  WIFSIGNALED(status) ? log_number(WTERMSIG(status)) : NULL,
			  "status",
			  WIFEXITED(status) ? log_number(WEXITSTATUS(status)) : NULL);
}

static void bury_all(struct mailer *m)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < DELIVERERS_MAX; i++)
			if (m->places[i].pid == pid)
				bury(&m->places[i], status);
}

/* Within `ms`, or it is killed: its letter is then another's, once its lease is over. */
static void end_all(struct mailer *m, int64_t ms)
{
	int64_t at = clock_mono_ms() + ms;

	for (size_t i = 0; i < DELIVERERS_MAX; i++) {
		struct place *place = &m->places[i];

		if (!place->pid)
			continue;
		kill(place->pid, SIGTERM);
		if (!place->kill_at || at < place->kill_at)
			place->kill_at = at;
	}
}

/* Milliseconds until one more has to be killed, `wait` at most */
static int64_t kill_late(struct mailer *m, int64_t wait)
{
	int64_t now = clock_mono_ms();

	for (size_t i = 0; i < DELIVERERS_MAX; i++) {
		struct place *place = &m->places[i];

		if (!place->pid || !place->kill_at)
			continue;
		if (place->kill_at <= now)
			kill(place->pid, SIGKILL);
		else if (place->kill_at - now < wait)
			wait = place->kill_at - now;
	}
	return wait;
}

/* Milliseconds until it wants to be called again */
static int64_t tend(struct mailer *m)
{
	int64_t now = clock_mono_ms(), wait = LOOK_MS;

	bury_all(m);
	for (size_t i = 0; i < wanted(m); i++) {
		struct place *place = &m->places[i];

		if (!place->pid && place->due_at <= now)
			start(m, i);
		if (!place->pid && place->due_at - now < wait)
			wait = place->due_at - now;
	}
	wait = kill_late(m, wait);
	return wait > 0 ? wait : 1;
}

static void stop(struct mailer *m)
{
	if (m->stopping)
		return;
	process_notify("STOPPING=1");
	log_info("stopping");
	m->stopping = true;
	end_all(m, m->now.conf->server_drain_timeout_s * MS_PER_S);
}

/* How long a deliverer may take that finishes its letter: what the mail server may, and
 * then the database. */
static int64_t letter_ms(const struct conf *conf)
{
	return (conf->mail_timeout_s + conf->server_drain_timeout_s) * MS_PER_S;
}

/* The deliverers have copies of what they began with; each finishes its letter, and its
 * successor has the new. One that cannot, for the database it knew is gone, is killed. */
static void reload(struct mailer *m)
{
	struct generation new;
	int64_t ms = letter_ms(m->now.conf);

	role_notify_reloading();
	if (generation_load(&new, m->conf_path, "reload_refused")) {
		generation_end(&m->now);
		m->now = new;
		role_log_level(new.conf);
		end_all(m, ms);
		log_info("reloaded");
	}
	process_notify("READY=1");
}

static void wait_for_signal(struct mailer *m, int64_t ms)
{
	const struct timespec wait = {ms / 1000, ms % 1000 * 1000000};

	switch (sigtimedwait(&m->signals, NULL, &wait)) {
	case SIGTERM:
	case SIGINT:
		stop(m);
		break;
	case SIGHUP:
		if (!m->stopping)
			reload(m);
		break;
	default: /* SIGCHLD and the end of the time: tend() sees to both */
		break;
	}
}

static void run(struct mailer *m)
{
	int64_t wait = tend(m);

	process_notify("READY=1");
	log_info("ready", "deliverers", log_number((int64_t)wanted(m)));
	while (!m->stopping || alive(m)) {
		role_pat_watchdog(&m->watchdog_at);
		wait_for_signal(m, role_wait_ms(wait));
		wait = tend(m);
	}
	log_info("stopped");
}

int mailer_run(const char *conf_path)
{
	struct mailer m = {.conf_path = conf_path};

	role_block_signals(&m.signals);
	if (!generation_load(&m.now, conf_path, "configuration_refused"))
		return 1;
	role_log_level(m.now.conf);
	run(&m);
	generation_end(&m.now);
	return 0;
}
