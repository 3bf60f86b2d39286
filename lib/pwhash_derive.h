/* Argon2id (RFC 9106, version 0x13) by the faster of two libraries. */
#ifndef LIB_PWHASH_DERIVE_H
#define LIB_PWHASH_DERIVE_H

#include "lib/pwhash.h"

enum {
	PHC_SALT_MIN = 8,
	PHC_SALT_MAX = 64,
	PHC_TAG_MIN = 16,
	PHC_TAG_MAX = 64,
};

/* What a PHC string says */
struct phc {
	struct pwhash_cost cost;
	uint8_t salt[PHC_SALT_MAX], tag[PHC_TAG_MAX];
	size_t salt_len, tag_len;
};

/* Fills `tag`, of phc->tag_len bytes; what is in phc->tag does not matter. libsodium does
 * one lane with a salt of 16 bytes, and its memory is kept where that is at most
 * `kept_kib`; libargon2 does the rest, and whatever libsodium does not. False: no memory,
 * or no thread for a lane. */
bool pwhash_derive(const struct phc *phc, const char *password, size_t n,
		   uint32_t kept_kib, uint8_t *tag) MUST_USE;
/* Whether the last one was done in memory that was kept */
bool pwhash_derived_in_kept(void) MUST_USE;

#endif
