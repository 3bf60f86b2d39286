/* The form of a token (RFC 7515 §7.1), judged before any key is touched. */
#ifndef LIB_JWT_GATE_H
#define LIB_JWT_GATE_H

#include "lib/arena.h"

/* More than any of ours has, decoded: three members, and a kid of at most 64 bytes. */
enum { JWT_HEADER_LEN_MAX = 256 };

struct jwt_bytes {
	const uint8_t *at;
	size_t n;
};

struct jwt_parts {
	struct jwt_bytes header, payload, signature;
	size_t signed_len; /* of the token's first two parts and the dot between them */
};

/* At most `len_max` bytes, exactly three parts, each not empty and canonical base64url
 * without padding. */
bool jwt_split(struct arena *arena, const char *token, size_t len_max,
	       struct jwt_parts *out) MUST_USE;

struct jwt_header {
	const char *alg, *kid, *typ;
};

/* Exactly these three members, all strings; so neither crit nor b64, jwk, jku, x5u, zip.
 */
bool jwt_read_header(struct arena *arena, const struct jwt_bytes *bytes,
		     struct jwt_header *out) MUST_USE;

#endif
