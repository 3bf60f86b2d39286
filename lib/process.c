#include "lib/process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <locale.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "lib/text.h"

volatile sig_atomic_t process_got_term, process_got_hup, process_got_child;

/* The memory of main()'s arguments, which ps shows; 0 bytes: unknown. */
static struct {
	char *at;
	size_t bytes;
} arguments;

static void open_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	INVARIANT(fd > STDERR_FILENO);
	close(fd);
}

/* glibc's program_invocation_name is argv[0]; the arguments follow one another there, as
 * long as the kernel says. */
static void find_arguments(void)
{
	char copy[4096];
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return;
	n = read(fd, copy, sizeof copy);
	close(fd);
	if (n <= 0 || memcmp(copy, program_invocation_name, (size_t)n))
		return;
	arguments.at = program_invocation_name;
	arguments.bytes = (size_t)n;
}

static void forbid_dumps(void)
{
	const struct rlimit none = {0, 0};

	INVARIANT(!setrlimit(RLIMIT_CORE, &none));
#ifndef __SANITIZE_ADDRESS__ /* LeakSanitizer looks at the process by ptrace(2) */
	INVARIANT(!prctl(PR_SET_DUMPABLE, 0));
#endif
}

void process_start(void)
{
	open_standard_descriptors();
	find_arguments();
	forbid_dumps();
	umask(027);
	setlocale(LC_ALL, "C.UTF-8");
	setenv("TZ", "UTC", 1);
	tzset();
	signal(SIGPIPE, SIG_IGN);
}

static void set_title(const char *title)
{
	char name[16]; /* what the kernel keeps, task_comm_len */
	struct buf buf;

	buf_init(&buf, name, sizeof name);
	buf_puts(&buf, title);
	prctl(PR_SET_NAME, name);
	if (!arguments.bytes)
		return;
	memset(arguments.at, 0, arguments.bytes);
	buf_init(&buf, arguments.at, arguments.bytes);
	buf_puts(&buf, title);
}

void process_child(pid_t parent, const char *title)
{
	static const int defaults[] = {SIGTERM, SIGCHLD, SIGALRM, SIGUSR1, SIGUSR2};
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	for (size_t i = 0; i < COUNT(defaults); i++)
		signal(defaults[i], SIG_DFL);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	process_got_term = process_got_hup = process_got_child = 0;
	set_title(title);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void note_signal(int number)
{
	if (number == SIGTERM || number == SIGINT)
		process_got_term = 1;
	if (number == SIGHUP)
		process_got_hup = 1;
	if (number == SIGCHLD)
		process_got_child = 1;
}

void process_catch(const int *signals, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool ends = signals[i] == SIGTERM || signals[i] == SIGINT;
		struct sigaction action = {.sa_handler = note_signal,
					   .sa_flags = ends ? 0 : SA_RESTART};

		INVARIANT(!sigaction(signals[i], &action, NULL));
	}
}

/* `*id` stays -1, which chown(2) takes for "leave it", when there is no name. */
static bool find_group(const char *name, gid_t *id, const char **why)
{
	const struct group *group;

	if (!name || !*name)
		return true;
	group = getgrnam(name);
	if (!group) {
		*why = "no such group";
		return false;
	}
	*id = group->gr_gid;
	return true;
}

bool process_directory(const char *path, const char *group, const char **why)
{
	gid_t gid = (gid_t)-1;
	struct stat is;

	if (!stat(path, &is)) {
		if (!S_ISDIR(is.st_mode))
			*why = "not a directory";
		return S_ISDIR(is.st_mode);
	}
	if (!find_group(group, &gid, why))
		return false;
	if (mkdir(path, 0750) || chown(path, (uid_t)-1, gid)) {
		*why = strerror(errno);
		return false;
	}
	return true;
}

static bool set_address(struct sockaddr_un *address, const char *path)
{
	struct buf buf;

	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	buf_init(&buf, address->sun_path, sizeof address->sun_path);
	buf_puts(&buf, path);
	return !buf.cut;
}

static bool may_replace(const struct sockaddr_un *address, const char **why)
{
	struct stat is;
	int fd, answer;

	if (lstat(address->sun_path, &is))
		return true;
	if (!S_ISSOCK(is.st_mode)) {
		*why = "something else than a socket is there";
		return false;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	answer = connect(fd, (const struct sockaddr *)address, sizeof *address);
	if (answer && errno != ECONNREFUSED)
		answer = errno == ENOENT ? -1 : 0;
	close(fd);
	if (!answer)
		*why = "another process listens there";
	return answer != 0;
}

/* Beside the path first, then renamed over it: nobody finds one that does not listen yet.
 */
static bool bind_and_listen(int fd, const struct sockaddr_un *beside, const char *path,
			    gid_t group, int backlog)
{
	unlink(beside->sun_path);
	if (bind(fd, (const struct sockaddr *)beside, sizeof *beside))
		return false;
	if (chown(beside->sun_path, (uid_t)-1, group) || chmod(beside->sun_path, 0660) ||
	    listen(fd, backlog) || rename(beside->sun_path, path)) {
		int saved = errno;

		unlink(beside->sun_path);
		errno = saved;
		return false;
	}
	return true;
}

int process_listen(const char *path, const char *group, int backlog, const char **why)
{
	struct sockaddr_un at, beside;
	gid_t gid = (gid_t)-1;
	char name[sizeof at.sun_path + 2];
	struct buf buf;
	int fd;

	buf_init(&buf, name, sizeof name);
	buf_printf(&buf, "%s~", path);
	if (buf.cut || !set_address(&at, path) || !set_address(&beside, name)) {
		*why = "the path is too long for a socket";
		return -1;
	}
	if (!find_group(group, &gid, why) || !may_replace(&at, why))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || !bind_and_listen(fd, &beside, path, gid, backlog)) {
		*why = strerror(errno);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

static void free_names(char ***names)
{
	for (char **name = *names; name && *name; name++)
		free(*name);
	free(*names);
}

int process_inherited(const char *name)
{
	CLEANUP(free_names) char **names = NULL;
	int n = sd_listen_fds_with_names(0, &names);

	for (int i = 0; i < n; i++) {
		int fd = SD_LISTEN_FDS_START + i;

		if (strcmp(names[i], name) ||
		    sd_is_socket(fd, AF_UNIX, SOCK_STREAM, 1) <= 0)
			continue;
		return fcntl(fd, F_SETFL, O_NONBLOCK) ? -1 : fd;
	}
	return -1;
}

void process_notify(const char *state)
{
	(void)sd_notify(0, state);
}

int64_t process_watchdog_ms(void)
{
	uint64_t microseconds = 0;

	if (sd_watchdog_enabled(0, &microseconds) <= 0)
		return 0;
	return (int64_t)(microseconds / 1000);
}

void *process_shared(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	INVARIANT(memory != MAP_FAILED);
	return memory;
}
