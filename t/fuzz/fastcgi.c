/* FastCGI: lib/fcgi_gate.c, and then libfcgi itself, over a socket. The first byte says
 * whether the rest is all that a peer sends, or the name-value pairs of its PARAMS. */
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/fcgi.h"
#include "lib/fcgi_gate.h"
#include "t/fuzz/fuzz.h"

enum { PARAMS = 4, STDIN = 5, HEADER_LEN = 8, WAIT_MS = 1000 };

static struct server {
	struct fcgi *io;
	struct sockaddr_un at;
	socklen_t at_len;
} server;

/* In the abstract namespace (unix(7)): no file is left. */
static void start(void)
{
	int fd;

	if (server.io)
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	server.at.sun_family = AF_UNIX;
	INVARIANT(fd >= 0 && signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	INVARIANT(!bind(fd, (struct sockaddr *)&server.at, sizeof(sa_family_t)));
	server.at_len = sizeof server.at;
	INVARIANT(!getsockname(fd, (struct sockaddr *)&server.at, &server.at_len));
	INVARIANT(!listen(fd, 8));
	server.io = fcgi_new(fd);
}

/* ---- one request ---- */

static void put(struct buf *out, uint8_t type, const void *content, size_t n)
{
	const char header[HEADER_LEN] = {1, (char)type, 0, 1, (char)(n >> 8), (char)n};

	buf_put(out, header, sizeof header);
	buf_put(out, content, n);
}

static void put_request(struct buf *out, const uint8_t *pairs, size_t n)
{
	buf_put(out, "\1\1\0\1\0\10\0\0\0\1\0\0\0\0\0\0", 16); /* BEGIN_REQUEST */
	if (n)
		put(out, PARAMS, pairs, n);
	put(out, PARAMS, NULL, 0);
	put(out, STDIN, NULL, 0);
}

/* ---- what the pairs are, read once more ---- */

static size_t take_length(const uint8_t **at)
{
	size_t n = *(*at)++;

	if (n <= 127)
		return n;
	n &= 127;
	for (int i = 0; i < 3; i++)
		n = n << 8 | *(*at)++;
	return n;
}

static void compare(struct arena *arena, const uint8_t *pairs, size_t n)
{
	const uint8_t *at = pairs, *end = pairs + n;
	const char *seen[64];
	size_t n_seen = 0;

	while (at < end && n_seen < COUNT(seen)) {
		size_t name_len = take_length(&at), value_len = take_length(&at);
		const char *name = arena_dupn(arena, at, name_len);
		const char *value = arena_dupn(arena, at + name_len, value_len);
		bool first = true;

		INVARIANT(name_len && name_len + value_len <= (size_t)(end - at));
		INVARIANT(strlen(name) == name_len && strlen(value) == value_len);
		for (size_t i = 0; i < n_seen; i++)
			first = first && strcmp(seen[i], name) != 0;
		if (first)
			INVARIANT(fuzz_same(fcgi_param(server.io, name), value));
		seen[n_seen++] = name;
		at += name_len + value_len;
	}
}

/* What the gate lets in libfcgi takes, and understands as we do; `pairs` may be NULL. */
static void serve(struct arena *arena, const char *bytes, size_t n, const uint8_t *pairs,
		  size_t n_pairs)
{
	static const char ANSWER[] = "Status: 200\r\n\r\n";
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	sigset_t mask;

	sigemptyset(&mask);
	INVARIANT(!connect(fd, (struct sockaddr *)&server.at, server.at_len));
	INVARIANT(send(fd, bytes, n, MSG_NOSIGNAL) == (ssize_t)n);
	INVARIANT(!shutdown(fd, SHUT_WR));
	INVARIANT(fcgi_accept(server.io, &mask, WAIT_MS));
	if (pairs)
		compare(arena, pairs, n_pairs);
	INVARIANT(fcgi_write(server.io, ANSWER, sizeof ANSWER - 1));
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena *arena = fuzz_arena();
	bool raw = n && *bytes % 2 == 0;
	const uint8_t *rest = bytes + (n > 0);
	size_t n_rest = n - (n > 0), size = n_rest + 64;
	struct buf sent;

	if (n_rest > UINT16_MAX - 64)
		return 0;
	start();
	buf_init(&sent, arena_alloc(arena, size), size);
	if (raw)
		buf_put(&sent, (const char *)rest, n_rest);
	else
		put_request(&sent, rest, n_rest);
	INVARIANT(!sent.cut);
	if (fcgi_gate_judge((const uint8_t *)sent.at, sent.len) != FCGI_GATE_WHOLE)
		return 0;
	/* Nothing less is; what a peer sends behind its request is not looked at */
	if (!raw)
		INVARIANT(fcgi_gate_judge((const uint8_t *)sent.at, sent.len - 1) ==
			  FCGI_GATE_MORE);
	serve(arena, sent.at, sent.len, raw ? NULL : rest, n_rest);
	return 0;
}
