#include "lib/smtp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/process.h"
#include "lib/smtp_session.h"
#include "lib/text.h"

/* For the end of a session whose outcome is known */
enum { GOODBYE_MS = 1000 };

bool smtp_is_loopback(const char *host)
{
	struct in_addr address;

	if (strcmp(host, "localhost") == 0)
		return true;
	return inet_pton(AF_INET, host, &address) == 1 &&
	       ntohl(address.s_addr) >> 24 == IN_LOOPBACKNET;
}

bool smtp_address_ok(const char *address)
{
	if (!*address || strlen(address) > SMTP_ADDRESS_MAX)
		return false;
	for (const char *c = address; *c; c++)
		if (*c <= ' ' || *c > '~' || *c == '<' || *c == '>')
			return false;
	return true;
}

static void close_others(int fd)
{
	if (fd > STDERR_FILENO + 1)
		close_range(STDERR_FILENO + 1, (unsigned)fd - 1, 0);
	close_range((unsigned)fd + 1, ~0U, 0);
}

static _Noreturn void child_run(const struct smtp_letter *letter, pid_t parent, int out)
{
	sigset_t stop;

	process_child(parent, "latchkeyd: mail: sending");
	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	close_others(out);
	smtp_session_run(letter, out);
	_exit(0);
}

/* Waits until `deadline` (monotonic ms), whatever signals come. */
static bool readable_by(int fd, int64_t deadline)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};

	for (;;) {
		int64_t left = deadline - clock_mono_ms();
		int n = poll(&ready, 1, left > 0 ? (int)left : 0);

		if (n >= 0 || errno != EINTR)
			return n > 0;
	}
}

/* False: there was no answer in time. */
static bool receive(int in, int timeout_s, struct smtp_answer *out)
{
	struct smtp_answer answer;
	struct buf buf;
	ssize_t n;

	buf_init(&buf, out->why, sizeof out->why);
	if (!readable_by(in, clock_mono_ms() + (int64_t)timeout_s * 1000)) {
		buf_printf(&buf, "session not ended within %d s", timeout_s);
		return false;
	}
	do
		n = read(in, &answer, sizeof answer);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof answer)
		*out = answer;
	else
		buf_puts(&buf, "session ended without a word");
	return true;
}

static void child_end(pid_t child)
{
	kill(child, SIGKILL);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

static void send_by_child(const struct smtp_letter *letter, struct smtp_answer *answer)
{
	pid_t parent = getpid(), child;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return;
	child = fork();
	if (child == 0)
		child_run(letter, parent, ends[1]);
	close(ends[1]);
	if (child > 0) {
		/* Then it has a moment to say goodbye to the server. */
		if (receive(ends[0], letter->server->timeout_s, answer))
			(void)readable_by(ends[0], clock_mono_ms() + GOODBYE_MS);
		child_end(child);
	}
	close(ends[0]);
}

enum smtp_verdict smtp_send(const struct smtp_server *server, const char *from,
			    const char *to, const char *message, char *why,
			    size_t why_size)
{
	const struct smtp_letter letter = {server, from, to, message};
	struct smtp_answer answer = {SMTP_LATER, "no process for the session"};
	struct buf buf;

	if (smtp_address_ok(from) && smtp_address_ok(to))
		send_by_child(&letter, &answer);
	else
		answer = (struct smtp_answer){SMTP_NEVER, "address not sendable"};
	buf_init(&buf, why, why_size);
	buf_puts(&buf, answer.why);
	return answer.verdict;
}
