/* How long one request may wait for the stores, all its calls together. */
#ifndef APP_STORE_DEADLINE_H
#define APP_STORE_DEADLINE_H

#include "app/context.h"

/* From now on, in milliseconds. Each call has a bound of its own besides. */
void deadline_set(struct context *c, int64_t ms);
/* What took `ms` was no store: on a host that has other work, a hash can take seconds. */
void deadline_extend(struct context *c, int64_t ms);

#endif
