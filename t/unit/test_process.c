#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <locale.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/process.h"
#include "t/unit/unit.h"

static char dir[64], path[96];
static const char *why;

static void enter(void)
{
	snprintf(dir, sizeof dir, "%s/latchkey-process-XXXXXX", P_tmpdir);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/s", dir);
	why = NULL;
}

static void leave(void)
{
	unlink(path);
	rmdir(path);
	rmdir(dir);
}

static int wait_status(pid_t pid)
{
	int status = -1;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

START_TEST(start_sets_the_process_up)
{
	struct rlimit core;
	void (*pipe_handler)(int);

	umask(0);
	close(STDIN_FILENO);
	process_start();
	ck_assert_int_eq((int)umask(0), 027);
	ck_assert_int_ge(fcntl(STDIN_FILENO, F_GETFD), 0);
	ck_assert(!getrlimit(RLIMIT_CORE, &core));
	ck_assert_uint_eq(core.rlim_max, 0);
#ifndef __SANITIZE_ADDRESS__
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE), 0);
#endif
	pipe_handler = signal(SIGPIPE, SIG_DFL);
	ck_assert_ptr_eq((void *)(uintptr_t)pipe_handler, (void *)(uintptr_t)SIG_IGN);
	ck_assert_str_eq(setlocale(LC_ALL, NULL), "C.UTF-8");
	ck_assert_str_eq(tzname[0], "UTC");
}
END_TEST

/* The middle one of three: says who its child is, then is killed. */
START_TEST(child_dies_with_its_parent)
{
	int report[2];
	pid_t middle, child;
	struct pollfd end = {.events = POLLIN};
	char byte;

	ck_assert(!pipe(report));
	middle = fork();
	if (!middle) {
		pid_t parent = getpid();

		child = fork();
		if (!child) {
			process_child(parent, "a child");
			child = getpid();
			(void)!write(report[1], &child, sizeof child);
			pause();
		}
		close(report[1]);
		pause();
	}
	close(report[1]);
	ck_assert_int_eq(read(report[0], &child, sizeof child), sizeof child);
	kill(middle, SIGKILL);
	end.fd = report[0];
	/* The last writer is gone: end of file */
	ck_assert_int_eq(poll(&end, 1, 5000), 1);
	ck_assert_int_eq(read(report[0], &byte, 1), 0);
	wait_status(middle);
	close(report[0]);
}
END_TEST

START_TEST(child_of_a_dead_parent_ends)
{
	pid_t child = fork();

	if (!child) {
		process_child(1 << 30, "an orphan");
		_exit(0);
	}
	ck_assert_int_eq(WEXITSTATUS(wait_status(child)), 1);
}
END_TEST

START_TEST(child_is_deaf_to_the_terminal_and_hears_the_rest)
{
	pid_t parent = getpid(), child;
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	child = fork();
	if (!child) {
		process_child(parent, "a child");
		raise(SIGINT);
		raise(SIGHUP);
		raise(SIGTERM);
		_exit(0);
	}
	ck_assert_int_eq(WTERMSIG(wait_status(child)), SIGTERM);
}
END_TEST

START_TEST(child_has_its_title)
{
	pid_t parent = getpid(), child;

	if (unit_valgrind_without("the title of a process"))
		return;
	process_start();
	child = fork();
	if (!child) {
		char line[64] = "";
		int fd;

		process_child(parent, "latchkeyd: x");
		fd = open("/proc/self/cmdline", O_RDONLY);
		(void)!read(fd, line, sizeof line - 1);
		_exit(strncmp(line, "latchkeyd: x", strlen(line)) || !*line);
	}
	ck_assert_int_eq(wait_status(child), 0);
}
END_TEST

START_TEST(caught_signals_set_their_flags)
{
	static const int caught[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
	struct sigaction action;

	process_catch(caught, COUNT(caught));
	ck_assert(!process_got_term && !process_got_hup && !process_got_child);
	raise(SIGHUP);
	raise(SIGCHLD);
	ck_assert(!process_got_term && process_got_hup && process_got_child);
	raise(SIGINT);
	ck_assert(process_got_term);
	ck_assert(!sigaction(SIGHUP, NULL, &action));
	ck_assert(action.sa_flags & SA_RESTART);
	ck_assert(!sigaction(SIGTERM, NULL, &action));
	ck_assert(!(action.sa_flags & SA_RESTART));
}
END_TEST

static int connect_to(const char *at)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), error;

	snprintf(address.sun_path, sizeof address.sun_path, "%s", at);
	error = connect(fd, (const struct sockaddr *)&address, sizeof address) ? errno
									       : 0;
	close(fd);
	return error;
}

START_TEST(socket_listens_for_its_group_only)
{
	struct stat is;
	int fd;

	umask(0);
	fd = process_listen(path, NULL, 1024, &why);
	ck_assert_int_ge(fd, 0);
	ck_assert(!stat(path, &is));
	ck_assert_int_eq((int)(is.st_mode & 0777), 0660);
	ck_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
	ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	ck_assert_int_eq(connect_to(path), 0);
	close(fd);
}
END_TEST

