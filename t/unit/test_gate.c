#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/provider/gate.h"
#include "lib/clock.h"
#include "lib/process.h"
#include "t/unit/unit.h"

enum { A = 3, B = GATE_ROWS - 1, PATIENCE_MS = 10000 };

static struct gate_row *rows;

static void setup(void)
{
	rows = process_shared(GATE_ROWS * sizeof *rows);
}

static struct gate worker(size_t slot)
{
	return (struct gate){rows, slot};
}

static enum gate_answer enter(size_t slot, size_t provider)
{
	const struct gate gate = worker(slot);

	return gate_enter(&gate, provider);
}

static int64_t leave(size_t slot, size_t provider, bool answered)
{
	const struct gate gate = worker(slot);

	return gate_leave(&gate, provider, answered);
}

static size_t count(const _Atomic int32_t *places, size_t n)
{
	size_t taken = 0;

	for (size_t i = 0; i < n; i++)
		taken += atomic_load(&places[i]) != 0;
	return taken;
}

static bool is_full(size_t provider)
{
	return count(rows[provider].holders, GATE_PLACES) == GATE_PLACES;
}

/* Its pid, once `n` wait; its status is the answer. */
static pid_t come_and_wait(size_t slot, size_t n)
{
	int64_t until = clock_mono_ms() + PATIENCE_MS;
	pid_t pid = fork();

	if (!pid)
		_exit((int)enter(slot, A));
	while (count(rows[A].waiters, GATE_WAITERS) != n) {
		ck_assert_int_lt(clock_mono_ms(), until);
		clock_sleep(1);
	}
	return pid;
}

