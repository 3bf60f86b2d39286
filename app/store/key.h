/* Names of Redis entries: lk:<purpose>:<hex digest>, so that no address, name or secret
 * is there. */
#ifndef APP_STORE_KEY_H
#define APP_STORE_KEY_H

#include "app/context.h"

/* By HMAC: what it names could be guessed. */
char *store_key(struct context *c, const char *purpose, const char *what) MUST_USE;
/* By SHA-256, for a secret that nobody guesses: no key is needed. */
char *store_key_random(struct arena *arena, const char *purpose,
		       const char *secret) MUST_USE;

#endif
