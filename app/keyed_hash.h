/* Keyed hashes of secrets of 256 random bits, as they are kept at rest (HMAC-SHA256 with
 * a key of use `secret`). */
#ifndef APP_KEYED_HASH_H
#define APP_KEYED_HASH_H

#include "app/context.h"

/* In hex, by the key `kid`, NULL: the one that signs now; `*used` is the key's kid. The
 * hash is bound to what the secret is for and to whose it is. False: no such key. */
bool keyed_hash(struct context *c, const char *kid, const char *purpose,
		const char *owner, const char *secret, const char **hex,
		const char **used) MUST_USE;
/* Is `hex` the hash of that secret? In constant time. */
bool keyed_hash_fits(struct context *c, const char *kid, const char *purpose,
		     const char *owner, const char *secret, const char *hex) MUST_USE;

#endif
