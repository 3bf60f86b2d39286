/* The keys of others (RFC 7517): a JWK Set from their server, reduced to what may be
 * used, and back again from the reduced form. */
#ifndef LIB_JWK_H
#define LIB_JWK_H

#include "lib/jwt.h"

enum {
	JWK_KEYS_MAX = 64,
	JWK_LISTED_MAX = 256,
	JWK_KID_MAX = 200,
	JWK_SET_MAX = 256 * 1024, /* bytes of a set as it came */
	JWK_ARENA = 16 << 20, /* what the worst of such sets takes of an arena */
};

/* 1 to JWK_KID_MAX printable bytes of ASCII. */
bool jwk_kid_ok(const char *kid) MUST_USE;

/* Reads a set as it came. Taken are RSA keys of 2048 to 8192 bits (odd exponent of 3 to
 * 2^32) and P-256 keys on the curve, meant for signatures (`use` absent or "sig",
 * `key_ops` absent or with "verify", `alg` absent, RS256 or ES256 as fits), of a kid as
 * above; one key without a kid is taken when it is the only key of the set. Two keys of
 * the same kid and type are both left out; private and symmetric keys are. NULL: the
 * bytes are no JWK Set, or none of its keys can be used, or there are more than
 * JWK_SET_MAX, JWK_LISTED_MAX keys, or JWK_KEYS_MAX usable ones; `*why` is a constant.
 * Else the set of the taken keys alone, with kty, kid, alg and the public members: one
 * line of JSON, in the arena, itself a set that would be taken as it is. */
const char *jwk_reduce(struct arena *arena, const char *bytes, size_t n, size_t *n_keys,
		       const char **why) MUST_USE;

/* Keys for jwt_outside_check(), parsed once. */
struct jwk_set;

/* From the reduced form. NULL: it is not that. The caller owns it. */
struct jwk_set *jwk_parse(const char *reduced, size_t n) MUST_USE;
void jwk_free(struct jwk_set **set);
size_t jwk_count(const struct jwk_set *set) MUST_USE; /* of NULL: 0 */
/* The key of that kid and algorithm; kid NULL: the only one for the algorithm. NULL:
 * there is none, or no set. */
const struct crypto_key *jwk_find(const struct jwk_set *set, const char *kid,
				  enum jwt_alg alg) MUST_USE;

#endif
