#include "t/fake/site.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/supervisor.h"
#include "lib/clock.h"
#include "t/fake/fcgi_client.h"
#include "t/unit/unit.h"

enum { LOG_BYTES = 200000 };

pid_t site_supervisor;
int site_fast_workers = 2;
int (*site_role)(const char *conf_path) = supervisor_serve;
char site_text[4096];

static char dir[64], logged[LOG_BYTES];

const char *site_in_dir(const char *name)
{
	static char paths[4][128];
	static unsigned next;
	char *path = paths[next++ % COUNT(paths)];

	snprintf(path, sizeof paths[0], "%s/%s", dir, name);
	return path;
}

void site_write_file(const char *name, const char *fmt, ...)
{
	int fd = open(site_in_dir(name), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0640);
	va_list args;

	ck_assert_int_ge(fd, 0);
	va_start(args, fmt);
	vdprintf(fd, fmt, args);
	va_end(args);
	close(fd);
}

void site_write_conf(const char *service, const char *more)
{
	site_write_file(
		"conf",
		"[server]\nrun_dir = %s/run\nfast_workers = %d\nslow_workers = 1\n%s\n"
		"[tokens]\nkey_dir = %s/keys\n[web]\nservice_name = %s\n",
		dir, site_fast_workers, more, dir, service);
}

void site_enter(void)
{
	snprintf(dir, sizeof dir, "%s/latchkey-crew-XXXXXX", P_tmpdir);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	mkdir(site_in_dir("keys"), 0700);
	site_write_file("keys/manifest", "1");
	site_write_conf("one", "");
}

/* What a failed test left running dies by PDEATHSIG of its parent, or here. */
void site_leave(void)
{
	static const char *const names[] = {"conf",
					    "log",
					    "run/fast.sock",
					    "run/slow.sock",
					    "run/outside.sock",
					    "keys/crash",
					    "keys/bad",
					    "keys/manifest"};

	if (site_supervisor > 0)
		kill(site_supervisor, SIGKILL);
	for (size_t i = 0; i < COUNT(names); i++)
		unlink(site_in_dir(names[i]));
	rmdir(site_in_dir("run"));
	rmdir(site_in_dir("keys"));
	rmdir(dir);
}

const char *site_log_so_far(void)
{
	int fd = open(site_in_dir("log"), O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, logged, sizeof logged - 1);

	logged[n > 0 ? n : 0] = '\0';
	close(fd);
	return logged;
}

size_t site_count_logged(const char *part)
{
	size_t n = 0;

	for (const char *at = site_log_so_far(); (at = strstr(at, part));
	     at += strlen(part))
		n++;
	return n;
}

void site_wait_logged(const char *part, size_t times)
{
	int64_t until = clock_mono_ms() + SITE_PATIENCE_MS;

	while (site_count_logged(part) < times) {
		ck_assert_msg(clock_mono_ms() < until, "%zu x %s not in: %s", times, part,
			      logged);
		usleep(2000);
	}
}

void site_start(void)
{
	unlink(site_in_dir("log"));
	site_supervisor = fork();
	if (!site_supervisor) {
		int fd = open(site_in_dir("log"), O_CREAT | O_WRONLY | O_APPEND, 0600);

		dup2(fd, STDERR_FILENO);
		close(fd);
		exit(site_role(site_in_dir("conf")));
	}
	site_wait_logged("\"ready\"", 1);
}

int site_wait_exit(void)
{
	int status = -1;

	ck_assert_int_eq(waitpid(site_supervisor, &status, 0), site_supervisor);
	site_supervisor = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void site_stop(void)
{
	kill(site_supervisor, SIGTERM);
	ck_assert_int_eq(site_wait_exit(), 0);
}

/* The pid of the worker that answered */
pid_t site_ask(const char *uri)
{
	int pid = 0;

	if (fcgi_ask(site_in_dir("run/fast.sock"), uri, site_text, sizeof site_text))
		sscanf(strstr(site_text, "pid="), "pid=%d", &pid);
	return pid;
}

size_t site_count_children(pid_t not_this_one)
{
	char path[64];
	FILE *list;
	int pid;
	size_t n = 0;

	snprintf(path, sizeof path, "/proc/%d/task/%d/children", site_supervisor,
		 site_supervisor);
	list = fopen(path, "r");
	ck_assert_ptr_nonnull(list);
	while (fscanf(list, "%d", &pid) == 1)
		n = pid == not_this_one ? 100 : n + 1;
	fclose(list);
	return n;
}

bool site_is_running(pid_t pid)
{
	char path[64], state = 'Z';
	FILE *file;

	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 'Z';
	fclose(file);
	return state != 'Z';
}

/* A client of its own process; its exit status says whether there was a whole answer. */
pid_t site_ask_aside(const char *uri)
{
	pid_t pid = fork();

	if (!pid)
		_exit(site_ask(uri) ? 0 : 1);
	usleep(50 * 1000);
	return pid;
}

bool site_was_answered(pid_t client)
{
	int status = -1;

	ck_assert_int_eq(waitpid(client, &status, 0), client);
	return status == 0;
}

/* Asks until it finds a file `done`: the exit status is whether all were answered. */
pid_t site_ask_on(void)
{
	pid_t pid = fork();
	bool good = true;

	if (pid)
		return pid;
	while (access(site_in_dir("keys/bad"), F_OK))
		good = site_ask("/ok") && good;
	_exit(!good);
}
