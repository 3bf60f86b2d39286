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
	struct call other = {.breaker = &breaker}, alone = {0};

	call_chose(&first, "192.0.2.1", "5432");
	call_chose(&second, "192.0.2.1", "5432");
	call_chose(&other, "192.0.2.1", "5433");
	ck_assert(call_begin(&first, 100) && call_begin(&second, 100));
	call_late(&first, 101);
	ck_assert(!call_given_up(&second));
	call_late(&first, 100);
	ck_assert(!call_given_up(&other));
	breaker_good(&breaker); /* by another server */
	call_late(&second, 100);
	ck_assert(breaker_allows(&breaker));
	ck_assert(call_given_up(&second));
	ck_assert(!call_given_up(&second));
	/* That one hangs, too; whoever tells knows it already */
	ck_assert(call_begin(&other, 100));
	call_late(&other, 100);
	ck_assert(!breaker_allows(&breaker));
	ck_assert(!call_given_up(&other) && !call_given_up(&second));
	ck_assert(!call_given_up(&alone));
}
END_TEST

START_TEST(who_probes_in_vain_leaves_it_closed)
{
	struct breaker breaker = {0};
	struct call call = {.breaker = &breaker};

	breaker_open(&breaker, -1); /* its time is over */
	ck_assert(call_begin(&call, 100) && call_allowed(&call));
	breaker_good(&breaker); /* another got through */
	call_late(&call, 100);
	ck_assert(breaker_allows(&breaker));
	breaker_open(&breaker, -1);
	ck_assert(call_begin(&call, 100) && call_allowed(&call));
	call_late(&call, 100);
	ck_assert(!breaker_allows(&breaker));
	breaker_good(&breaker);
	ck_assert(call_begin(&call, 100) && call_allowed(&call));
	call_late(&call, 100);
	ck_assert(!breaker_allows(&breaker));
}
END_TEST

START_TEST(one_server_is_never_given_up)
{
	struct breaker breaker = {0};
	struct call first = {.breaker = &breaker}, second = {.breaker = &breaker};

	for (int i = 0; i < 3; i++) {
		ck_assert(call_begin(&first, 100));
		breaker_good(&breaker);
		call_late(&first, 100);
		ck_assert(!breaker_allows(&breaker));
		ck_assert(!call_given_up(&second));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("call");
	TCase *tcase = tcase_create("call");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, the_earlier_deadline_counts);
	tcase_add_test(tcase, waiting);
	tcase_add_test(tcase, pauses_grow_within_their_bounds);
	tcase_add_test(tcase, only_a_fair_wait_opens_the_breaker);
	tcase_add_test(tcase, the_first_to_wait_in_vain_tells_all);
	tcase_add_test(tcase, who_probes_in_vain_leaves_it_closed);
	tcase_add_test(tcase, one_server_is_never_given_up);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
