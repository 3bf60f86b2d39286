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
	uint64_t turn; /* the breaker's, as last seen */
	uint64_t late; /* its turns, where there is none */
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
void call_connected(struct call *call);
void call_refused(struct call *call); /* the next pause is longer, with jitter */

/* There was no answer by the deadline. Only when the server had `fair_ms` to answer, not
 * when the caller came with little time left, does the breaker open, and another server
 * is due where there are several. */
void call_late(struct call *call, int64_t fair_ms);
/* How many times a server was found hung since this was last asked, by whichever process
 * shares the breaker. */
uint64_t call_turns(struct call *call);

#endif
