/* A circuit breaker that processes share: after a call ran into its deadline nobody else
 * waits for the same dead server; one at a time tries again. */
#ifndef LIB_BREAKER_H
#define LIB_BREAKER_H

#include <stdatomic.h>

#include "lib/base.h"

enum { BREAKER_OPEN_MS = 500 };

/* Lies in zeroed shared memory; zero is closed. */
struct breaker {
	_Atomic int64_t retry_at; /* monotonic ms; 0: closed */
	/* Of several servers the one that was found hung last, and above it, from bit 32,
	 * how many times one was; see lib/call.h */
	_Atomic uint64_t hung;
};

bool breaker_is_open(const struct breaker *breaker) MUST_USE; /* NULL: no */
/* May a call be made now? While open, one caller every BREAKER_OPEN_MS may. NULL: yes. */
bool breaker_allows(struct breaker *breaker) MUST_USE;
/* It certainly may not; asking takes nobody's turn. */
bool breaker_is_shut(const struct breaker *breaker) MUST_USE;
void breaker_good(struct breaker *breaker);
void breaker_bad(struct breaker *breaker); /* a call had no answer by its deadline */
void breaker_open(struct breaker *breaker, int64_t ms); /* the same for another time */
/* That server is hung. `seen`: `hung` as it was when the call began, and as it is now;
 * not changed where somebody else has told of one since: false. */
bool breaker_tell(struct breaker *breaker, uint64_t *seen, uint32_t server);

#endif