static int answer_of(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

START_TEST(two_places)
{
	int64_t before;

	ck_assert_int_eq(enter(0, A), GATE_IN);
	ck_assert_int_eq(enter(1023, A), GATE_IN);
	before = clock_mono_ms();
	ck_assert_int_eq(enter(2, A), GATE_FULL);
	ck_assert_int_ge(clock_mono_ms(), before + GATE_WAIT_MS);
	ck_assert_uint_eq(count(rows[A].waiters, GATE_WAITERS), 0);
	ck_assert_int_eq(enter(2, B), GATE_IN);
	ck_assert_int_eq(leave(0, A, true), 0);
	ck_assert_int_eq(enter(3, A), GATE_IN);
	ck_assert(is_full(A));
}
END_TEST

START_TEST(two_wait_and_others_are_refused_at_once)
{
	int64_t before = clock_mono_ms();
	pid_t first, second;

	ck_assert_int_eq(enter(0, A), GATE_IN);
	ck_assert_int_eq(enter(1, A), GATE_IN);
	first = come_and_wait(2, 1);
	second = come_and_wait(3, 2);
	ck_assert_int_eq(enter(4, A), GATE_FULL);
	ck_assert_int_lt(clock_mono_ms(), before + GATE_WAIT_MS);
	ck_assert_int_eq(leave(1, A, true), 0);
	ck_assert_int_eq(leave(0, A, true), 0);
	ck_assert_int_eq(answer_of(first), GATE_IN);
	ck_assert_int_eq(answer_of(second), GATE_IN);
	ck_assert_int_lt(clock_mono_ms(), before + GATE_WAIT_MS);
	ck_assert(is_full(A));
	ck_assert_uint_eq(count(rows[A].waiters, GATE_WAITERS), 0);
}
END_TEST

START_TEST(who_waits_is_killed)
{
	pid_t waits;
	int status;

	ck_assert_int_eq(enter(0, A), GATE_IN);
	ck_assert_int_eq(enter(1, A), GATE_IN);
	waits = come_and_wait(2, 1);
	kill(waits, SIGKILL);
	ck_assert_int_eq(waitpid(waits, &status, 0), waits);
	ck_assert_uint_eq(count(rows[A].waiters, GATE_WAITERS), 1);
	gates_release(rows, 2);
	ck_assert_uint_eq(count(rows[A].waiters, GATE_WAITERS), 0);
	ck_assert(is_full(A));
}
END_TEST

START_TEST(nobody_waits_for_one_that_is_shut)
{
	int64_t before = clock_mono_ms();
	pid_t waits;

	ck_assert_int_eq(enter(0, A), GATE_IN);
	ck_assert_int_eq(enter(1, A), GATE_IN);
	waits = come_and_wait(2, 1);
	breaker_open(&rows[A].breaker, GATE_SHUT_MIN_MS);
	ck_assert_int_eq(enter(3, A), GATE_SHUT);
	ck_assert_int_eq(answer_of(waits), GATE_SHUT);
	ck_assert_int_lt(clock_mono_ms(), before + GATE_WAIT_MS);
}
END_TEST

/* What children count together */
struct crowd {
	_Atomic int inside, most, entered;
	int64_t until;
};

static void come_and_go(struct crowd *crowd, size_t slot)
{
	for (int i = 0; clock_mono_ms() < crowd->until; i++) {
		int now, most;

		if (enter(slot, A) != GATE_IN)
			continue;
		now = atomic_fetch_add(&crowd->inside, 1) + 1;
		most = atomic_load(&crowd->most);
		while (now > most &&
		       !atomic_compare_exchange_weak(&crowd->most, &most, now))
			continue;
		atomic_fetch_add(&crowd->entered, 1);
		if (i % 64 == 0)
			usleep(100);
		atomic_fetch_sub(&crowd->inside, 1);
		if (leave(slot, A, true))
			_exit(1);
	}
	_exit(0);
}

START_TEST(never_more_than_two)
{
	enum { CHILDREN = 6 };
	struct crowd *crowd = process_shared(sizeof *crowd);
	pid_t children[CHILDREN];
	int status;

	crowd->until = clock_mono_ms() + 500;
	for (size_t i = 0; i < CHILDREN; i++) {
		children[i] = fork();
		if (!children[i])
			come_and_go(crowd, i);
	}
	for (size_t i = 0; i < CHILDREN; i++) {
		ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
		ck_assert_int_eq(status, 0);
	}
	ck_assert_int_eq(atomic_load(&crowd->most), GATE_PLACES);
	ck_assert_int_ge(atomic_load(&crowd->entered), 300);
	ck_assert_uint_eq(count(rows[A].waiters, GATE_WAITERS), 0);
	ck_assert_int_eq(enter(7, A), GATE_IN);
	ck_assert_int_eq(enter(8, A), GATE_IN);
}
END_TEST

/* Its pid, once it is in */
static pid_t hold_for_ever(size_t slot)
{
	int64_t until = clock_mono_ms() + PATIENCE_MS;
	_Atomic int *in = process_shared(sizeof *in);
	pid_t pid = fork();

	if (!pid) {
		atomic_store(in, enter(slot, A) == GATE_IN);
		for (;;)
			pause();
	}
	while (!atomic_load(in)) {
		ck_assert_int_lt(clock_mono_ms(), until);
		usleep(1000);
	}
	return pid;
}

START_TEST(who_is_killed_leaves)
{
	pid_t first = hold_for_ever(10), second = hold_for_ever(11);
	int status;

	ck_assert(is_full(A));
	kill(second, SIGKILL);
	ck_assert_int_eq(waitpid(second, &status, 0), second);
	gates_release(rows, 11);
	ck_assert_int_eq(enter(12, A), GATE_IN);
	ck_assert(is_full(A));
	kill(first, SIGKILL);
	ck_assert_int_eq(waitpid(first, &status, 0), first);
}
END_TEST

static int64_t visit(bool answered)
{
	ck_assert_int_eq(enter(1, A), GATE_IN);
	return leave(1, A, answered);
}

static void let_time_pass(void)
{
	atomic_store(&rows[A].breaker.retry_at, clock_mono_ms() - 1);
}

START_TEST(shut_after_three_failures)
{
	ck_assert_int_eq(visit(false), 0);
	ck_assert_int_eq(visit(false), 0);
	ck_assert_int_eq(visit(true), 0);
	ck_assert_int_eq(visit(false), 0);
	ck_assert_int_eq(visit(false), 0);
	ck_assert_int_eq(visit(false), 5000);
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(enter(i, A), GATE_SHUT);
	ck_assert_int_eq(enter(1, B), GATE_IN);
}
END_TEST

START_TEST(shut_for_longer_and_longer)
{
	static const int64_t times[] = {5000, 10000, 20000, 30000, 30000, 30000};
	int64_t before;

	(void)visit(false);
	(void)visit(false);
	for (size_t i = 0; i < COUNT(times); i++) {
		before = clock_mono_ms();
		ck_assert_int_eq(visit(false), times[i]);
		ck_assert_int_ge(atomic_load(&rows[A].breaker.retry_at),
				 before + times[i]);
		ck_assert_int_eq(enter(1, A), GATE_SHUT);
		let_time_pass();
	}
	ck_assert_int_eq(visit(true), 0);
	ck_assert_int_eq(visit(false), 0);
	ck_assert_int_eq(visit(false), 0);
	ck_assert_int_eq(visit(false), 5000);
}
END_TEST

START_TEST(one_tries_again)
{
	for (int i = 0; i < GATE_FAILURES; i++)
		(void)visit(false);
	let_time_pass();
	ck_assert_int_eq(enter(1, A), GATE_IN);
	ck_assert_int_eq(enter(2, A), GATE_SHUT);
	ck_assert_int_eq(leave(1, A, true), 0);
	ck_assert_int_eq(enter(2, A), GATE_IN);
}
END_TEST

START_TEST(another_configuration)
{
	for (int i = 0; i < GATE_FAILURES; i++)
		(void)visit(false);
	ck_assert_int_eq(enter(5, B), GATE_IN);
	gates_renew(rows);
	ck_assert_int_eq(visit(false), 0);
	ck_assert_int_eq(enter(6, B), GATE_IN);
	ck_assert(is_full(B)); /* 5 is still there */
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		two_places,
		two_wait_and_others_are_refused_at_once,
		who_waits_is_killed,
		nobody_waits_for_one_that_is_shut,
		never_more_than_two,
		who_is_killed_leaves,
		shut_after_three_failures,
		shut_for_longer_and_longer,
		one_tries_again,
		another_configuration,
	};

	return unit_run("gate", tests, COUNT(tests), setup, NULL);
}
