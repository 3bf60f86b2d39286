/* Whether the stores can serve requests: what /health/ready asks. */
#ifndef APP_STORE_READY_H
#define APP_STORE_READY_H

#include "app/context.h"
#include "lib/rc.h"

/* `*partitions`: those of next month are there. */
enum rc ready_postgres(struct context *c, bool *partitions) MUST_USE;
enum rc ready_redis(struct context *c) MUST_USE;

struct health_figures {
	int64_t letters_waiting, letters_dead, letters_expired;
	int64_t letter_oldest_s; /* age of the oldest that waits */
	int64_t users, sessions; /* rows, as PostgreSQL estimates them */
};
enum rc ready_figures(struct context *c, struct health_figures *out) MUST_USE;

#endif
