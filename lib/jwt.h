/* JSON Web Tokens (RFC 7515, 7519, 8725, 9068) behind a strict gate. HS256 goes through
 * libjwt, unless `typ` is not JWT, of which libjwt knows nothing; that, ES256 and RS256
 * go through lib/crypto.h with keys parsed once. Key and algorithm are chosen by us,
 * never by the token. */
#ifndef LIB_JWT_H
#define LIB_JWT_H

#include "lib/arena.h"
#include "lib/crypto.h"

enum { JWT_LEN_MAX = 4096, JWT_SECRET_LEN_MIN = 32, JWT_LEEWAY_S = 60 };

enum jwt_alg { JWT_HS256, JWT_ES256, JWT_RS256 };

struct jwt_key {
	const char *kid;
	enum jwt_alg alg;
	const uint8_t *secret; /* HS256: at least JWT_SECRET_LEN_MIN bytes */
	size_t secret_len;
	const struct crypto_key *pair; /* ES256, RS256 */
};

/* Claims to be signed, or that were checked. Opaque; lives in the arena. */
struct jwt_claims;

struct jwt_claims *jwt_claims_new(struct arena *arena) MUST_USE;
void jwt_set_text(struct jwt_claims *claims, const char *name, const char *value);
void jwt_set_integer(struct jwt_claims *claims, const char *name, int64_t value);
void jwt_set_bool(struct jwt_claims *claims, const char *name, bool value);
void jwt_set_texts(struct jwt_claims *claims, const char *name, const char *const *values,
		   size_t n);
const char *jwt_text(const struct jwt_claims *claims,
		     const char *name) MUST_USE; /* or NULL */
bool jwt_integer(const struct jwt_claims *claims, const char *name,
		 int64_t *out) MUST_USE;
/* False: absent, or not an array of strings alone. */
bool jwt_texts(const struct jwt_claims *claims, const char *name, const char *const **out,
	       size_t *n) MUST_USE;
bool jwt_bool(const struct jwt_claims *claims, const char *name, bool *out) MUST_USE;

const char *jwt_alg_name(enum jwt_alg alg) MUST_USE; /* RFC 7518 §3.1 */

/* The compact token; NULL when it would be longer than JWT_LEN_MAX. */
char *jwt_sign(struct arena *arena, const struct jwt_key *key, const char *typ,
	       const struct jwt_claims *claims) MUST_USE;

/* What a token must be to pass. All are required; now is in seconds since 1970. */
struct jwt_expect {
	const char *typ; /* "JWT" or "at+jwt", compared without case (RFC 7515 §4.1.9) */
	const char *iss, *aud, *token_use;
	int64_t now_s;
};

/* The order of the gate: length, form (three parts, canonical base64url), header (own
 * parse: alg, kid, typ and nothing else), key by kid from `keys`, algorithm of that key
 * (a weak key or one of another kind fits nothing), signature, then each claim with its
 * type. exp, nbf, iat, iss, aud, token_use must be there. False: refused, and it is not
 * said why. */
bool jwt_check(struct arena *arena, const struct jwt_key *keys, size_t n_keys,
	       const struct jwt_expect *expect, const char *token,
	       const struct jwt_claims **claims) MUST_USE;

#endif
