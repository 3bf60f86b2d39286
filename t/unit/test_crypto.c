#include <signal.h>

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

static uint8_t *unhex(const char *hex, size_t *n)
{
	uint8_t *bytes;

	ck_assert(text_unhex(arena, hex, &bytes, n));
	return bytes;
}

/* FIPS 180-4, examples of NIST */
START_TEST(digests)
{
	uint8_t sum[CRYPTO_SHA256_LEN];
	char sha1[41];

	for (int i = 0; i < 2; i++) {
		crypto_sha256("abc", 3, sum);
		ck_assert_str_eq(
			text_hex(arena, sum, sizeof sum),
			"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
		crypto_sha256("", 0, sum);
		ck_assert_str_eq(
			text_hex(arena, sum, sizeof sum),
			"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
		crypto_sha1_hex("abc", sha1);
		ck_assert_str_eq(sha1, "a9993e364706816aba3e25717850c26c9cd0d89d");
	}
}
END_TEST

/* RFC 4231 §4, cases 1 to 4, and 6 */
START_TEST(rfc4231_vectors)
{
	static const struct {
		const char *key, *data, *hmac;
	} ROWS[] = {
		{"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
		 "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
		{"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
		 "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		 "dddddddddddddddddddddddddddddddddddddddddddddddddd"
		 "dddddddddddddddddddddddddddddddddddddddddddddddddd",
		 "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
		{"0102030405060708090a0b0c0d0e0f10111213141516171819",
		 "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
		 "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
		 "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
	};
	static const char LONG_KEY_DATA[] =
		"Test Using Larger Than Block-Size Key - Hash Key First";
	uint8_t mac[CRYPTO_SHA256_LEN], long_key[131];

	for (size_t i = 0; i < COUNT(ROWS); i++) {
		size_t key_len, len;
		uint8_t *key = unhex(ROWS[i].key, &key_len),
			*data = unhex(ROWS[i].data, &len);

		crypto_hmac_sha256(key, key_len, data, len, mac);
		ck_assert_str_eq(text_hex(arena, mac, sizeof mac), ROWS[i].hmac);
	}
	memset(long_key, 0xaa, sizeof long_key);
	crypto_hmac_sha256(long_key, sizeof long_key, LONG_KEY_DATA,
			   sizeof LONG_KEY_DATA - 1, mac);
	ck_assert_str_eq(
		text_hex(arena, mac, sizeof mac),
		"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}
END_TEST

START_TEST(no_key_aborts)
{
	uint8_t mac[CRYPTO_SHA256_LEN];

	crypto_hmac_sha256("", 0, "x", 1, mac);
}
END_TEST

static struct crypto_key *parse(const char *pem)
{
	char *exact = unit_exact(pem, strlen(pem));
	struct crypto_key *key = crypto_key_parse(exact, strlen(pem));

	free(exact);
	return key;
}

/* RFC 7515 §A.3: key, signing input and signature of the example, given as a JWK there */
static const char RFC7515_PUBLIC[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"
	"6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n"
	"-----END PUBLIC KEY-----\n";
static const char RFC7515_INPUT[] =
	"eyJhbGciOiJFUzI1NiJ9"
	".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9p"
	"c19yb290Ijp0cnVlfQ";
static const char RFC7515_SIGNATURE[] =
	"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

START_TEST(rfc7515_example)
{
	struct crypto_key *key = parse(RFC7515_PUBLIC);
	struct crypto_jwk jwk;
	uint8_t *signature;
	size_t n;

	ck_assert_ptr_nonnull(key);
	crypto_key_jwk(arena, key, &jwk);
	ck_assert_str_eq(jwk.x, "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
	ck_assert_str_eq(jwk.y, "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
	ck_assert(base64url_decode(arena, RFC7515_SIGNATURE, strlen(RFC7515_SIGNATURE),
				   &signature, &n));
	ck_assert(crypto_verify(key, RFC7515_INPUT, strlen(RFC7515_INPUT), signature, n));
	crypto_key_free(&key);
}
END_TEST

static void sign_and_tamper(struct crypto_key *key)
{
	uint8_t *signature;
	size_t n;

	for (int round = 0; round < 20; round++) {
		crypto_sign(arena, key, "message", 7, &signature, &n);
		ck_assert(crypto_verify(key, "message", 7, signature, n));
	}
	ck_assert(!crypto_verify(key, "messagf", 7, signature, n));
	ck_assert(!crypto_verify(key, "message", 6, signature, n));
	ck_assert(!crypto_verify(key, "message", 7, signature, n - 1));
	ck_assert(!crypto_verify(key, "message", 7, signature, 0));
	for (size_t i = 0; i < n; i++) {
		signature[i] ^= 1;
		ck_assert(!crypto_verify(key, "message", 7, signature, n));
		signature[i] ^= 1;
	}
	ck_assert(crypto_verify(key, "message", 7, signature, n));
	memset(signature, 0, n);
	ck_assert(!crypto_verify(key, "message", 7, signature, n));
	memset(signature, 0xff, n);
	ck_assert(!crypto_verify(key, "message", 7, signature, n));
}

START_TEST(es256)
{
	struct crypto_key *key = crypto_key_generate(CRYPTO_P256), *again, *other;
	uint8_t *signature;
	char *pem;
	size_t n;

	ck_assert_int_eq(crypto_key_kind(key), CRYPTO_P256);
	sign_and_tamper(key);
	pem = crypto_key_private_pem(arena, key);
	ck_assert(text_starts(pem, "-----BEGIN PRIVATE KEY-----\n"));
	again = parse(pem);
	ck_assert_ptr_nonnull(again);
	other = crypto_key_generate(CRYPTO_P256);
	/* Numbers with zeros in front come up once in 128 */
	for (int i = 0; i < 600; i++) {
		crypto_sign(arena, again, &i, sizeof i, &signature, &n);
		ck_assert_uint_eq(n, 64);
		ck_assert(crypto_verify(key, &i, sizeof i, signature, n));
		ck_assert(!crypto_verify(other, &i, sizeof i, signature, n));
	}
	crypto_key_free(&key);
	crypto_key_free(&again);
	crypto_key_free(&other);
	ck_assert_ptr_null(key);
	crypto_key_free(&key);
}
END_TEST

START_TEST(rs256)
{
	struct crypto_key *key = crypto_key_generate(CRYPTO_RSA), *again;
	struct crypto_jwk jwk;
	uint8_t *signature;
	size_t n;

	ck_assert_int_eq(crypto_key_kind(key), CRYPTO_RSA);
	sign_and_tamper(key);
	again = parse(crypto_key_private_pem(arena, key));
	ck_assert_ptr_nonnull(again);
	crypto_sign(arena, again, "x", 1, &signature, &n);
	ck_assert_uint_eq(n, 256);
	ck_assert(crypto_verify(key, "x", 1, signature, n));
	crypto_key_jwk(arena, key, &jwk);
	ck_assert_str_eq(jwk.kty, "RSA");
	ck_assert_str_eq(jwk.e, "AQAB");
	ck_assert_uint_eq(strlen(jwk.n), 342);
	ck_assert_ptr_null(jwk.crv);
	ck_assert_ptr_null(jwk.x);
	crypto_key_free(&key);
	crypto_key_free(&again);
}
END_TEST

START_TEST(jwk_coordinates_keep_their_zeros)
{
	for (int i = 0; i < 600; i++) {
		struct crypto_key *key = crypto_key_generate(CRYPTO_P256);
		struct crypto_jwk jwk;

		crypto_key_jwk(arena, key, &jwk);
		ck_assert_str_eq(jwk.kty, "EC");
		ck_assert_str_eq(jwk.crv, "P-256");
		ck_assert_uint_eq(strlen(jwk.x), 43);
		ck_assert_uint_eq(strlen(jwk.y), 43);
		ck_assert_ptr_null(jwk.n);
		crypto_key_free(&key);
		arena_reset(arena);
	}
}
END_TEST

START_TEST(a_public_key_does_not_sign)
{
	struct crypto_key *key = parse(RFC7515_PUBLIC);
	uint8_t *signature;
	size_t n;

	ck_assert_ptr_nonnull(key);
	crypto_sign(arena, key, "x", 1, &signature, &n);
}
END_TEST

/* Made by openssl(1) of a key that is gone: `openssl dgst -sha256 -sign` over "message"
 */
static const char RSA_PUBLIC[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA8U4PnFkcVIl48z6wI5Vw\n"
	"Gz45N4MMTRhoqgUL9POIKH2VICYROxu/6HhsAyTcRBslO+P9dDbip8G+Q/5MXdQY\n"
	"P1DCRU1byjIedTPnyo85E8i+Nqk3DbcOJssaEzK1OYynvrjssW1Z4GL5mfU9eVL0\n"
	"meBFtWi7xhWoiZZFEo9LjtDwzLxJn3gCBcX9JRHwoKO3mi7MiG4v+YrxdYN3K85e\n"
	"H7V5kK2NCJtE2dq2WRuAbwJ2Uwg9QgXEmkVamEPFxopMN8HZvkNxadQACLOiqLpM\n"
	"nYuCBScdoZK9kCpHmQ1NemqeS9XGuwUAOna4r/T9wdelnFnQxnOb/PqCIB8+r0qs\n"
	"eQIDAQAB\n"
	"-----END PUBLIC KEY-----\n";
static const char RSA_SIGNATURE[] =
	"Mv6AXiXQzp-zzlX2hYJ4aC_gkVMli9VlqEHA0064nvTnwX5Li_c8IG6daujMs7_bRufEleqZvg_z"
	"itANQxkAhsB-qa2w24KuRW9Uz_7Q1hWLOFwTDw5osaUZEuR-m9ZSf1RxqeKfXVHgVg1GWFXQxgFx"
	"KpVRKbM7Uma2wapCIXcOZbapQ92kLKBXSLPRYslCi5-zRZbv_wSeO5rLUH0YWxaV2yseoCZFH9_u"
	"cqyvz-tuLEW5_Aqlqfl33M3_f33DR2VVyzQarVz2JwJYiHQ9ATIzGHodrrG0hZ837RIdF2T4ZIiE"
	"clC15IgZLg_HENT0mKIIZDSB7rY3vWq1GdnMWA";

START_TEST(rs256_of_another_maker)
{
	struct crypto_key *key = parse(RSA_PUBLIC);
	uint8_t *signature;
	size_t n;

	ck_assert_ptr_nonnull(key);
	ck_assert(base64url_decode(arena, RSA_SIGNATURE, strlen(RSA_SIGNATURE),
				   &signature, &n));
	ck_assert(crypto_verify(key, "message", 7, signature, n));
	crypto_key_free(&key);
}
END_TEST

static const char RSA_1024[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDFeWc1lRZft5DXa2/4vaDldBu6\n"
	"nitN3UZ6ybBOk4zXCS6eidQVLS9ee8sKgOI5xUCb8Efdj5NKomuqd7zOy8Ta8lXP\n"
	"E1xVtpBs3tsScMuex3lfsRK9RQv+ZgodI2qXHVW04fUMzHgoIvQkBTyjgAEpi/gM\n"
	"d0cv5nEWiyk7dMKQQQIDAQAB\n"
	"-----END PUBLIC KEY-----\n";
static const char RSA_EXPONENT_3[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MIIBIDANBgkqhkiG9w0BAQEFAAOCAQ0AMIIBCAKCAQEAtkizl0QD4CofQL1uFOuO\n"
	"LxSjkxIs/CUDEiar9PDa+j+mY9MI2uR9DtSZCKkiZCUXKr8BRiKWjRzBrXufSvf8\n"
	"h4Hcog3IrUNSg7EzDIm+GPuTq4TqGghCclvRF6ABhIXPEQsqLL7Jp/wdrnwmBfEw\n"
	"jRm+IOmbpxmnJDwGv0oXgpO7SPkGR91vIp2lZnWi7VT4ud2eFcpC/P0PJ3RCROUx\n"
	"r84XZ4+4kmbKGzXjKBx1NH3Gq++qxsbzyx8f4+rA1dQOjpIzQ9EkUetCRKOGngWC\n"
	"adu9XHch+gHZVHGbYe9e3GgJU/+m2EykeNcGau1sY2YcIfRNzJ1l1VzjIdZTzqvX\n"
	"FQIBAw==\n"
	"-----END PUBLIC KEY-----\n";
static const char RSA_PSS[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MIIBIDALBgkqhkiG9w0BAQoDggEPADCCAQoCggEBAPYfMsUiJaJD40nRId1pxcBd\n"
	"CUcqRZXinQDPk9LuKX74Roxv5MUL+r0DRPECiNH+nT31Ow2TR92cNBXQTqjR+hn6\n"
	"G8mMSSqwUGO9kSGHHG8TdHE8NtNNdz9RdZhNhEe8vTHVHkW7lP+LRnB+xwnR7DHh\n"
	"i/xL8G9Pb5Et+uKE8oS+wStmDmtYB3bUQp86WTLsAXObpHXYuSlOVScaxWdm5azx\n"
	"RcTdis6+j2iQfhaiWUhGFJgWssW8mP1Q9OhD5dyGwgev/gIcIqVmJSYHrNMNFDix\n"
	"bysRJ0vwA+pv70IdCBtQs19AjyGUV+KdAkDs+Bw8DCxylyb7vzsexokIGQr0fEUC\n"
	"AwEAAQ==\n"
	"-----END PUBLIC KEY-----\n";
static const char P384[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE4Riw6Hl09V3Ia5CisUAuc/7RfAgjv2zN\n"
	"hLVgpd9Szv+d/qRzYSkn9jgR+iVwojrq7z1zJbAmZmeDU9fFixEdTAp+uUla3k7D\n"
	"nLtK1akV7nSpfgpfLcSN3j/sk9s7aMRQ\n"
	"-----END PUBLIC KEY-----\n";
static const char SECP256K1[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MFYwEAYHKoZIzj0CAQYFK4EEAAoDQgAEmz8z2Bl4LebD7Zw3vIjB8LmpgvvEJ9Lx\n"
	"7LBbxR00TNNHch77neBrXrn1uByrC8pY0DlKJPkxIvwuonYS6YZkTw==\n"
	"-----END PUBLIC KEY-----\n";
static const char P256_SPELLED_OUT[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MIIBSzCCAQMGByqGSM49AgEwgfcCAQEwLAYHKoZIzj0BAQIhAP////8AAAABAAAA\n"
	"AAAAAAAAAAAA////////////////MFsEIP////8AAAABAAAAAAAAAAAAAAAA////\n"
	"///////////8BCBaxjXYqjqT57PrvVV2mIa8ZR0GsMxTsPY7zjw+J9JgSwMVAMSd\n"
	"NgiG5wSTamZ44ROdJreBn36QBEEEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5\n"
	"RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9QIhAP////8AAAAA\n"
	"//////////+85vqtpxeehPO5ysL8YyVRAgEBA0IABB8pcey4O7gcMb3zu6zS2bzL\n"
	"9Mvo7y9lbu1ifFsMY1cN+8SL+WL5vfQvHuhlbqwpcvLa0MkYNuWDhHtDEr5mqcc=\n"
	"-----END PUBLIC KEY-----\n";
static const char ED25519[] =
	"-----BEGIN PUBLIC KEY-----\n"
	"MCowBQYDK2VwAyEAPRfAAIpgSNQt1iq2U2ypL+FPTx2EPoe5GPLiyr3OvDY=\n"
	"-----END PUBLIC KEY-----\n";

static void assert_refused(const char *pem, const char *what)
{
	struct crypto_key *key = parse(pem);

	ck_assert_msg(key == NULL, "%s", what);
}

START_TEST(other_keys_are_refused)
{
	assert_refused(RSA_1024, "RSA of 1024 bits");
	assert_refused(RSA_EXPONENT_3, "RSA with exponent 3");
	assert_refused(RSA_PSS, "RSA-PSS");
	assert_refused(P384, "P-384");
	assert_refused(SECP256K1, "secp256k1");
	assert_refused(P256_SPELLED_OUT, "P-256, spelled out");
	assert_refused(ED25519, "Ed25519");
	assert_refused("", "nothing");
	assert_refused("-----BEGIN PUBLIC KEY-----", "a first line");
	assert_refused("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
		       "no key");
	assert_refused("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
		       "zeros");
}
END_TEST

/* `pem` with `from` replaced by `to`, of the same length or shorter */
static char *changed(const char *pem, const char *from, const char *to)
{
	char *copy = arena_dup(arena, pem), *at = copy;
	size_t n = strlen(from), m = strlen(to);

	while ((at = strstr(at, from))) {
		memcpy(at, to, m);
		memmove(at + m, at + n, strlen(at + n) + 1);
		at += m;
	}
	return copy;
}

/* The PEM with one byte of its DER changed; `at` counts from the start of the DER */
static char *with_byte_changed(const char *pem, size_t at)
{
	const char *body = strchr(pem, '\n') + 1, *end = strstr(pem, "-----END");
	char *digits = changed(arena_dupn(arena, body, (size_t)(end - body)), "\n", "");
	uint8_t *der;
	size_t n;

	ck_assert(base64_decode(arena, digits, strlen(digits), &der, &n));
	ck_assert_uint_gt(n, at);
	der[at] ^= 1;
	return arena_printf(
		arena, "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n",
		base64_encode(arena, der, n));
}

START_TEST(damaged_keys_are_refused)
{
	struct crypto_key *key = crypto_key_generate(CRYPTO_P256);
	const char *pem = crypto_key_private_pem(arena, key);

	assert_refused(changed(pem, "PRIVATE KEY", "EC PRIV KEY"), "another label");
	assert_refused(changed(pem, "-----BEGIN", " ----BEGIN"), "not at the start");
	assert_refused(arena_dupn(arena, pem, strlen(pem) / 2), "half of it");
	/* RFC 5915: the number is 32 bytes at 36, the point the last 64 of 138 */
	assert_refused(with_byte_changed(pem, 40), "private part of another");
	assert_refused(with_byte_changed(pem, 100), "a point beside the curve");
	crypto_key_free(&key);

	/* RFC 8017 §A.1.2: the private exponent is the 256 bytes from 302, coefficients
	 * last; every number is changed in turn. What passes must sign as the whole one
	 * did. */
	key = crypto_key_generate(CRYPTO_RSA);
	pem = crypto_key_private_pem(arena, key);
	for (size_t at = 40; at < 1180; at += 60) {
		struct crypto_key *other = parse(with_byte_changed(pem, at));
		uint8_t *signature;
		size_t n;

		if (!other)
			continue;
		crypto_sign(arena, other, "x", 1, &signature, &n);
		ck_assert(crypto_verify(other, "x", 1, signature, n));
		crypto_key_free(&other);
	}
	assert_refused(with_byte_changed(pem, 200), "another modulus");
	crypto_key_free(&key);
}
END_TEST

START_TEST(length_is_bounded)
{
	size_t n = 1 << 17;
	char *pem = arena_alloc(arena, n + 1);

	memset(pem, '\n', n);
	memcpy(pem, RSA_PUBLIC, sizeof RSA_PUBLIC - 1);
	ck_assert_ptr_null(crypto_key_parse(pem, n));
	ck_assert_ptr_null(crypto_key_parse(pem, 0));
	ck_assert_ptr_null(crypto_key_parse(pem, 5));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		digests,
		rfc4231_vectors,
		rfc7515_example,
		es256,
		rs256,
		rs256_of_another_maker,
		jwk_coordinates_keep_their_zeros,
		other_keys_are_refused,
		damaged_keys_are_refused,
		length_is_bounded,
	};
	const TTest *const fatal[] = {no_key_aborts, a_public_key_does_not_sign};

	return unit_run("crypto", tests, COUNT(tests), setup, teardown) |
	       unit_run_fatal("crypto: aborts", fatal, COUNT(fatal), SIGABRT, setup,
			      teardown);
}
