/* The one user of OpenSSL's libcrypto (lib/smtp_session.c hands libesmtp a TLS context):
 * digests, HMAC, password-based keys, and signing keys that are
 * parsed once. */
#ifndef LIB_CRYPTO_H
#define LIB_CRYPTO_H

#include "lib/arena.h"

enum { CRYPTO_SHA256_LEN = 32 };

void crypto_sha256(const void *bytes, size_t n, uint8_t out[CRYPTO_SHA256_LEN]);
void crypto_sha1_hex(const char *text, char out[41]); /* Redis names scripts so */
void crypto_hmac_sha256(const void *key, size_t key_len, const void *bytes, size_t n,
			uint8_t out[CRYPTO_SHA256_LEN]);

/* MD5 and SHA-1 are for what others have made; `out` takes 16, 20, 32 or 64 bytes, and
 * may be where `bytes` are. */
enum crypto_hash { CRYPTO_MD5, CRYPTO_SHA1, CRYPTO_SHA256, CRYPTO_SHA512 };
void crypto_digest(enum crypto_hash hash, const void *bytes, size_t n, uint8_t *out);

/* PBKDF2 with HMAC (RFC 8018 §5.2); at least one iteration */
void crypto_pbkdf2(enum crypto_hash hash, const char *password, const char *salt,
		   int iterations, uint8_t *out, size_t n);
/* scrypt (RFC 7914). False: the parameters are not allowed (§2), it takes more than
 * `memory_max` bytes (about 128 r (N + p)), or there is no memory for it. */
struct crypto_scrypt_cost {
	uint64_t n, r, p, memory_max;
};
bool crypto_scrypt(const struct crypto_scrypt_cost *cost, const char *password,
		   const char *salt, uint8_t *out, size_t n) MUST_USE;

/* A key pair or public key: P-256 or RSA of 2048 bits and more, nothing else. */
struct crypto_key;
enum crypto_kind { CRYPTO_P256, CRYPTO_RSA };

struct crypto_key *
crypto_key_generate(enum crypto_kind kind) MUST_USE; /* RSA: 2048 bits */
/* PKCS#8 private or SPKI public PEM. NULL: not a key of the two kinds, or too weak. */
struct crypto_key *crypto_key_parse(const char *pem, size_t n) MUST_USE;
void crypto_key_free(struct crypto_key **key);
enum crypto_kind crypto_key_kind(const struct crypto_key *key);
char *crypto_key_private_pem(struct arena *arena, const struct crypto_key *key) MUST_USE;
/* The public members of a JWK (RFC 7517, 7518 §6), base64url: x and y, or n and e. */
struct crypto_jwk {
	const char *kty, *crv, *x, *y, *n, *e;
};
void crypto_key_jwk(struct arena *arena, const struct crypto_key *key,
		    struct crypto_jwk *out);
/* The public key of these members (those of the other kind are not looked at), canonical
 * base64url. NULL: not a key of the two kinds, not on the curve, of more than 8192 bits,
 * or too weak; the exponent of others may be any odd one of 3 to 2^32. */
struct crypto_key *crypto_key_from_jwk(struct arena *arena,
				       const struct crypto_jwk *jwk) MUST_USE;

/* ES256 (64 bytes R || S, RFC 7518 §3.4) or RS256 (§3.3), by the kind of key.
 * The signature is the arena's. Failure of OpenSSL itself aborts. */
void crypto_sign(struct arena *arena, const struct crypto_key *key, const void *bytes,
		 size_t n, uint8_t **signature, size_t *signature_len);
bool crypto_verify(const struct crypto_key *key, const void *bytes, size_t n,
		   const uint8_t *signature, size_t signature_len) MUST_USE;

#endif
