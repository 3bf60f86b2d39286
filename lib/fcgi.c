#include "lib/fcgi.h"

#include <errno.h>
#include <fcgiapp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fcgi_gate.h"
#include "lib/log.h"
#include "lib/secret.h"

enum {
	PAUSE_FIRST_NS = 50 * 1000,
	PAUSE_LAST_NS = 10 * 1000 * 1000,
	NS_PER_MS = 1000 * 1000,
	MS_PER_S = 1000,
	/* An answer of so many bytes is taken by the socket at once: it has room for at
	 * least 160 KiB (net.core.wmem_default), and nothing else was written. */
	TAKEN_AT_ONCE = 32 * 1024,
};

struct fcgi {
	FCGX_Request request;
	int listen_fd, epoll_fd;
	uint8_t peeked[FCGI_GATE_BYTES];
};

struct fcgi *fcgi_new(int listen_fd)
{
	/* One wake-up a connection, not one of every worker (epoll_ctl(2)) */
	struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE};
	struct fcgi *fcgi = calloc(1, sizeof *fcgi);

	INVARIANT(fcgi);
	/* libfcgi need not wait for the peer to close: the body was read */
	setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "0", 1);
	INVARIANT(!FCGX_Init());
	/* No listening socket for libfcgi: see take() */
	INVARIANT(!FCGX_InitRequest(&fcgi->request, -1, FCGI_FAIL_ACCEPT_ON_INTR));
	fcgi->listen_fd = listen_fd;
	fcgi->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	INVARIANT(!epoll_ctl(fcgi->epoll_fd, EPOLL_CTL_ADD, listen_fd, &event));
	return fcgi;
}

/* libfcgi would first shut the connection down and look for what the peer still sends;
 * that was read (see drop_rest()), so it is closed at once, and by us. */
static void finish(FCGX_Request *request)
{
	FCGX_Finish_r(request);
	if (request->ipcFd >= 0)
		close(request->ipcFd);
	request->ipcFd = -1;
}

void fcgi_free(struct fcgi **fcgi)
{
	if (!*fcgi)
		return;
	finish(&(*fcgi)->request);
	close((*fcgi)->epoll_fd);
	free(*fcgi);
	*fcgi = NULL;
}

static bool pause_ns(int64_t ns, const sigset_t *wake)
{
	const struct timespec time = {ns / NS_PER_MS / MS_PER_S,
				      ns % ((int64_t)NS_PER_MS * MS_PER_S)};

	return ppoll(NULL, 0, &time, wake) == 0;
}

/* Sleeps until more may have come. False: the peer will send no more. */
static bool wait_for_rest(int fd, size_t n, int64_t left_ms, int64_t *pause)
{
	struct pollfd peer = {.fd = fd, .events = n ? POLLRDHUP : POLLIN};
	const struct timespec time = {0, *pause};

	if (!n)
		return poll(&peer, 1, (int)left_ms) >= 0;
	*pause = *pause < PAUSE_LAST_NS ? *pause * 2 : PAUSE_LAST_NS;
	return ppoll(&peer, 1, &time, NULL) <= 0;
}

/* What came stays in the socket (MSG_PEEK) for libfcgi to read. */
static enum fcgi_gate peek(struct fcgi *fcgi, int fd, size_t *n)
{
	ssize_t got =
		recv(fd, fcgi->peeked, sizeof fcgi->peeked, MSG_PEEK | MSG_DONTWAIT);

	if (!got || (got < 0 && errno != EAGAIN))
		return FCGI_GATE_BAD;
	*n = got < 0 ? 0 : (size_t)got;
	return fcgi_gate_judge(fcgi->peeked, *n);
}

/* libfcgi reads and writes on a blocking connection. Only what can block is bounded: a
 * request is most often here as a whole, and an answer is small. */
static void bound_wait(int fd, int which)
{
	const struct timeval wait = {.tv_sec = FCGI_REQUEST_MS / 1000};

	setsockopt(fd, SOL_SOCKET, which, &wait, sizeof wait);
}

