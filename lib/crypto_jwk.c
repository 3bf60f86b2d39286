#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "lib/crypto_key.h"
#include "lib/text.h"

enum {
	EXPONENT_MIN = 3, /* others may have chosen what we do not */
	EXPONENT_LEN_MAX = 4,
	MODULUS_LEN_MAX = CRYPTO_RSA_BITS_MAX / 8 + 1, /* some put a zero in front */
	POINT_LEN = 1 + 2 * CRYPTO_COORDINATE_LEN, /* SEC 1 §2.3.3, not compressed */
};

/* `len` bytes, zeros in front (RFC 7518 §6.2.1.2); 0: as many as there are (§6.3.1.1) */
static const char *jwk_number(struct arena *arena, const EVP_PKEY *pkey, const char *name,
			      size_t len)
{
	BIGNUM *number = NULL;
	uint8_t *bytes;

	INVARIANT(EVP_PKEY_get_bn_param(pkey, name, &number) == 1);
	len = len ? len : (size_t)BN_num_bytes(number);
	bytes = arena_alloc(arena, len);
	INVARIANT(BN_bn2binpad(number, bytes, (int)len) == (int)len);
	BN_free(number);
	return base64url_encode(arena, bytes, len);
}

void crypto_key_jwk(struct arena *arena, const struct crypto_key *key,
		    struct crypto_jwk *out)
{
	const EVP_PKEY *pkey = crypto_key_pkey(key);

	switch (crypto_key_kind(key)) {
	case CRYPTO_P256:
		*out = (struct crypto_jwk){
			.kty = "EC",
			.crv = "P-256",
			.x = jwk_number(arena, pkey, OSSL_PKEY_PARAM_EC_PUB_X,
					CRYPTO_COORDINATE_LEN),
			.y = jwk_number(arena, pkey, OSSL_PKEY_PARAM_EC_PUB_Y,
					CRYPTO_COORDINATE_LEN),
		};
		return;
	case CRYPTO_RSA:
		*out = (struct crypto_jwk){
			.kty = "RSA",
			.n = jwk_number(arena, pkey, OSSL_PKEY_PARAM_RSA_N, 0),
			.e = jwk_number(arena, pkey, OSSL_PKEY_PARAM_RSA_E, 0),
		};
		return;
	}
}

static void free_build(OSSL_PARAM_BLD **build)
{
	OSSL_PARAM_BLD_free(*build);
}

static void free_number(BIGNUM **number)
{
	BN_free(*number);
}

static void free_context(EVP_PKEY_CTX **ctx)
{
	EVP_PKEY_CTX_free(*ctx);
}

static bool read_bytes(struct arena *arena, const char *text, size_t max, uint8_t **out,
		       size_t *n)
{
	return text && strnlen(text, 2 * max + 1) <= 2 * max &&
	       base64url_decode(arena, text, strlen(text), out, n) && *n > 0 && *n <= max;
}

static BIGNUM *read_number(struct arena *arena, const char *text, size_t max)
{
	BIGNUM *number;
	uint8_t *bytes;
	size_t n;

	if (!read_bytes(arena, text, max, &bytes, &n))
		return NULL;
	number = BN_bin2bn(bytes, (int)n, NULL);
	INVARIANT(number);
	return number;
}

static bool put_coordinate(struct arena *arena, const char *text, uint8_t *to)
{
	uint8_t *bytes;
	size_t n;

	if (!read_bytes(arena, text, CRYPTO_COORDINATE_LEN, &bytes, &n) ||
	    n != CRYPTO_COORDINATE_LEN)
		return false;
	memcpy(to, bytes, n);
	return true;
}

/* NULL: OpenSSL does not take it. */
static EVP_PKEY *made_of(OSSL_PARAM_BLD *build, const char *type)
{
	CLEANUP(free_context)
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY *pkey = NULL;

	INVARIANT(ctx && params && EVP_PKEY_fromdata_init(ctx) == 1);
	if (EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	OSSL_PARAM_free(params);
	return pkey;
}

static EVP_PKEY *rsa_of(struct arena *arena, const struct crypto_jwk *jwk)
{
	CLEANUP(free_build) OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	CLEANUP(free_number) BIGNUM *n = read_number(arena, jwk->n, MODULUS_LEN_MAX);
	CLEANUP(free_number) BIGNUM *e = read_number(arena, jwk->e, EXPONENT_LEN_MAX);

	INVARIANT(build);
	if (!n || !e)
		return NULL;
	INVARIANT(OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
		  OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1);
	return made_of(build, "RSA");
}

static EVP_PKEY *p256_of(struct arena *arena, const struct crypto_jwk *jwk)
{
	CLEANUP(free_build) OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	uint8_t point[POINT_LEN] = {POINT_CONVERSION_UNCOMPRESSED};

	INVARIANT(build);
	if (!jwk->crv || strcmp(jwk->crv, "P-256") != 0 ||
	    !put_coordinate(arena, jwk->x, point + 1) ||
	    !put_coordinate(arena, jwk->y, point + 1 + CRYPTO_COORDINATE_LEN))
		return NULL;
	INVARIANT(OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
						  "prime256v1", 0) == 1 &&
		  OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point,
						   sizeof point) == 1);
	return made_of(build, "EC");
}

struct crypto_key *crypto_key_from_jwk(struct arena *arena, const struct crypto_jwk *jwk)
{
	EVP_PKEY *pkey = NULL;

	if (jwk->kty && strcmp(jwk->kty, "RSA") == 0)
		pkey = rsa_of(arena, jwk);
	else if (jwk->kty && strcmp(jwk->kty, "EC") == 0)
		pkey = p256_of(arena, jwk);
	return crypto_key_take(pkey, false, EXPONENT_MIN);
}
