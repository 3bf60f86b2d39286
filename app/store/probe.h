/* Is Redis what the service needs, and no more? */
#ifndef APP_STORE_PROBE_H
#define APP_STORE_PROBE_H

#include "app/context.h"

/* `*problem`: what the user lacks or may do beyond its need; NULL: nothing. Writes two
 * keys of its own, which last for a second. */
enum rc probe_redis(struct context *c, const char **problem) MUST_USE;

#endif