START_TEST(dead_socket_is_replaced_and_a_living_one_is_not)
{
	int fd = process_listen(path, "", 1024, &why), again;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(process_listen(path, "", 1024, &why), -1);
	ck_assert_str_eq(why, "another process listens there");
	close(fd);
	ck_assert_int_eq(connect_to(path), ECONNREFUSED);
	again = process_listen(path, "", 1024, &why);
	ck_assert_int_ge(again, 0);
	ck_assert_int_eq(connect_to(path), 0);
	close(again);
}
END_TEST

START_TEST(what_is_no_socket_is_left_alone)
{
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	ck_assert_int_eq(process_listen(path, NULL, 1024, &why), -1);
	ck_assert_str_eq(why, "something else than a socket is there");
	ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(socket_that_cannot_be_says_why)
{
	char deep[200];

	snprintf(deep, sizeof deep, "%s/%0120d", dir, 0);
	ck_assert_int_eq(process_listen(deep, NULL, 1024, &why), -1);
	ck_assert_str_eq(why, "the path is too long for a socket");
	ck_assert_int_eq(process_listen(path, "no-such-group", 1024, &why), -1);
	ck_assert_str_eq(why, "no such group");
	snprintf(deep, sizeof deep, "%s/none/s", dir);
	ck_assert_int_eq(process_listen(deep, NULL, 1024, &why), -1);
	ck_assert_str_eq(why, strerror(ENOENT));
}
END_TEST

START_TEST(directory_is_made_once)
{
	struct stat is;

	umask(0);
	ck_assert(process_directory(path, NULL, &why));
	ck_assert(!stat(path, &is));
	ck_assert_int_eq((int)(is.st_mode & 0777), 0750);
	ck_assert(!chmod(path, 0700));
	ck_assert(process_directory(path, NULL, &why));
	ck_assert(!stat(path, &is));
	ck_assert_int_eq((int)(is.st_mode & 0777), 0700);
	ck_assert(!process_directory("/proc/none", NULL, &why));
	ck_assert_ptr_nonnull(why);
}
END_TEST

/* As systemd does it: descriptors from 3 on, named. */
START_TEST(inherited_sockets_are_found_by_name)
{
	int fd = process_listen(path, NULL, 1024, &why);
	char pid[24];

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(dup2(fd, 3), 3);
	ck_assert_int_eq(dup2(STDERR_FILENO, 4), 4);
	ck_assert_int_eq(fcntl(3, F_SETFL, 0), 0);
	snprintf(pid, sizeof pid, "%d", getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "2", 1);
	setenv("LISTEN_FDNAMES", "slow:log", 1);
	ck_assert_int_eq(process_inherited("slow"), 3);
	ck_assert(fcntl(3, F_GETFL) & O_NONBLOCK);
	ck_assert(fcntl(3, F_GETFD) & FD_CLOEXEC);
	ck_assert_int_eq(process_inherited("fast"), -1);
	ck_assert_int_eq(process_inherited("log"), -1); /* no socket */
	setenv("LISTEN_PID", "1", 1);
	ck_assert_int_eq(process_inherited("slow"), -1);
}
END_TEST

START_TEST(notification_reaches_its_socket)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char got[32] = "";

	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	ck_assert(!bind(fd, (const struct sockaddr *)&address, sizeof address));
	process_notify("READY=1"); /* nobody asked */
	setenv("NOTIFY_SOCKET", path, 1);
	process_notify("STOPPING=1");
	ck_assert_int_eq(recv(fd, got, sizeof got - 1, MSG_DONTWAIT), 10);
	ck_assert_str_eq(got, "STOPPING=1");
	close(fd);
}
END_TEST

START_TEST(watchdog_is_what_systemd_says)
{
	ck_assert_int_eq(process_watchdog_ms(), 0);
	setenv("WATCHDOG_USEC", "3000000", 1);
	ck_assert_int_eq(process_watchdog_ms(), 3000);
}
END_TEST

START_TEST(shared_memory_is_shared)
{
	int *shared = process_shared(100000);
	pid_t child;

	ck_assert_int_eq(shared[100], 0);
	child = fork();
	if (!child) {
		shared[100] = 7;
		_exit(0);
	}
	wait_status(child);
	ck_assert_int_eq(shared[100], 7);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		start_sets_the_process_up,
		child_dies_with_its_parent,
		child_of_a_dead_parent_ends,
		child_is_deaf_to_the_terminal_and_hears_the_rest,
		child_has_its_title,
		caught_signals_set_their_flags,
		socket_listens_for_its_group_only,
		dead_socket_is_replaced_and_a_living_one_is_not,
		what_is_no_socket_is_left_alone,
		socket_that_cannot_be_says_why,
		directory_is_made_once,
		inherited_sockets_are_found_by_name,
		notification_reaches_its_socket,
		watchdog_is_what_systemd_says,
		shared_memory_is_shared,
	};

	return unit_run("process", tests, COUNT(tests), enter, leave);
}
