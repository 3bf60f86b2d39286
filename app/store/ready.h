/* Whether the stores can serve requests: what /health/ready asks. */
#ifndef APP_STORE_READY_H
#define APP_STORE_READY_H

#include "app/context.h"
#include "lib/rc.h"

/* `*partitions`: those of next month are there. */
enum rc ready_postgres(struct context *c, bool *partitions) MUST_USE;
enum rc ready_redis(struct context *c) MUST_USE;

#endif
