/* The one user of libsodium and libargon2: argon2id in PHC strings
 * ($argon2id$v=19$m=…,t=…,p=…$…$…). */
#ifndef LIB_PWHASH_H
#define LIB_PWHASH_H

#include "lib/arena.h"

struct pwhash_cost {
	uint32_t memory_kib, passes, lanes;
};

enum pwhash_verdict {
	PWHASH_MATCH,
	PWHASH_MISMATCH, /* also: no hash, or one whose form or cost is not accepted */
	PWHASH_DOWN, /* no memory for it: the service's trouble, not a wrong password */
};

/* A salt of 16 bytes, a tag of 32. NULL: no memory for it. The password is of any bytes,
 * at most 1024: a longer one is the caller's mistake here, and no match below. */
char *pwhash_make(struct arena *arena, const struct pwhash_cost *cost,
		  const char *password) MUST_USE;
/* Always does one hash: a NULL or unusable `phc` is checked against a dummy of `cost`.
 * Usable is argon2id, version 19, salt of 8 .. 64 bytes, tag of 16 .. 64, up to 64
 * passes, 16 lanes, 256 MiB, and 2 GiB x passes; or up to four times the memory and work
 * of `cost`, where that is more. */
enum pwhash_verdict pwhash_check(const struct pwhash_cost *cost, const char *phc,
				 const char *password) MUST_USE;
/* Whether it is of that form and within those bounds. No hash is done. */
bool pwhash_usable(const struct pwhash_cost *cost, const char *phc) MUST_USE;
bool pwhash_is_current(const struct pwhash_cost *cost, const char *phc) MUST_USE;
uint64_t pwhash_count(void); /* hashes done by this process */

/* The memory of a hash of one lane is kept for the next, which is twice as fast with it.
 * Whether the last hash had it: */
bool pwhash_kept_memory(void) MUST_USE;
/* Gives it back when there was no hash for so long. */
void pwhash_rest(int64_t unused_ms);

#endif
