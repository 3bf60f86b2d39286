#include "lib/call.h"

#include <check.h>
#include <poll.h>
#include <unistd.h>

#include "lib/clock.h"

START_TEST(the_earlier_deadline_counts)
{
	struct call call = {0};
	int64_t now = clock_mono_ms();

	ck_assert(call_begin(&call, 1000));
	ck_assert_int_ge(call.until, now + 1000);
	call.limit = now + 50;
	ck_assert(call_begin(&call, 1000));
	ck_assert_int_eq(call.until, now + 50);
	call.limit = now - 1;
	ck_assert(!call_begin(&call, 1000));
}
END_TEST

START_TEST(waiting)
{
	struct call call = {0};
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	ck_assert(call_begin(&call, 20));
	ck_assert(!call_readable(fds[0]));
	ck_assert(!call_wait(&call, fds[0], POLLIN));
	ck_assert_int_ge(clock_mono_ms(), call.until);
	ck_assert(call_wait(&call, fds[1], POLLOUT));
	ck_assert_int_eq(write(fds[1], "x", 1), 1);
	ck_assert(call_readable(fds[0]));
	call_unbounded(&call);
	ck_assert(call_wait(&call, fds[0], POLLIN));
	close(fds[1]);
	close(fds[0]);
}
END_TEST

START_TEST(pauses_grow_within_their_bounds)
{
	struct call call = {0};
	int64_t pause;

	ck_assert(call_may_connect(&call));
	for (int i = 0; i < 100; i++) {
		int64_t now = clock_mono_ms();

		call_refused(&call);
		pause = call.connect_at - now;
		ck_assert(!call_may_connect(&call));
		ck_assert_int_ge(pause,
				 i < 4 ? CALL_PAUSE_MIN_MS : CALL_PAUSE_MAX_MS / 2);
		ck_assert_int_le(pause, CALL_PAUSE_MAX_MS + 5);
	}
	call_connected(&call);
	ck_assert(call_may_connect(&call));
}
END_TEST

START_TEST(only_a_fair_wait_opens_the_breaker)
{
	struct breaker breaker = {0};
	struct call call = {.breaker = &breaker};

	ck_assert(call_begin(&call, 100));
	call_late(&call, 101);
	ck_assert(breaker_allows(&breaker));
	call_late(&call, 100);
	ck_assert(!breaker_allows(&breaker));
	call.breaker = NULL;
	call_late(&call, 100);
}
END_TEST

START_TEST(the_first_to_wait_in_vain_tells_all)
{
	struct breaker breaker = {0};
	struct call first = {.breaker = &breaker}, second = {.breaker = &breaker};
	struct call later = {.breaker = &breaker}, alone = {0};

	ck_assert(call_begin(&first, 100) && call_begin(&second, 100));
	ck_assert(call_begin(&alone, 100));
	ck_assert_uint_eq(call_turns(&first), 0);
	call_late(&first, 101);
	ck_assert_uint_eq(call_turns(&later), 0);
	call_late(&first, 100);
	ck_assert_uint_eq(call_turns(&later), 1);
	ck_assert_uint_eq(call_turns(&later), 0);
	/* Others have reached another server meanwhile */
	breaker_good(&breaker);
	call_late(&second, 100);
	ck_assert(breaker_allows(&breaker));
	ck_assert_uint_eq(call_turns(&later), 0);
	ck_assert_uint_eq(call_turns(&second), 1);
	call_late(&second, 100);
	ck_assert(!breaker_allows(&breaker));
	ck_assert_uint_eq(call_turns(&first), 2);
	call_late(&alone, 100);
	ck_assert_uint_eq(call_turns(&alone), 1);
	ck_assert_uint_eq(call_turns(&alone), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("call");
	TCase *tcase = tcase_create("call");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, the_earlier_deadline_counts);
	tcase_add_test(tcase, waiting);
	tcase_add_test(tcase, pauses_grow_within_their_bounds);
	tcase_add_test(tcase, only_a_fair_wait_opens_the_breaker);
	tcase_add_test(tcase, the_first_to_wait_in_vain_tells_all);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
