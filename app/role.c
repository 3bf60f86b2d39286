#include "app/role.h"

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/process.h"

enum { PATS = 3 }; /* within the time that systemd gives */

void role_block_signals(sigset_t *signals)
{
	static const int blocked[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};

	sigemptyset(signals);
	for (size_t i = 0; i < COUNT(blocked); i++)
		sigaddset(signals, blocked[i]);
	sigprocmask(SIG_BLOCK, signals, NULL);
	/* Inherited as ignored (nohup(1)), children would leave no status */
	signal(SIGCHLD, SIG_DFL);
}

void role_log_level(const struct conf *conf)
{
	static const char *const names[] = {[LOG_LEVEL_ERROR] = "error",
					    [LOG_LEVEL_WARN] = "warn",
					    [LOG_LEVEL_INFO] = "info",
					    [LOG_LEVEL_DEBUG] = "debug"};

	for (size_t i = 0; i < COUNT(names); i++)
		if (!strcmp(conf->server_log_level, names[i]))
			log_open("latchkeyd", (enum log_level)i);
}

void role_notify_reloading(void)
{
	struct timespec now;
	char state[64];
	int n;

	/* Type=notify-reload wants the time, others do not mind (sd_notify(3)) */
	clock_gettime(CLOCK_MONOTONIC, &now);
	n = snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%lld",
		     (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	INVARIANT(n > 0 && (size_t)n < sizeof state);
	process_notify(state);
}

void role_pat_watchdog(int64_t *last)
{
	int64_t within = process_watchdog_ms(), now = clock_mono_ms();

	if (!within || now - *last < within / PATS)
		return;
	*last = now;
	process_notify("WATCHDOG=1");
}

int64_t role_wait_ms(int64_t ms)
{
	int64_t within = process_watchdog_ms();

	return within && within / PATS < ms ? within / PATS : ms;
}
