/* A forger of keys and sets of them, for the tests of lib/jwk.c. */
#ifndef T_FAKE_JWK_FORGE_H
#define T_FAKE_JWK_FORGE_H

#include "lib/crypto.h"

extern struct arena *arena; /* these three are new for each test */
extern struct crypto_key *p256, *rsa;

void forge_keys(void);
void forge_end(void);

#define RSA(more) "{'kty':'RSA','kid':'a','n':'$n','e':'AQAB'" more "}"
#define EC(more)  "{'kty':'EC','kid':'a','crv':'P-256','x':'$x','y':'$y'" more "}"

/* ' becomes ", and $ with a letter what jwk_forge.c makes of it: $n the modulus of `rsa`,
 * $x and $y the point of `p256`, others what is nearly such a thing. */
const char *forge_filled(const char *form);
/* A number of so many bits, odd unless its last byte says otherwise; base64url. */
const char *forge_number(size_t bits, uint8_t last);
/* jwk_reduce() of a copy with nothing behind it. */
const char *forge_reduce(const char *bytes, size_t n, size_t *n_keys, const char **why);

#endif
