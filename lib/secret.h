/* Random bytes, constant-time comparison, wiping, and secrets in files. */
#ifndef LIB_SECRET_H
#define LIB_SECRET_H

#include "lib/arena.h"

void secret_wipe(void *memory, size_t n);
bool secret_equal(const void *a, const void *b, size_t n) MUST_USE; /* constant time */
bool secret_equal_text(const char *a, const char *b) MUST_USE; /* length may leak */
void secret_random(void *out, size_t n); /* getrandom(2); aborts without it */
char *secret_uuid(struct arena *arena) MUST_USE; /* RFC 9562 version 4 */
char *secret_random_hex(struct arena *arena, size_t bytes) MUST_USE;

/* Reads a regular file of at most `max` bytes; a final newline is dropped. Refused when
 * others may read or write it, or the group may write it. NULL: `*why` says why. */
char *secret_load(struct arena *arena, const char *path, size_t max,
		  const char **why) MUST_USE;

#endif
