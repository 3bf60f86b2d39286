#include "lib/crypto_key.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

enum {
	RAW_LEN = 2 * CRYPTO_COORDINATE_LEN, /* R || S */
	RSA_BITS_MIN = 2048,
	RSA_EXPONENT_MIN = 65537, /* FIPS 186-5 §5.1 */
	PEM_LEN_MAX = 16 * 1024,
	DER_SIGNATURE_MAX = 80, /* two INTEGERs of 33 bytes, three headers */
};

static const char PRIVATE_FIRST_LINE[] = "-----BEGIN PRIVATE KEY-----";
static const char PUBLIC_FIRST_LINE[] = "-----BEGIN PUBLIC KEY-----";

/* Contexts are made once: making them costs more than a signature does. They are the
 * reason why one thread at a time may use a key. */
struct crypto_key {
	enum crypto_kind kind;
	EVP_PKEY *pkey;
	EVP_PKEY_CTX *signer; /* NULL: a public key */
	EVP_PKEY_CTX *verifier;
};

static EVP_PKEY_CTX *context_new(const struct crypto_key *key,
				 int (*start)(EVP_PKEY_CTX *))
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key->pkey, NULL);

	INVARIANT(ctx && start(ctx) == 1);
	if (key->kind == CRYPTO_RSA)
		INVARIANT(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1);
	INVARIANT(EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1);
	return ctx;
}

/* Takes `pkey` over. */
static struct crypto_key *key_new(EVP_PKEY *pkey, enum crypto_kind kind, bool is_private)
{
	struct crypto_key *key = calloc(1, sizeof *key);

	INVARIANT(key);
	key->kind = kind;
	key->pkey = pkey;
	key->verifier = context_new(key, EVP_PKEY_verify_init);
	if (is_private)
		key->signer = context_new(key, EVP_PKEY_sign_init);
	return key;
}

void crypto_key_free(struct crypto_key **key)
{
	struct crypto_key *old = *key;

	if (!old)
		return;
	*key = NULL;
	EVP_PKEY_CTX_free(old->signer);
	EVP_PKEY_CTX_free(old->verifier);
	EVP_PKEY_free(old->pkey);
	free(old);
}

struct crypto_key *crypto_key_generate(enum crypto_kind kind)
{
	EVP_PKEY *pkey =
		kind == CRYPTO_P256 ? EVP_EC_gen("P-256") : EVP_RSA_gen(RSA_BITS_MIN);

	INVARIANT(pkey);
	return key_new(pkey, kind, true);
}

/* A named curve only: one that is spelled out could be ours but for its generator. */
static bool is_p256(const EVP_PKEY *pkey)
{
	char group[32];
	int spelled_out = 1;

	return EVP_PKEY_is_a(pkey, "EC") &&
	       EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL) == 1 &&
	       strcmp(group, "prime256v1") == 0 &&
	       EVP_PKEY_get_int_param(pkey,
				      OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
				      &spelled_out) == 1 &&
	       !spelled_out;
}

static void free_number(BIGNUM **number)
{
	BN_free(*number);
}

/* Whether n is the product of two primes is its maker's affair: to prove it can take
 * seconds. */
static bool is_strong_rsa(const EVP_PKEY *pkey, uint64_t exponent_min)
{
	CLEANUP(free_number) BIGNUM *n = NULL;
	CLEANUP(free_number) BIGNUM *e = NULL;
	int bits = EVP_PKEY_get_bits(pkey);

	if (!EVP_PKEY_is_a(pkey, "RSA") || bits < RSA_BITS_MIN ||
	    bits > CRYPTO_RSA_BITS_MAX)
		return false;
	INVARIANT(EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
		  EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1);
	return BN_is_odd(n) && BN_is_odd(e) && BN_num_bits(e) <= 64 &&
	       BN_get_word(e) >= exponent_min;
}

static void free_context(EVP_PKEY_CTX **ctx)
{
	EVP_PKEY_CTX_free(*ctx);
}

static bool is_on_curve(EVP_PKEY *pkey)
{
	CLEANUP(free_context)
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

	INVARIANT(ctx);
	return EVP_PKEY_public_check(ctx) == 1;
}

/* Does the private part belong to the public one? OpenSSL's own check also proves RSA's
 * primes again: 40 ms in each process that loads the key. */
static bool signs_for_itself(const struct crypto_key *key)
{
	static const uint8_t SUM[CRYPTO_SHA256_LEN];
	uint8_t made[CRYPTO_RSA_BITS_MAX / 8];
	size_t n = sizeof made;

	return EVP_PKEY_sign(key->signer, made, &n, SUM, sizeof SUM) == 1 &&
	       EVP_PKEY_verify(key->verifier, made, n, SUM, sizeof SUM) == 1;
}

static int no_passphrase(char *out UNUSED, int size UNUSED, int writing UNUSED,
			 void *to UNUSED)
{
	return -1; /* or OpenSSL would ask at the terminal */
}

static void free_bio(BIO **bio)
{
	(void)BIO_free(*bio);
}

static EVP_PKEY *read_pem(const char *pem, size_t n, bool is_private)
{
	CLEANUP(free_bio) BIO *bio = BIO_new_mem_buf(pem, (int)n);

	INVARIANT(bio);
	return is_private ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL)
			  : PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
}

