#include "lib/crypto.h"
#include "lib/text.h"
#include "t/unit/unit.h"

static struct arena *arena;

static void setup(void)
{
	arena = arena_new(1 << 20);
}

static void teardown(void)
{
	arena_free(&arena);
}

/* RFC 6070 §2 (SHA-1), RFC 7914 §11 (SHA-256) */
START_TEST(pbkdf2_vectors)
{
	static const struct {
		enum crypto_hash hash;
		const char *password, *salt;
		int iterations;
		size_t n;
		const char *key;
	} VECTORS[] = {
		{CRYPTO_SHA1, "password", "salt", 1, 20,
		 "0c60c80f961f0e71f3a9b524af6012062fe037a6"},
		{CRYPTO_SHA1, "password", "salt", 4096, 20,
		 "4b007901b765489abead49d926f721d065a429c1"},
		{CRYPTO_SHA1, "passwordPASSWORDpassword",
		 "saltSALTsaltSALTsaltSALTsaltSALTsalt", 4096, 25,
		 "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038"},
		{CRYPTO_SHA256, "passwd", "salt", 1, 64,
		 "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
		 "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"},
	};
	uint8_t key[64];

	for (size_t i = 0; i < COUNT(VECTORS); i++) {
		crypto_pbkdf2(VECTORS[i].hash, VECTORS[i].password, VECTORS[i].salt,
			      VECTORS[i].iterations, key, VECTORS[i].n);
		ck_assert_str_eq(text_hex(arena, key, VECTORS[i].n), VECTORS[i].key);
	}
}
END_TEST

/* RFC 7914 §12 */
START_TEST(scrypt_vectors)
{
	static const char KEY[] =
		"7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
		"d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887";
	struct crypto_scrypt_cost cost = {16384, 8, 1, 17 * 1024 * 1024};
	uint8_t key[64];

	ck_assert(crypto_scrypt(&cost, "pleaseletmein", "SodiumChloride", key, 64));
	ck_assert_str_eq(text_hex(arena, key, 64), KEY);
	cost.memory_max = 16 * 1024 * 1024;
	ck_assert(!crypto_scrypt(&cost, "pleaseletmein", "SodiumChloride", key, 64));
	cost = (struct crypto_scrypt_cost){16383, 8, 1, 17 * 1024 * 1024};
	ck_assert(!crypto_scrypt(&cost, "pleaseletmein", "SodiumChloride", key, 64));
}
END_TEST

/* RFC 1321 §A.5, FIPS 180-4 (examples of NIST) */
START_TEST(digest_vectors)
{
	static const struct {
		enum crypto_hash hash;
		size_t n;
		const char *sum;
	} VECTORS[] = {
		{CRYPTO_MD5, 16, "900150983cd24fb0d6963f7d28e17f72"},
		{CRYPTO_SHA1, 20, "a9993e364706816aba3e25717850c26c9cd0d89d"},
		{CRYPTO_SHA256, 32,
		 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{CRYPTO_SHA512, 64,
		 "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		 "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
	};
	uint8_t sum[64] = "abc";

	for (size_t i = 0; i < COUNT(VECTORS); i++) {
		memcpy(sum, "abc", 3);
		crypto_digest(VECTORS[i].hash, sum, 3, sum);
		ck_assert_str_eq(text_hex(arena, sum, VECTORS[i].n), VECTORS[i].sum);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		pbkdf2_vectors,
		scrypt_vectors,
		digest_vectors,
	};

	return unit_run("crypto: password-based keys", tests, COUNT(tests), setup,
			teardown);
}
