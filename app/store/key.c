#include "app/store/key.h"

#include "lib/crypto.h"
#include "lib/text.h"

enum { NAME_BYTES = 16 }; /* of the digest: enough that two never meet */

static char *name(struct arena *arena, const char *purpose,
		  const uint8_t digest[CRYPTO_SHA256_LEN])
{
	return arena_printf(arena, "lk:%s:%s", purpose,
			    text_hex(arena, digest, NAME_BYTES));
}

char *store_key(struct context *c, const char *purpose, const char *what)
{
	const struct jwt_key *key = keys_signing(c->keys, KEY_INDEX, c->now_ms);
	const char *bound = arena_printf(c->arena, "%s|%s", purpose, what);
	uint8_t mac[CRYPTO_SHA256_LEN];

	crypto_hmac_sha256(key->secret, key->secret_len, bound, strlen(bound), mac);
	return name(c->arena, purpose, mac);
}

char *store_key_random(struct arena *arena, const char *purpose, const char *secret)
{
	uint8_t digest[CRYPTO_SHA256_LEN];

	crypto_sha256(secret, strlen(secret), digest);
	return name(arena, purpose, digest);
}
