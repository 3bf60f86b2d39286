#include "app/deliverer.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "app/flow/deliver.h"
#include "app/store/outbox_claim.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/process.h"

enum {
	ARENA_BYTES = 1 << 20,
	SETTLE_S = 15, /* of the lease, to write down what became of a delivery */
	DOWN_PAUSE_MS = 250, /* before the database is asked again */
	BUSY_PAUSE_MS = 250, /* what is due waits for another letter to its recipient */
	IDLE_MS = 10000, /* a notification that was missed costs that much */
};

struct work {
	struct context context;
	struct deliver deliver;
	struct keys *keys;
	char keys_why[256]; /* already logged */
	int stop_fd; /* readable when SIGTERM came */
	bool stopping, listening;
};

static enum smtp_tls tls_of(const struct conf *conf)
{
	static const char *const WORDS[] = {[SMTP_TLS_NEVER] = "never",
					    [SMTP_TLS_WHEN_OFFERED] = "when-offered",
					    [SMTP_TLS_REQUIRED] = "required"};

	for (size_t i = 0; i < COUNT(WORDS); i++)
		if (strcmp(conf->mail_tls, WORDS[i]) == 0)
			return (enum smtp_tls)i;
	return SMTP_TLS_REQUIRED;
}

static struct smtp_server server_of(const struct conf *conf)
{
	return (struct smtp_server){
		.host = conf->mail_host,
		.port = (int)conf->mail_port,
		.user = *conf->mail_user ? conf->mail_user : NULL,
		.password = conf->mail_password,
		.tls = tls_of(conf),
		.timeout_s = (int)conf->mail_timeout_s,
	};
}

const char *deliverer_check(const struct conf *conf)
{
	if (!smtp_address_ok(conf->mail_from) || !strchr(conf->mail_from, '@'))
		return "mail.from: not an address";
	if (!*conf->mail_host || strchr(conf->mail_host, ':'))
		return "mail.host: neither a name nor an IPv4 address";
	if (*conf->mail_user && !conf->mail_password)
		return "mail.password: cannot be read";
	return NULL;
}

/* Ends early when the process is to stop, but only once. */
static void pause_ms(const struct work *w, int ms)
{
	struct pollfd stop = {.fd = w->stopping ? -1 : w->stop_fd, .events = POLLIN};

	(void)poll(&stop, 1, ms);
}

static void down(struct work *w)
{
	w->listening = false;
	pause_ms(w, DOWN_PAUSE_MS);
}

static void look_at_stop(struct work *w)
{
	struct signalfd_siginfo info;

	if (read(w->stop_fd, &info, sizeof info) > 0)
		w->stopping = true;
}

static void look_at_keys(struct work *w)
{
	char why[sizeof w->keys_why] = "";
	struct keys *keys;

	if (!keys_changed(w->keys))
		return;
	keys = keys_load(w->context.conf->tokens_key_dir, 1 << KEY_CODE, why, sizeof why);
	if (keys) {
		keys_free(&w->keys);
		w->keys = keys;
		w->context.keys = keys;
		log_info("keys_reloaded");
	} else if (strcmp(why, w->keys_why) != 0) {
		log_error("keys_refused", "why", why);
	}
	memcpy(w->keys_why, why, sizeof why);
}

/* New letters are notified, due at once and left to nobody in particular; what is due
 * later was tried before. */
static void wait_for_work(struct work *w)
{
	int64_t ms = IDLE_MS;

	if (!w->deliver.fresh_only && outbox_next_due(&w->context, &ms) == RC_DOWN) {
		down(w);
		return;
	}
	if (ms == 0)
		ms = BUSY_PAUSE_MS;
	if (pg_wait(w->context.pg, w->stop_fd, ms < IDLE_MS ? ms : IDLE_MS) ==
	    PG_WAKE_DOWN)
		w->listening = false;
}

/* Listening comes before looking: what is written in between is then notified. */
static void take_turn(struct work *w)
{
	if (!w->listening && pg_listen(w->context.pg, "outbox") != RC_OK) {
		down(w);
		return;
	}
	w->listening = true;
	switch (deliver_next(&w->context, &w->deliver)) {
	case RC_OK:
		break;
	case RC_NONE:
		wait_for_work(w);
		break;
	case RC_CONFLICT:
	case RC_DOWN:
		down(w);
		break;
	}
}

static void work(struct work *w)
{
	while (!w->stopping || w->deliver.unsettled) {
		arena_reset(w->context.arena);
		w->context.now_ms = clock_real_ms();
		if (deliver_settle(&w->context, &w->deliver) == RC_DOWN)
			down(w);
		look_at_stop(w);
		if (w->stopping || w->deliver.unsettled)
			continue;
		look_at_keys(w);
		take_turn(w);
	}
}

static int open_stop_fd(void)
{
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	return signalfd(-1, &stop, SFD_NONBLOCK | SFD_CLOEXEC);
}

int deliverer_run(const struct deliverer *deliverer)
{
	const struct conf *conf = deliverer->conf;
	CLEANUP(arena_free) struct arena *lasting = arena_new(ARENA_BYTES);
	CLEANUP(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	CLEANUP(pg_free)
	struct pg *pg = pg_new(conf_conninfo(lasting, conf, conf->database_mail), NULL);
	struct work w = {
		.context = {.arena = arena,
			    .pg = pg,
			    .conf = conf,
			    .keys = deliverer->keys},
		.deliver = {.letters = deliverer->letters,
			    .server = server_of(conf),
			    .lease_s = conf->mail_timeout_s + SETTLE_S,
			    .fresh_only = deliverer->fresh_only},
		.keys = deliverer->keys,
		.stop_fd = open_stop_fd(),
	};

	INVARIANT(w.stop_fd >= 0);
	work(&w);
	keys_free(&w.keys);
	close(w.stop_fd);
	return 0;
}
