#include "lib/call.h"

#include <errno.h>
#include <poll.h>

#include "lib/clock.h"
#include "lib/secret.h"

bool call_begin(struct call *call, int64_t max_ms)
{
	call->began = clock_mono_ms();
	call->until = call->began + max_ms;
	if (call->limit != 0 && call->limit < call->until)
		call->until = call->limit;
	return call->began < call->until;
}

bool call_begin_by(struct call *call, int64_t until)
{
	call->began = clock_mono_ms();
	call->until = until;
	return call->began < until;
}

void call_unbounded(struct call *call)
{
	call->until = 0;
}

/* poll(2)'s time-out: -1 waits for ever */
static int time_left(const struct call *call)
{
	int64_t left;

	if (call->until == 0)
		return -1;
	left = call->until - clock_mono_ms();
	return left > 0 ? (int)left : 0;
}

bool call_wait(const struct call *call, int fd, short events)
{
	struct pollfd poll_fd = {.fd = fd, .events = events};
	int n;

	do
		n = poll(&poll_fd, 1, time_left(call));
	while (n < 0 && errno == EINTR);
	return n > 0;
}

bool call_readable(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	return poll(&poll_fd, 1, 0) > 0;
}

bool call_may_connect(const struct call *call)
{
	return call->refused == 0 || clock_mono_ms() >= call->connect_at;
}

bool call_allowed(struct call *call)
{
	call->probes = breaker_is_open(call->breaker);
	return breaker_allows(call->breaker);
}

void call_connected(struct call *call)
{
	call->refused = 0;
}

void call_refused(struct call *call)
{
	int64_t pause = CALL_PAUSE_MAX_MS;
	uint16_t random;

	if (call->refused < 4 && (CALL_PAUSE_MIN_MS << (call->refused + 1)) < pause)
		pause = CALL_PAUSE_MIN_MS << (call->refused + 1);
	secret_random(&random, sizeof random);
	/* Between half of it and all of it, so that processes do not come in step */
	pause -= pause / 2 * random / UINT16_MAX;
	call->refused++;
	call->connect_at = clock_mono_ms() + pause;
}

/* FNV-1a */
static uint32_t hash(uint32_t so_far, const char *text)
{
	for (; *text; text++)
		so_far = (so_far ^ (uint8_t)*text) * 16777619U;
	return so_far;
}

void call_chose(struct call *call, const char *host, const char *port)
{
	call->server = hash(hash(2166136261U, host) ^ ':', port) | 1;
}

/* Of those that waited for the same server the first one tells: when the next of them
 * gives up, others may be at a better one. So they are where it was closed meanwhile. */
void call_late(struct call *call, int64_t fair_ms)
{
	if (!call->breaker || call->until - call->began < fair_ms)
		return;
	if (call->probes && !breaker_is_open(call->breaker))
		return;
	if (breaker_tell(call->breaker, &call->hung, call->server))
		breaker_bad(call->breaker);
}

bool call_given_up(struct call *call)
{
	uint64_t now = 0;

	if (call->breaker)
		now = atomic_load_explicit(&call->breaker->hung, memory_order_relaxed);
	if (now == call->hung)
		return false;
	call->hung = now;
	return call->server != 0 && (uint32_t)now == call->server;
}
