#include "t/fake/jwt_forge.h"

#include "lib/secret.h"

enum { TOKENS_MAX = 4096 };

struct arena *arena;
struct jwt_key keys[KEYS];
struct crypto_key *p256_of_another;

static struct crypto_key *p256, *rsa;
static uint8_t secret[32];

static uint8_t seen[TOKENS_MAX][CRYPTO_SHA256_LEN];
static size_t n_seen, n_least;

static void make_keys(void)
{
	secret_random(secret, sizeof secret);
	p256 = crypto_key_generate(CRYPTO_P256);
	p256_of_another = crypto_key_generate(CRYPTO_P256);
	rsa = crypto_key_generate(CRYPTO_RSA);
	keys[HS] = (struct jwt_key){"hs-1", JWT_HS256, secret, sizeof secret, NULL};
	keys[ES] = (struct jwt_key){"es-1", JWT_ES256, NULL, 0, p256};
	keys[RS] = (struct jwt_key){"rs-1", JWT_RS256, NULL, 0, rsa};
}

static void free_keys(void)
{
	crypto_key_free(&p256);
	crypto_key_free(&p256_of_another);
	crypto_key_free(&rsa);
}

static void setup(void)
{
	arena = arena_new(256 << 20);
}

static void teardown(void)
{
	arena_free(&arena);
}

char *forge_quoted(const char *text)
{
	char *copy = arena_dup(arena, text);

	for (char *at = copy; *at; at++)
		if (*at == '\'')
			*at = '"';
	return copy;
}

char *forge_encoded(const char *text)
{
	return base64url_encode(arena, text, strlen(text));
}

char *forge_unsigned(const char *header, const char *payload)
{
	return arena_printf(arena, "%s.%s", forge_encoded(forge_quoted(header)),
			    forge_encoded(forge_quoted(payload)));
}

char *forge_with(const char *text, const void *signature, size_t n)
{
	return arena_printf(arena, "%s.%s", text, base64url_encode(arena, signature, n));
}

char *forge_signed(const struct jwt_key *key, const char *text)
{
	uint8_t hmac[CRYPTO_SHA256_LEN], *signature = hmac;
	size_t n = sizeof hmac;

	if (key->pair)
		crypto_sign(arena, key->pair, text, strlen(text), &signature, &n);
	else
		crypto_hmac_sha256(key->secret, key->secret_len, text, strlen(text),
				   hmac);
	return forge_with(text, signature, n);
}

char *forge_hs(const char *header, const char *payload)
{
	return forge_signed(&keys[HS], forge_unsigned(header, payload));
}

char *forge_good(int key)
{
	const char *header = arena_printf(arena, "{'alg':'%s','typ':'JWT','kid':'%s'}",
					  jwt_alg_name(keys[key].alg), keys[key].kid);

	return forge_signed(&keys[key], forge_unsigned(header, PAYLOAD));
}

char *forge_filled(size_t n, char with)
{
	char *text = arena_alloc(arena, n + 1);

	memset(text, with, n);
	return text;
}

/* The SubjectPublicKeyInfo (RFC 5280 §4.1) of each kind: what a public PEM holds. */
static const uint8_t P256_HEAD[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
				    0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
				    0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
static const uint8_t RSA_HEAD[] = {0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a,
				   0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05,
				   0x00, 0x03, 0x82, 0x01, 0x0f, 0x00, 0x30, 0x82, 0x01,
				   0x0a, 0x02, 0x82, 0x01, 0x01, 0x00};
static const uint8_t RSA_TAIL[] = {0x02, 0x03, 0x01, 0x00, 0x01};

struct buf forge_der(const struct crypto_key *key)
{
	struct crypto_jwk jwk;
	struct buf der;
	uint8_t *bytes;
	size_t n;

	buf_init(&der, arena_alloc(arena, 512), 512);
	crypto_key_jwk(arena, key, &jwk);
	if (jwk.n) {
		buf_put(&der, (const char *)RSA_HEAD, sizeof RSA_HEAD);
		ck_assert(base64url_decode(arena, jwk.n, strlen(jwk.n), &bytes, &n));
		buf_put(&der, (const char *)bytes, n);
		buf_put(&der, (const char *)RSA_TAIL, sizeof RSA_TAIL);
		return der;
	}
	buf_put(&der, (const char *)P256_HEAD, sizeof P256_HEAD);
	ck_assert(base64url_decode(arena, jwk.x, strlen(jwk.x), &bytes, &n));
	buf_put(&der, (const char *)bytes, n);
	ck_assert(base64url_decode(arena, jwk.y, strlen(jwk.y), &bytes, &n));
	buf_put(&der, (const char *)bytes, n);
	return der;
}

char *forge_public_pem(const struct crypto_key *key)
{
	struct buf der = forge_der(key), pem;
	char *text = base64_encode(arena, der.at, der.len);

	buf_init(&pem, arena_alloc(arena, 1024), 1024);
	buf_puts(&pem, "-----BEGIN PUBLIC KEY-----\n");
	for (; *text; text += strnlen(text, 64))
		buf_printf(&pem, "%.64s\n", text);
	buf_puts(&pem, "-----END PUBLIC KEY-----\n");
	return pem.at;
}

bool forge_passes(const struct jwt_key *with, size_t n, const char *typ,
		  const char *token)
{
	struct jwt_expect expect = {typ, "https://id.test", "latchkey", "access",
				    FORGE_NOW};
	const struct jwt_claims *untouched = (const struct jwt_claims *)&expect;
	const struct jwt_claims *claims = untouched;
	bool good = jwt_check(arena, with, n, &expect, token, &claims);

	ck_assert((claims == untouched) == !good);
	return good;
}

void forge_count(const char *token)
{
	uint8_t sum[CRYPTO_SHA256_LEN];

	crypto_sha256(token, strlen(token), sum);
	for (size_t i = 0; i < n_seen; i++)
		if (memcmp(seen[i], sum, sizeof sum) == 0)
			return;
	ck_assert_uint_lt(n_seen, TOKENS_MAX);
	memcpy(seen[n_seen++], sum, sizeof sum);
}

START_TEST(good_ones_pass)
{
	ck_assert(forge_passes(keys, KEYS, "JWT", forge_hs(HEADER(""), PAYLOAD)));
	for (int i = 0; i < KEYS; i++) {
		ck_assert(forge_passes(keys, KEYS, "JWT", forge_good(i)));
		ck_assert(!forge_passes(keys, KEYS, "at+jwt", forge_good(i)));
	}
}
END_TEST

START_TEST(there_were_enough)
{
	ck_assert_uint_ge(n_seen, n_least);
}
END_TEST

/* In one process, for the count. */
int forge_run(const char *name, const TTest *const *tests, size_t n, size_t least)
{
	TCase *group = tcase_create(name);
	Suite *suite = suite_create(name);
	SRunner *runner = srunner_create(suite);
	int failed;

	n_least = least;
	tcase_set_timeout(group, 60);
	tcase_add_unchecked_fixture(group, make_keys, free_keys);
	tcase_add_checked_fixture(group, setup, teardown);
	tcase_add_test(group, good_ones_pass);
	for (size_t i = 0; i < n; i++)
		tcase_add_test(group, tests[i]);
	tcase_add_test(group, there_were_enough);
	suite_add_tcase(suite, group);

	srunner_set_fork_status(runner, CK_NOFORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
