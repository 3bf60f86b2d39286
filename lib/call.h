/* What a call to an outside server may cost: its deadline, the shared breaker, and the
 * pause before the next attempt to connect. For the adapters of such servers. */
#ifndef LIB_CALL_H
#define LIB_CALL_H

#include "lib/breaker.h"

/* Monotonic ms throughout; all zero but `breaker` to begin with. */
struct call {
	struct breaker *breaker; /* or NULL */
	int64_t limit; /* the caller's own deadline; 0: none */
	int64_t began, until; /* of the call under way; until 0: no deadline */
	int64_t connect_at; /* no attempt to connect before */
	unsigned refused; /* attempts to connect that failed in a row */
	bool probes; /* while the breaker is open */
	uint64_t hung; /* the breaker's, as last seen */
	uint32_t server; /* of several the one connected to, by a hash; 0: none */
};

enum { CALL_PAUSE_MIN_MS = 20, CALL_PAUSE_MAX_MS = 200 };

/* Starts the clock of a call that takes at most `max_ms`. False: the caller's deadline is
 * over already. */
bool call_begin(struct call *call, int64_t max_ms) MUST_USE;
/* One that ends by `until`, whatever the caller's deadline is. False: it is over already.
 */
bool call_begin_by(struct call *call, int64_t until) MUST_USE;
void call_unbounded(struct call *call);

/* Waits for poll(2) `events` on `fd`. False: the deadline came first. */
bool call_wait(const struct call *call, int fd, short events) MUST_USE;
/* Without waiting: is there something to read, or an end or error to be noticed? */
bool call_readable(int fd) MUST_USE;

bool call_may_connect(const struct call *call) MUST_USE;
/* Does the breaker let this call through? */
bool call_allowed(struct call *call) MUST_USE;
void call_connected(struct call *call);
/* There are several, and this is the one connected to. */
void call_chose(struct call *call, const char *host, const char *port);
void call_refused(struct call *call); /* the next pause is longer, with jitter */

/* There was no answer by the deadline. The breaker opens only when the server had
 * `fair_ms` to answer, not when the caller came with little time left. */
void call_late(struct call *call, int64_t fair_ms);
/* Since this was last asked another process, of those that share the breaker, found the
 * server hung that this one is connected to, though there are others. */
bool call_given_up(struct call *call) MUST_USE;

#endif
