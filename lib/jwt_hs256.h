/* The one user of libjwt 1.10: HS256 with `typ` JWT, which is all that it is trusted
 * with. It checks no claim, takes any token when the key is empty, and runs out of stack
 * on a long one: only what passed the gate of lib/jwt.c comes here. */
#ifndef LIB_JWT_HS256_H
#define LIB_JWT_HS256_H

#include "lib/arena.h"

/* `claims` is a JSON object. */
char *jwt_hs256_sign(struct arena *arena, const char *kid, const uint8_t *secret,
		     size_t secret_len, const char *claims) MUST_USE;
bool jwt_hs256_verify(const char *token, const uint8_t *secret,
		      size_t secret_len) MUST_USE;

#endif
