#include "app/store/key.h"

#include "lib/crypto.h"
#include "lib/text.h"

enum { NAME_BYTES = 16 }; /* of the HMAC: enough that two never meet */

char *store_key(struct context *c, const char *purpose, const char *what)
{
	const struct jwt_key *key = keys_signing(c->keys, KEY_INDEX, c->now_ms);
	const char *bound = arena_printf(c->arena, "%s|%s", purpose, what);
	uint8_t mac[CRYPTO_SHA256_LEN];

	crypto_hmac_sha256(key->secret, key->secret_len, bound, strlen(bound), mac);
	return arena_printf(c->arena, "lk:%s:%s", purpose,
			    text_hex(c->arena, mac, NAME_BYTES));
}
