/* For tests against real servers: where they are, and doing things to them. */
#ifndef T_LIVE_LIVE_H
#define T_LIVE_LIVE_H

#include <check.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/breaker.h"
#include "lib/clock.h"

static inline const char *live_env(const char *name)
{
	const char *value = getenv(name);

	if (!value || !*value) {
		fprintf(stderr, "%s is not set; run this by t/live/run\n", name);
		exit(2);
	}
	return value;
}

/* A child asserts nothing: Check writes a mark for each assertion into a file that both
 * share, and the parent may be reading it. */
static inline pid_t live_fork(void)
{
	pid_t child = fork();

	if (child != 0)
		ck_assert_int_gt(child, 0);
	return child;
}

/* t/live/server WHICH ACTION after a while, at the same time as what follows. To be
 * waited for. */
static inline pid_t live_server_later(const char *which, const char *action, unsigned ms)
{
	const char *program = live_env("LATCHKEY_TEST_SERVER");
	pid_t child = live_fork();

	if (child == 0) {
		usleep(ms * 1000);
		execl(program, program, which, action, (char *)NULL);
		_exit(127);
	}
	return child;
}

static inline void live_server(const char *which, const char *action)
{
	pid_t child = live_server_later(which, action, 0);
	int status;

	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}

/* What a machine with other work to do may add. Limits that are passed over, of 500 ms
 * and more, are still told from those that hold. */
enum { LIVE_LATE_MS = 300 };
#define ck_within(ms, call)                                                              \
	do {                                                                             \
		int64_t began_ = clock_mono_ms();                                        \
		call;                                                                    \
		ck_assert_int_le(clock_mono_ms() - began_, (ms) + LIVE_LATE_MS);         \
	} while (0)

static inline int live_main(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	signal(SIGPIPE, SIG_IGN);
	srunner_set_fork_status(runner, CK_NOFORK); /* tests share the servers' state */
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}

#endif
