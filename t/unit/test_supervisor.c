/* fakes: site supervised fcgi_client */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/supervisor.h"
#include "lib/clock.h"
#include "lib/process.h"
#include "t/fake/fcgi_client.h"
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
		exit(supervisor_serve(site_in_dir("conf")));
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
		exit(supervisor_serve(site_in_dir("conf")));
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

static bool listens(const char *name)
{
	int fd = fcgi_connect(site_in_dir(name));

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

START_TEST(workers_die_with_the_supervisor)
{
	int64_t until = clock_mono_ms() + SITE_PATIENCE_MS;

	site_start();
	ck_assert_int_ne(site_ask("/ok"), 0);
	kill(site_supervisor, SIGKILL);
	ck_assert_int_eq(site_wait_exit(), 128 + SIGKILL);
	while ((listens("run/fast.sock") || listens("run/slow.sock")) &&
	       clock_mono_ms() < until)
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
		exit(supervisor_serve(site_in_dir("conf")));
	}
	ck_assert_int_ne(site_ask("/ok"), 0);
	site_stop();
	ck_assert_int_eq(access(site_in_dir("run/fast.sock"), F_OK), 0);
	close(fast);
	close(slow);
}
END_TEST

static size_t count_titled(const char *title)
{
	char path[64], name[32];
	FILE *list;
	int pid;
	size_t n = 0;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", site_supervisor,
		 site_supervisor);
	list = fopen(path, "r");
	ck_assert_ptr_nonnull(list);
	while (fscanf(list, "%d", &pid) == 1) {
		FILE *file;

		snprintf(path, sizeof path, "/proc/%d/comm", pid);
		file = fopen(path, "r");
		n += file && fgets(name, sizeof name, file) && !strncmp(name, title, 15);
		if (file)
			fclose(file);
	}
	fclose(list);
	return n;
}

static void wait_for_crew(size_t workers, size_t refreshers)
{
	int64_t until = clock_mono_ms() + SITE_PATIENCE_MS;

	while (count_titled("latchkeyd: outside") != workers ||
	       count_titled("latchkeyd: refresher") != refreshers ||
	       site_count_children(0) != workers + refreshers) {
		ck_assert_int_lt(clock_mono_ms(), until);
		usleep(2000);
	}
}

#define PROVIDER "\n[provider one]\ntype = google\nclient_id = x\nclient_secret = x"
#define ISSUER	 "\n[issuer one]\nissuer = https://a.example\naudience = x"

/* Another role: one pool with a socket, and one process more that has none, only where
 * there is something for it to do. */
START_TEST(outside_has_its_own_crew)
{
	site_role = supervisor_outside;
	site_write_conf("one", "outside_workers = 2");
	site_start();
	wait_for_crew(2, 0);
	ck_assert(fcgi_ask(site_in_dir("run/outside.sock"), "/ok", site_text,
			   sizeof site_text));
	ck_assert_int_ne(access(site_in_dir("run/fast.sock"), F_OK), 0);
	site_write_conf("one", "outside_workers = 2" ISSUER);
	kill(site_supervisor, SIGHUP);
	wait_for_crew(2, 1);
	site_stop();
	ck_assert_int_ne(access(site_in_dir("run/outside.sock"), F_OK), 0);
	ck_assert_uint_eq(site_count_logged("\"level\":\"warn\""), 0);
}
END_TEST

START_TEST(without_a_provider_one_worker_outside)
{
	site_role = supervisor_outside;
	site_write_conf("one", "log_level = info" ISSUER);
	site_start();
	wait_for_crew(1, 1);
	site_write_conf("one", "log_level = info" PROVIDER);
	kill(site_supervisor, SIGHUP);
	wait_for_crew(6, 1);
	site_stop();
}
END_TEST

START_TEST(a_reload_brings_a_new_refresher_and_ends_the_old)
{
	site_role = supervisor_outside;
	site_write_conf("one", "outside_workers = 1\nlog_level = debug" ISSUER);
	site_start();
	wait_for_crew(1, 1);
	for (size_t i = 1; i <= 10; i++) {
		kill(site_supervisor, SIGHUP);
		site_wait_logged("\"worker_ended\",\"pool\":\"refresher\"", i);
		wait_for_crew(1, 1);
	}
	site_stop();
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
		outside_has_its_own_crew,
		without_a_provider_one_worker_outside,
		a_reload_brings_a_new_refresher_and_ends_the_old,
	};

	return unit_run("supervisor", tests, COUNT(tests), site_enter, site_leave);
}
