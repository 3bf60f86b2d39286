/* fakes: site supervised fcgi_client */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/supervisor.h"
#include "lib/clock.h"
#include "lib/process.h"
#include "t/fake/site.h"
#include "t/unit/unit.h"

START_TEST(reloads_lose_no_request)
{
	pid_t clients[3], before;

	site_start();
	before = site_ask("/ok");
	for (size_t i = 0; i < COUNT(clients); i++)
		clients[i] = site_ask_on();
	for (size_t i = 1; i <= 20; i++) {
		kill(site_supervisor, SIGHUP);
		site_wait_logged("\"reloaded\"", i);
	}
	site_write_file("keys/bad", "ends the clients");
	for (size_t i = 0; i < COUNT(clients); i++)
		ck_assert(site_was_answered(clients[i]));
	ck_assert(!site_is_running(before));
	site_stop();
}
END_TEST

START_TEST(reload_takes_the_new_settings)
{
	site_start();
	site_fast_workers = 4;
	site_write_conf("two", "backlog = 2048\nsocket_group = root\nslow_nice = 19");
	kill(site_supervisor, SIGHUP);
	site_wait_logged("\"reloaded\"", 1);
	ck_assert_uint_eq(
		site_count_logged("\"restart_needed\",\"setting\":\"server.backlog\""),
		1);
	ck_assert_uint_eq(site_count_logged("\"restart_needed\""), 2);
	while (site_count_children(0) != SITE_WORKERS + 2)
		usleep(1000);
	ck_assert_int_ne(site_ask("/ok"), 0);
	ck_assert_ptr_nonnull(strstr(site_text, "name=two"));
	site_stop();
}
END_TEST

START_TEST(bad_configuration_changes_nothing)
{
	pid_t before;

	site_start();
	before = site_ask("/ok");
	site_write_conf("two", "no_such_key = 1");
	kill(site_supervisor, SIGHUP);
	site_wait_logged("\"reload_refused\"", 1);
	ck_assert_ptr_nonnull(strstr(site_log_so_far(), "no_such_key"));
	site_write_conf("two", "");
	site_write_file("keys/bad", "1");
	kill(site_supervisor, SIGHUP);
	site_wait_logged("\"why\":\"bad keys\"", 1);
	ck_assert_int_ne(site_ask("/ok"), 0);
	ck_assert_ptr_nonnull(strstr(site_text, "name=one"));
	ck_assert(site_is_running(before));
	site_stop();
}
END_TEST

START_TEST(bad_configuration_does_not_start)
{
	site_write_conf("one", "no_such_key = 1");
	site_supervisor = fork();
	if (!site_supervisor) {
		dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
		exit(supervisor_run(site_in_dir("conf")));
	}
	ck_assert_int_eq(site_wait_exit(), 1);
}
END_TEST

START_TEST(second_supervisor_does_not_take_the_sockets)
{
	pid_t first;

	site_start();
	first = site_supervisor;
	site_supervisor = fork();
	if (!site_supervisor) {
		dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
		exit(supervisor_run(site_in_dir("conf")));
	}
	ck_assert_int_eq(site_wait_exit(), 1);
	site_supervisor = first;
	ck_assert_int_ne(site_ask("/ok"), 0);
	site_stop();
}
END_TEST

START_TEST(changed_keys_are_made_known_and_bad_ones_are_not)
{
	site_start();
	usleep(20 * 1000);
	site_write_file("keys/manifest", "2");
	site_wait_logged("\"keys_reloaded\"", 1);
	ck_assert_int_ne(site_ask("/ok"), 0);
	ck_assert_ptr_nonnull(strstr(site_text, "keys=1"));
	site_write_file("keys/bad", "1");
	site_write_file("keys/manifest", "3");
	site_wait_logged("\"keys_refused\"", 1);
	ck_assert_int_ne(site_ask("/ok"), 0);
	ck_assert_ptr_nonnull(strstr(site_text, "keys=1"));
	site_stop();
}
END_TEST

START_TEST(workers_die_with_the_supervisor)
{
	int64_t until = clock_mono_ms() + SITE_PATIENCE_MS;

	site_start();
	ck_assert_int_ne(site_ask("/ok"), 0);
	kill(site_supervisor, SIGKILL);
	ck_assert_int_eq(site_wait_exit(), 128 + SIGKILL);
	while (site_ask("/ok") && clock_mono_ms() < until)
		usleep(1000);
	ck_assert_int_eq(site_ask("/ok"), 0);
	site_start(); /* on the sockets that the dead one left */
	ck_assert_int_ne(site_ask("/ok"), 0);
	site_stop();
}
END_TEST

START_TEST(sockets_of_systemd_are_used_and_left)
{
	const char *why;
	char pid[24];
	int fast, slow;

	mkdir(site_in_dir("run"), 0700);
	fast = process_listen(site_in_dir("run/fast.sock"), NULL, 1024, &why);
	slow = process_listen(site_in_dir("run/slow.sock"), NULL, 1024, &why);
	site_supervisor = fork();
	if (!site_supervisor) {
		dup2(open(site_in_dir("log"), O_CREAT | O_WRONLY | O_APPEND, 0600),
		     STDERR_FILENO);
		dup2(fast, 20);
		dup2(slow, 4);
		dup2(20, 3);
		snprintf(pid, sizeof pid, "%d", getpid());
		setenv("LISTEN_PID", pid, 1);
		setenv("LISTEN_FDS", "2", 1);
		setenv("LISTEN_FDNAMES", "fast:slow", 1);
		exit(supervisor_run(site_in_dir("conf")));
	}
	ck_assert_int_ne(site_ask("/ok"), 0);
	site_stop();
	ck_assert_int_eq(access(site_in_dir("run/fast.sock"), F_OK), 0);
	close(fast);
	close(slow);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		reloads_lose_no_request,
		reload_takes_the_new_settings,
		bad_configuration_changes_nothing,
		bad_configuration_does_not_start,
		second_supervisor_does_not_take_the_sockets,
		changed_keys_are_made_known_and_bad_ones_are_not,
		workers_die_with_the_supervisor,
		sockets_of_systemd_are_used_and_left,
	};

	return unit_run("supervisor", tests, COUNT(tests), site_enter, site_leave);
}
