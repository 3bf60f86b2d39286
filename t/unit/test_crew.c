/* fakes: site supervised fcgi_client */
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/pool.h"
#include "lib/clock.h"
#include "t/fake/fcgi_client.h"
#include "t/fake/site.h"
#include "t/unit/unit.h"

START_TEST(both_pools_answer_and_stop)
{
	int pid = 0;

	site_start();
	ck_assert_int_ne(site_ask("/ok"), 0);
	ck_assert_int_eq(getpriority(PRIO_PROCESS, (id_t)site_ask("/ok")),
			 getpriority(PRIO_PROCESS, 0));
	ck_assert_int_eq(sched_getscheduler(site_ask("/ok")), SCHED_BATCH);
	pid = site_ask("/ok");
	ck_assert_int_eq(getsid(pid), pid);
	ck_assert(fcgi_ask(site_in_dir("run/slow.sock"), "/ok", site_text,
			   sizeof site_text));
	sscanf(strstr(site_text, "pid="), "pid=%d", &pid);
	ck_assert_int_eq(getpriority(PRIO_PROCESS, (id_t)pid), 10);
	ck_assert_int_eq(sched_getscheduler(pid), SCHED_OTHER);
	ck_assert_int_eq(getsid(pid), getsid(0));
	ck_assert_uint_eq(site_count_children(0), SITE_WORKERS);
	site_stop();
	site_wait_logged("\"stopped\"", 1);
	ck_assert_int_ne(access(site_in_dir("run/fast.sock"), F_OK), 0);
	ck_assert_uint_eq(site_count_logged("\"level\":\"warn\""), 0);
}
END_TEST

/* Also several times in a row, as long as they answered something meanwhile. The best of
 * them tells, for the machine may have other work to do. */
START_TEST(killed_worker_is_replaced_at_once)
{
	int64_t least = SITE_PATIENCE_MS;

	site_start();
	for (int i = 0; i < 8; i++) {
		pid_t worker = site_ask("/ok");
		int64_t from, took = 0;

		ck_assert_int_ne(worker, 0);
		usleep(10 * 1000); /* it counts the request after the answer */
		from = clock_mono_ms();
		kill(worker, SIGKILL);
		while (site_count_children(worker) != SITE_WORKERS) {
			took = clock_mono_ms() - from;
			ck_assert_int_lt(took, SITE_PATIENCE_MS);
		}
		if (took < least)
			least = took;
	}
	ck_assert_int_lt(least, 100);
	ck_assert_uint_eq(site_count_logged("\"signal\":\"KILL\""), 8);
	ck_assert_uint_eq(site_count_logged("\"next_in_ms\":\"0\""), 8);
	site_stop();
}
END_TEST

START_TEST(crash_costs_one_request)
{
	site_start();
	ck_assert_int_eq(site_ask("/crash"), 0);
	ck_assert_int_ne(site_ask("/ok"), 0);
	site_wait_logged("\"signal\":\"ABRT\"", 1);
	site_stop();
}
END_TEST

START_TEST(crash_loop_backs_off_and_recovers)
{
	site_write_file("keys/crash", "1");
	site_start();
	site_wait_logged("\"next_in_ms\":\"0\"", SITE_WORKERS);
	site_wait_logged("\"next_in_ms\":\"1000\"", SITE_WORKERS);
	usleep(500 * 1000);
	ck_assert_uint_eq(site_count_logged("\"worker_died\""), 2 * SITE_WORKERS);
	site_wait_logged("\"next_in_ms\":\"2000\"", SITE_WORKERS);
	unlink(site_in_dir("keys/crash"));
	ck_assert_int_ne(site_ask("/ok"), 0); /* waits in the backlog */
	site_stop();
}
END_TEST

START_TEST(stuck_worker_is_killed)
{
	pid_t client;
	int64_t from;

	site_write_conf("one", "request_timeout_s = 1");
	site_start();
	client = site_ask_aside("/stuck");
	from = clock_mono_ms();
	ck_assert(!site_was_answered(client));
	ck_assert_int_lt(clock_mono_ms() - from, 2500);
	ck_assert_uint_eq(site_count_logged("\"worker_stuck\""), 1);
	ck_assert_uint_eq(site_count_logged("\"worker_died\""), 0); /* said once */
	ck_assert_int_ne(site_ask("/ok"), 0);
	site_stop();
}
END_TEST

START_TEST(stop_lets_requests_finish)
{
	pid_t client;

	site_start();
	client = site_ask_aside("/sleep");
	site_stop();
	ck_assert(site_was_answered(client));
}
END_TEST

/* Two workers, five requests: those who wait in the backlog are answered too. */
START_TEST(stop_answers_who_waits)
{
	pid_t clients[5];

	site_start();
	for (size_t i = 0; i < COUNT(clients); i++)
		clients[i] = site_ask_aside("/sleep");
	site_stop();
	for (size_t i = 0; i < COUNT(clients); i++)
		ck_assert(site_was_answered(clients[i]));
}
END_TEST

START_TEST(stop_waits_no_longer_than_said)
{
	pid_t client;
	int64_t from;

	site_write_conf("one", "drain_timeout_s = 1");
	site_start();
	client = site_ask_aside("/stuck");
	from = clock_mono_ms();
	site_stop();
	ck_assert_int_ge(clock_mono_ms() - from, 950);
	ck_assert_int_lt(clock_mono_ms() - from, 1500);
	ck_assert(!site_was_answered(client));
	ck_assert_uint_eq(site_count_logged("\"worker_stuck\""), 1);
}
END_TEST

START_TEST(worker_is_renewed_after_its_requests)
{
	pid_t first;

	site_write_conf("one", "worker_requests = 5\nlog_level = debug");
	site_start();
	first = site_ask("/ok");
	for (int i = 0; i < 60; i++)
		ck_assert_int_ne(site_ask("/ok"), 0);
	ck_assert(!site_is_running(first));
	ck_assert_uint_ge(site_count_logged("\"worker_ended\""), 4);
	ck_assert_uint_eq(site_count_logged("\"worker_died\""), 0);
	site_stop();
}
END_TEST

START_TEST(crew_is_as_large_as_said_or_as_the_machine)
{
	struct conf conf = {.server_fast_workers = 3, .server_slow_workers = 0};

	ck_assert_uint_eq(pool_size(&conf, POOL_FAST), 3);
	ck_assert_uint_ge(pool_size(&conf, POOL_SLOW), 1);
	conf.server_fast_workers = 0;
	ck_assert_uint_ge(pool_size(&conf, POOL_FAST), 2 * pool_size(&conf, POOL_SLOW));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		both_pools_answer_and_stop,
		killed_worker_is_replaced_at_once,
		crash_costs_one_request,
		crash_loop_backs_off_and_recovers,
		stuck_worker_is_killed,
		stop_lets_requests_finish,
		stop_answers_who_waits,
		stop_waits_no_longer_than_said,
		worker_is_renewed_after_its_requests,
		crew_is_as_large_as_said_or_as_the_machine,
	};

	return unit_run("crew", tests, COUNT(tests), site_enter, site_leave);
}
