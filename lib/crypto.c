#include "lib/crypto.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "lib/text.h"

enum { SHA1_LEN = 20 };

static const char *const HASH_NAMES[] = {
	[CRYPTO_MD5] = "MD5",
	[CRYPTO_SHA1] = "SHA1",
	[CRYPTO_SHA256] = "SHA256",
	[CRYPTO_SHA512] = "SHA512",
};

/* Fetched once: that costs more than a short digest does. */
static const EVP_MD *fetched(enum crypto_hash hash)
{
	static _Thread_local EVP_MD *mds[COUNT(HASH_NAMES)];

	if (!mds[hash])
		mds[hash] = EVP_MD_fetch(NULL, HASH_NAMES[hash], NULL);
	INVARIANT(mds[hash]);
	return mds[hash];
}

void crypto_digest(enum crypto_hash hash, const void *bytes, size_t n, uint8_t *out)
{
	static _Thread_local EVP_MD_CTX *ctx;

	if (!ctx)
		ctx = EVP_MD_CTX_new();
	INVARIANT(ctx);
	INVARIANT(EVP_DigestInit_ex2(ctx, fetched(hash), NULL) == 1);
	INVARIANT(EVP_DigestUpdate(ctx, bytes, n) == 1);
	INVARIANT(EVP_DigestFinal_ex(ctx, out, NULL) == 1);
}

void crypto_sha256(const void *bytes, size_t n, uint8_t out[CRYPTO_SHA256_LEN])
{
	crypto_digest(CRYPTO_SHA256, bytes, n, out);
}

void crypto_sha1_hex(const char *text, char out[41])
{
	uint8_t sum[SHA1_LEN];

	crypto_digest(CRYPTO_SHA1, text, strlen(text), sum);
	*text_put_hex(out, sum, sizeof sum) = '\0';
}

static EVP_MAC_CTX *hmac_new(void)
{
	char name[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);

	INVARIANT(mac && ctx && EVP_MAC_CTX_set_params(ctx, params) == 1);
	EVP_MAC_free(mac);
	return ctx;
}

void crypto_hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t n,
			uint8_t out[CRYPTO_SHA256_LEN])
{
	static _Thread_local EVP_MAC_CTX *ctx;
	size_t len;

	INVARIANT(key && key_len > 0); /* no key would mean: the one before */
	if (!ctx)
		ctx = hmac_new();
	INVARIANT(EVP_MAC_init(ctx, key, key_len, NULL) == 1);
	INVARIANT(EVP_MAC_update(ctx, bytes, n) == 1);
	INVARIANT(EVP_MAC_final(ctx, out, &len, CRYPTO_SHA256_LEN) == 1);
	INVARIANT(len == CRYPTO_SHA256_LEN);
}

/* ---- password-based keys ---- */

void crypto_pbkdf2(enum crypto_hash hash, const char *password, const char *salt,
		   int iterations, uint8_t *out, size_t n)
{
	INVARIANT(iterations > 0);
	INVARIANT(PKCS5_PBKDF2_HMAC(password, (int)strlen(password),
				    (const uint8_t *)salt, (int)strlen(salt), iterations,
				    fetched(hash), (int)n, out) == 1);
}

bool crypto_scrypt(const struct crypto_scrypt_cost *cost, const char *password,
		   const char *salt, uint8_t *out, size_t n)
{
	bool made = EVP_PBE_scrypt(password, strlen(password), (const uint8_t *)salt,
				   strlen(salt), cost->n, cost->r, cost->p,
				   cost->memory_max, out, n) == 1;

	if (!made)
		ERR_clear_error();
	return made;
}
