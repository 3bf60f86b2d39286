/* What the processes of one supervisor share: who does what since when, the breakers, and
 * the counter by which the supervisor says that there are new keys. */
#ifndef APP_SCOREBOARD_H
#define APP_SCOREBOARD_H

#include <stdatomic.h>

#include "app/metrics.h"
#include "app/provider/gate.h"
#include "lib/breaker.h"

/* Three generations of the most workers there can be: an old one may still be ending */
enum { SLOTS_MAX = 1024 };

/* One worker's line; written by it alone, but for `pid`, `pool` and `born_at`. */
struct slot {
	_Atomic int32_t pid; /* 0: nobody */
	_Atomic int32_t pool; /* enum pool */
	_Atomic int64_t born_at; /* monotonic ms */
	_Atomic int64_t busy_since; /* monotonic ms; 0: waiting for a request */
	_Atomic uint64_t requests;
};

struct scoreboard {
	struct breaker pg, redis;
	_Atomic uint64_t keys_version; /* raised when the key directory changed */
	struct gate_row gates[GATE_ROWS]; /* by the number of the provider */
	struct metrics metrics;
	struct slot slots[SLOTS_MAX];
};

#endif
