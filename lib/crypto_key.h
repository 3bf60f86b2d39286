/* What the files of lib/crypto.h share about keys. */
#ifndef LIB_CRYPTO_KEY_H
#define LIB_CRYPTO_KEY_H

#include <openssl/types.h>

#include "lib/crypto.h"

enum {
	CRYPTO_COORDINATE_LEN = 32, /* of P-256; also of R and of S */
	CRYPTO_RSA_BITS_MAX = 8192, /* a verification takes the square of it */
};

/* Takes `pkey` (or NULL) over. NULL: not a key of the two kinds, or too weak. */
struct crypto_key *crypto_key_take(EVP_PKEY *pkey, bool is_private,
				   uint64_t exponent_min) MUST_USE;
const EVP_PKEY *crypto_key_pkey(const struct crypto_key *key) MUST_USE;

#endif
