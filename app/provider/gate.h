/* How many workers may be with one provider at the same time, how many more may wait for
 * that, and whether any may: a provider that hangs takes neither all of them nor the time
 * of those who come later.
 * Providers are told by their number in the configuration; a reload begins anew. */
#ifndef APP_PROVIDER_GATE_H
#define APP_PROVIDER_GATE_H

#include <stdatomic.h>

#include "lib/breaker.h"

enum {
	GATE_ROWS = 16, /* providers */
	GATE_PLACES = 2, /* workers with one of them */
	GATE_WAITERS = 2, /* more that wait for a place */
	GATE_WAIT_MS = 1000,
	GATE_POLL_MS = 20,
	GATE_FAILURES = 3, /* in a row, until it is left alone */
	GATE_SHUT_MIN_MS = 5000, /* doubles with each failure */
	GATE_SHUT_MAX_MS = 30000,
};

/* Lies in zeroed shared memory. */
struct gate_row {
	/* 1 + slot of a worker; 0: free */
	_Atomic int32_t holders[GATE_PLACES], waiters[GATE_WAITERS];
	_Atomic int32_t failures; /* in a row */
	struct breaker breaker;
};

/* One worker's. */
struct gate {
	struct gate_row *rows; /* GATE_ROWS of them */
	size_t slot;
};

enum gate_answer {
	GATE_IN, /* to be left by gate_leave() */
	GATE_FULL, /* and as many wait, or GATE_WAIT_MS were not enough */
	GATE_SHUT /* it failed too often a moment ago */
};

/* Waits for a place only while the provider is not shut. */
enum gate_answer gate_enter(const struct gate *gate, size_t provider) MUST_USE;
/* `answered`: the provider did, whatever it said. For how many ms it is left alone now;
 * 0: it is not. */
int64_t gate_leave(const struct gate *gate, size_t provider, bool answered) MUST_USE;

/* The worker of that slot is no more. */
void gates_release(struct gate_row *rows, size_t slot);
/* There is another configuration: nothing is known of its providers. */
void gates_renew(struct gate_row *rows);

#endif