static bool is_whole(struct fcgi *fcgi, int fd)
{
	const int64_t deadline = clock_mono_ms() + FCGI_REQUEST_MS;
	int64_t pause = PAUSE_FIRST_NS, left = FCGI_REQUEST_MS;
	bool more = true;
	size_t n = 0;
	enum fcgi_gate gate = peek(fcgi, fd, &n);

	while (gate == FCGI_GATE_MORE && more && left > 0) {
		more = wait_for_rest(fd, n, left, &pause);
		gate = peek(fcgi, fd, &n);
		left = deadline - clock_mono_ms();
	}
	if (gate != FCGI_GATE_WHOLE && (n || left <= 0))
		log_warn("fcgi_request_refused", "why",
			 gate == FCGI_GATE_BAD ? "malformed"
			 : more		       ? "not there in time"
					       : "cut off",
			 "bytes", log_number((int64_t)n));
	secret_wipe(fcgi->peeked, n); /* a head carries tokens, a body passwords */
	if (n == FCGI_GATE_BYTES) /* the gate has seen the beginning only */
		bound_wait(fd, SO_RCVTIMEO);
	return gate == FCGI_GATE_WHOLE;
}

/* FCGX_Accept_r() would accept by itself: then it waits 2 s on an idle connection and for
 * ever on half a request, and takes EMFILE for the end. With a connection of ours set and
 * "kept", as between two requests of one connection, it only reads the request. */
static bool take(struct fcgi *fcgi, int fd)
{
	if (!is_whole(fcgi, fd)) {
		close(fd);
		return false;
	}
	fcgi->request.ipcFd = fd;
	fcgi->request.keepConnection = 1;
	if (FCGX_Accept_r(&fcgi->request) < 0)
		return false;
	fcgi->request.keepConnection = 1; /* whatever the peer asked for: see finish() */
	return true;
}

static bool is_passing(int error)
{
	return error == EAGAIN || error == EINTR || error == ECONNABORTED;
}

/* Waits for a connection. False: a signal came or the time is over. */
static bool wait_for_peer(struct fcgi *fcgi, const sigset_t *wake, int64_t left_ms)
{
	struct epoll_event event;

	return left_ms > 0 &&
	       epoll_pwait(fcgi->epoll_fd, &event, 1, (int)left_ms, wake) > 0;
}

bool fcgi_accept(struct fcgi *fcgi, const sigset_t *wake, int64_t timeout_ms)
{
	const int64_t deadline = clock_mono_ms() + timeout_ms;

	finish(&fcgi->request);
	/* A wait lets no signal in when it need not wait: without this, a full backlog
	 * would keep them out for ever. Not between a wait and its accept: a worker that
	 * was woken and then left would leave that connection to nobody. */
	if (!pause_ns(0, wake))
		return false;
	do {
		int fd = accept4(fcgi->listen_fd, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0 && take(fcgi, fd))
			return true;
		if (fd < 0 && !is_passing(errno)) {
			log_error("fcgi_accept_failed", "why", strerror(errno));
			(void)pause_ns((int64_t)FCGI_SHORT_MS * NS_PER_MS, wake);
			return false;
		}
	} while (wait_for_peer(fcgi, wake, deadline - clock_mono_ms()));
	return false;
}

const char *fcgi_param(struct fcgi *fcgi, const char *name)
{
	return FCGX_GetParam(name, fcgi->request.envp);
}

bool fcgi_read(struct fcgi *fcgi, char *out, size_t n)
{
	INVARIANT(n <= FCGI_DROP_MAX);
	return FCGX_GetStr(out, (int)n, fcgi->request.in) == (int)n;
}

static void drop_rest(struct fcgi *fcgi)
{
	char dropped[4096];

	for (size_t n = 0; n < FCGI_DROP_MAX; n += sizeof dropped)
		if (FCGX_GetStr(dropped, sizeof dropped, fcgi->request.in) <
		    (int)sizeof dropped)
			return;
}

bool fcgi_write(struct fcgi *fcgi, const char *bytes, size_t n)
{
	bool written;

	INVARIANT(n <= INT32_MAX);
	drop_rest(fcgi);
	if (n > TAKEN_AT_ONCE)
		bound_wait(fcgi->request.ipcFd, SO_SNDTIMEO);
	written = FCGX_PutStr(bytes, (int)n, fcgi->request.out) == (int)n;
	/* The last writer that closes also writes END_REQUEST: errors first */
	FCGX_FClose(fcgi->request.err);
	written = FCGX_FClose(fcgi->request.out) == 0 && written;
	finish(&fcgi->request);
	return written;
}
