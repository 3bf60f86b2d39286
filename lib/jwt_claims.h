/* Claims of a token (RFC 7519 §4), beyond what lib/jwt.h says of them. */
#ifndef LIB_JWT_CLAIMS_H
#define LIB_JWT_CLAIMS_H

#include "lib/jwt.h"
#include "lib/jwt_gate.h"

/* NULL: not a JSON object. */
const struct jwt_claims *jwt_claims_read(struct arena *arena,
					 const struct jwt_bytes *payload) MUST_USE;
char *jwt_claims_print(struct arena *arena, const struct jwt_claims *claims) MUST_USE;

bool jwt_claims_have(const struct jwt_claims *claims, const char *name) MUST_USE;
/* Of an array or object: how many are in it; else 0. */
size_t jwt_claims_count(const struct jwt_claims *claims, const char *name) MUST_USE;
bool jwt_text_is(const struct jwt_claims *claims, const char *name,
		 const char *wanted) MUST_USE;
/* exp and iat, and nbf where there is one, are integers, and now is within them. */
bool jwt_is_of_now(const struct jwt_claims *claims, int64_t now_s) MUST_USE;

#endif