static bool starts_with(const char *bytes, size_t n, const char *line)
{
	return n > strlen(line) && memcmp(bytes, line, strlen(line)) == 0;
}

static bool is_acceptable(EVP_PKEY *pkey, uint64_t exponent_min)
{
	return (is_p256(pkey) && is_on_curve(pkey)) || is_strong_rsa(pkey, exponent_min);
}

struct crypto_key *crypto_key_take(EVP_PKEY *pkey, bool is_private, uint64_t exponent_min)
{
	struct crypto_key *key = NULL;

	if (pkey && is_acceptable(pkey, exponent_min))
		key = key_new(pkey, EVP_PKEY_is_a(pkey, "EC") ? CRYPTO_P256 : CRYPTO_RSA,
			      is_private);
	else
		EVP_PKEY_free(pkey);
	if (key && is_private && !signs_for_itself(key))
		crypto_key_free(&key);
	ERR_clear_error();
	return key;
}

const EVP_PKEY *crypto_key_pkey(const struct crypto_key *key)
{
	return key->pkey;
}

struct crypto_key *crypto_key_parse(const char *pem, size_t n)
{
	bool is_private = starts_with(pem, n, PRIVATE_FIRST_LINE);
	EVP_PKEY *pkey = NULL;

	if (n <= PEM_LEN_MAX && (is_private || starts_with(pem, n, PUBLIC_FIRST_LINE)))
		pkey = read_pem(pem, n, is_private);
	return crypto_key_take(pkey, is_private, RSA_EXPONENT_MIN);
}

enum crypto_kind crypto_key_kind(const struct crypto_key *key)
{
	return key->kind;
}

char *crypto_key_private_pem(struct arena *arena, const struct crypto_key *key)
{
	CLEANUP(free_bio) BIO *bio = BIO_new(BIO_s_mem()); /* cleared when freed */
	char *bytes = NULL;
	long n;

	INVARIANT(bio && key->signer);
	INVARIANT(PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL,
						NULL) == 1);
	n = BIO_get_mem_data(bio, &bytes);
	INVARIANT(n > 0);
	return arena_dupn(arena, bytes, (size_t)n);
}

/* ---- signatures ---- */

static void raw_from_der(const uint8_t *der, size_t n, uint8_t raw[RAW_LEN])
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);

	INVARIANT(sig);
	INVARIANT(BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, CRYPTO_COORDINATE_LEN) ==
		  CRYPTO_COORDINATE_LEN);
	INVARIANT(BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + CRYPTO_COORDINATE_LEN,
			       CRYPTO_COORDINATE_LEN) == CRYPTO_COORDINATE_LEN);
	ECDSA_SIG_free(sig);
}

static size_t der_from_raw(const uint8_t raw[RAW_LEN], uint8_t der[DER_SIGNATURE_MAX])
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw, CRYPTO_COORDINATE_LEN, NULL);
	BIGNUM *s = BN_bin2bn(raw + CRYPTO_COORDINATE_LEN, CRYPTO_COORDINATE_LEN, NULL);
	int n;

	INVARIANT(sig && r && s && ECDSA_SIG_set0(sig, r, s) == 1);
	INVARIANT(i2d_ECDSA_SIG(sig, NULL) <= DER_SIGNATURE_MAX);
	n = i2d_ECDSA_SIG(sig, &der);
	INVARIANT(n > 0);
	ECDSA_SIG_free(sig);
	return (size_t)n;
}

void crypto_sign(struct arena *arena, const struct crypto_key *key, const void *bytes,
		 size_t n, uint8_t **signature, size_t *signature_len)
{
	uint8_t sum[CRYPTO_SHA256_LEN], made[CRYPTO_RSA_BITS_MAX / 8];
	size_t len = sizeof made;
	uint8_t *kept;

	INVARIANT(key->signer);
	crypto_sha256(bytes, n, sum);
	INVARIANT(EVP_PKEY_sign(key->signer, made, &len, sum, sizeof sum) == 1);
	if (key->kind == CRYPTO_P256) {
		kept = arena_alloc(arena, RAW_LEN);
		raw_from_der(made, len, kept);
		len = RAW_LEN;
	} else {
		kept = arena_alloc(arena, len);
		memcpy(kept, made, len);
	}
	*signature = kept;
	*signature_len = len;
}

bool crypto_verify(const struct crypto_key *key, const void *bytes, size_t n,
		   const uint8_t *signature, size_t signature_len)
{
	uint8_t sum[CRYPTO_SHA256_LEN], der[DER_SIGNATURE_MAX];
	bool good;

	if (key->kind == CRYPTO_P256) {
		if (signature_len != RAW_LEN)
			return false;
		signature_len = der_from_raw(signature, der);
		signature = der;
	} else if (signature_len != (size_t)EVP_PKEY_get_size(key->pkey)) {
		return false;
	}
	crypto_sha256(bytes, n, sum);
	good = EVP_PKEY_verify(key->verifier, signature, signature_len, sum,
			       sizeof sum) == 1;
	if (!good)
		ERR_clear_error();
	return good;
}
