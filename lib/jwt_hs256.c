#include "lib/jwt_hs256.h"

#include <jwt.h>

#include "lib/secret.h"

static void release(jwt_t **jwt)
{
	jwt_free(*jwt);
}

static void release_text(char **text)
{
	if (*text)
		secret_wipe(*text, strlen(*text));
	free(*text);
}

char *jwt_hs256_sign(struct arena *arena, const char *kid, const uint8_t *secret,
		     size_t secret_len, const char *claims)
{
	CLEANUP(release) jwt_t *jwt = NULL;
	CLEANUP(release_text) char *token = NULL;

	INVARIANT(jwt_new(&jwt) == 0);
	INVARIANT(jwt_add_header(jwt, "kid", kid) == 0);
	INVARIANT(jwt_add_grants_json(jwt, claims) == 0);
	INVARIANT(jwt_set_alg(jwt, JWT_ALG_HS256, secret, (int)secret_len) == 0);
	token = jwt_encode_str(jwt);
	INVARIANT(token);
	return arena_dup(arena, token);
}

bool jwt_hs256_verify(const char *token, const uint8_t *secret, size_t secret_len)
{
	CLEANUP(release) jwt_t *jwt = NULL;

	INVARIANT(secret && secret_len);
	return jwt_decode(&jwt, token, secret, (int)secret_len) == 0 &&
	       jwt_get_alg(jwt) == JWT_ALG_HS256;
}
