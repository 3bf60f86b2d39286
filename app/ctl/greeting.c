#include "app/ctl/greeting.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/text.h"

enum { WAIT_MS = 3000, LINE_MAX_BYTES = 512 /* RFC 5321 §4.5.3.1.5 */ };

static void release_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static void release_addresses(struct addrinfo **list)
{
	if (*list)
		freeaddrinfo(*list);
}

static bool wait_for(int fd, short events, int64_t until)
{
	struct pollfd poller = {.fd = fd, .events = events};
	int64_t left = until - clock_mono_ms();

	return left > 0 && poll(&poller, 1, (int)left) == 1;
}

/* A connected socket, or -1 and errno. */
static int dial(const struct addrinfo *to, int64_t until)
{
	int fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error = ETIMEDOUT;
	socklen_t size = sizeof error;

	if (fd < 0)
		return -1;
	if (!connect(fd, to->ai_addr, to->ai_addrlen))
		return fd;
	if (errno != EINPROGRESS)
		error = errno;
	else if (wait_for(fd, POLLOUT, until) &&
		 getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		error = errno;
	if (!error)
		return fd;
	close(fd);
	errno = error;
	return -1;
}

static bool read_line(int fd, char *line, int64_t until)
{
	size_t have = 0;

	while (have < LINE_MAX_BYTES && wait_for(fd, POLLIN, until)) {
		ssize_t got = read(fd, line + have, 1);

		if (got <= 0)
			return false;
		if (line[have] == '\n')
			return true;
		have++;
	}
	return false;
}

static const char *greet(struct arena *arena, int fd, int64_t until)
{
	char *line = arena_alloc(arena, LINE_MAX_BYTES + 1);

	if (!read_line(fd, line, until))
		return "it takes the connection but does not greet";
	line[strcspn(line, "\r\n")] = '\0';
	if (!text_starts(line, "220"))
		return arena_printf(arena, "it says: %s", line);
	if (send(fd, "QUIT\r\n", 6, MSG_NOSIGNAL) < 0)
		return "it greets and hangs up";
	return NULL;
}

const char *greeting_problem(struct arena *arena, const char *host, int port)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				       .ai_flags = AI_NUMERICSERV};
	const char *service = arena_printf(arena, "%d", port);
	int64_t until = clock_mono_ms() + WAIT_MS;
	CLEANUP(release_addresses) struct addrinfo *list = NULL;
	CLEANUP(release_fd) int fd = -1;
	int rc = getaddrinfo(host, service, &hints, &list);

	if (rc)
		return gai_strerror(rc);
	for (const struct addrinfo *at = list; at && fd < 0; at = at->ai_next)
		fd = dial(at, until);
	return fd < 0 ? strerror(errno) : greet(arena, fd, until);
}
