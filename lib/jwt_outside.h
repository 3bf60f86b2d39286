/* Tokens that others signed: access tokens of trusted issuers and ID tokens of providers
 * (RFC 7519, 8725, OpenID Connect Core §3.1.3.7). Stricter than the RFCs where that costs
 * nobody anything, and laxer than lib/jwt.h where others differ: their headers have more
 * members, no `typ`, or no `kid`. */
#ifndef LIB_JWT_OUTSIDE_H
#define LIB_JWT_OUTSIDE_H

#include "lib/jwk.h"

/* A token takes up to 50 bytes of the arena for each of its own. */
enum { JWT_OUTSIDE_LEN_MAX = 16384, JWT_OUTSIDE_AUD_MAX = 32 };

/* `iss` of a token, not verified: to choose whose keys to ask. NULL: it is no token (also
 * longer than `len_max`), or has none. */
const char *jwt_outside_issuer(struct arena *arena, const char *token,
			       size_t len_max) MUST_USE;

/* `algs` below, from the names of RFC 7518 §3.1; what is not one of the two is left out.
 */
unsigned jwt_outside_algs(const char *const *names, size_t n) MUST_USE;

struct jwt_outside_expect {
	const char *iss; /* exactly */
	const char *aud; /* `aud` is it, or an array of at most JWT_OUTSIDE_AUD_MAX
			    strings that has it */
	/* ID tokens: several audiences need `azp`, and an `azp` must be this; access
	 * tokens: NULL, azp is not looked at. */
	const char *azp;
	const char *nonce; /* must be there and equal; NULL: not looked at */
	unsigned algs; /* 1 << enum jwt_alg, of JWT_ES256 and JWT_RS256 */
	const char *const *typs; /* accepted without case; a token without typ passes if
				    `typ_optional` */
	size_t n_typs;
	bool typ_optional;
	int64_t now_s;
	size_t len_max; /* at most JWT_OUTSIDE_LEN_MAX */
};

/* JWT_OUTSIDE_UNKNOWN_KEY: form, header and claims would do, but `keys` (which may be
 * NULL) have no key of that kid and algorithm: it is worth to ask for newer ones. Not
 * so where the token names no kid and there are keys: it does not say which it means. */
enum jwt_outside_verdict {
	JWT_OUTSIDE_GOOD,
	JWT_OUTSIDE_REFUSED,
	JWT_OUTSIDE_UNKNOWN_KEY
};

/* The header is at most 2 KiB; `crit`, `b64`, `zip` and embedded keys or their URLs in it
 * (jwk, jku, x5u, x5c) are refused; alg must be there, kid as in jwk_kid_ok() or absent.
 * exp and iat must be there as integers, nbf when there is one; leeway JWT_LEEWAY_S.
 * `claims` is set on GOOD only. */
enum jwt_outside_verdict jwt_outside_check(struct arena *arena,
					   const struct jwk_set *keys,
					   const struct jwt_outside_expect *expect,
					   const char *token,
					   const struct jwt_claims **claims) MUST_USE;

#endif
