#include "app/keyed_hash.h"

#include "lib/crypto.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "lib/text.h"

bool keyed_hash(struct context *c, const char *kid, const char *purpose,
		const char *owner, const char *secret, const char **hex,
		const char **used)
{
	const struct jwt_key *key = kid ? keys_by_kid(c->keys, KEY_SECRET, kid, c->now_ms)
					: keys_signing(c->keys, KEY_SECRET, c->now_ms);
	const char *bound = arena_printf(c->arena, "%s|%s|%s", purpose, owner, secret);
	uint8_t mac[CRYPTO_SHA256_LEN];

	if (!key)
		return false;
	crypto_hmac_sha256(key->secret, key->secret_len, bound, strlen(bound), mac);
	*hex = text_hex(c->arena, mac, sizeof mac);
	*used = key->kid;
	return true;
}

bool keyed_hash_fits(struct context *c, const char *kid, const char *purpose,
		     const char *owner, const char *secret, const char *hex)
{
	const char *got, *used;

	if (!keyed_hash(c, kid, purpose, owner, secret, &got, &used)) {
		log_error("key_missing", "use", "secret", "kid", kid);
		return false;
	}
	return secret_equal_text(got, hex);
}
