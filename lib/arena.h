/* Memory of one request (or one command): taken piece by piece, given back all at once.
 */
#ifndef LIB_ARENA_H
#define LIB_ARENA_H

#include <stdarg.h>

#include "lib/base.h"

struct arena;

/* An arena of at most `bytes` bytes, reserved at once (touched only when used), kept out
 * of core dumps. Aborts when the system has none. The caller owns it. */
struct arena *arena_new(size_t bytes) MUST_USE;
void arena_free(struct arena **arena); /* wipes and releases; fits CLEANUP() */

/* Wipes what was used and starts over. Every pointer handed out before is dead. */
void arena_reset(struct arena *arena);

/* Zeroed, aligned to 16, never NULL. Whatever a client can send is bounded where it
 * enters, so asking for more than is left is our mistake: it aborts. */
void *arena_alloc(struct arena *arena, size_t bytes) MUST_USE;
char *arena_dup(struct arena *arena, const char *text) MUST_USE; /* NULL gives NULL */
char *arena_dupn(struct arena *arena, const void *bytes, size_t n) MUST_USE; /* + NUL */
char *arena_printf(struct arena *arena, const char *fmt, ...) PRINTF(2, 3) MUST_USE;
size_t arena_used(const struct arena *arena);

#endif
