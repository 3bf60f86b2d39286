#include <check.h>
#include <signal.h>

#include "lib/json.h"
#include "lib/jwt.h"
#include "lib/text.h"

enum { NOW = 1800000000 };

static struct arena *arena;
static struct crypto_key *p256, *p256_next, *rsa;
static const uint8_t SECRET[] = "0123456789abcdefghijklmnopqrstuv";

static struct jwt_key keys[4];

static void make_keys(void)
{
	p256 = crypto_key_generate(CRYPTO_P256);
	p256_next = crypto_key_generate(CRYPTO_P256);
	rsa = crypto_key_generate(CRYPTO_RSA);
	keys[0] = (struct jwt_key){"hs-1", JWT_HS256, SECRET, sizeof SECRET - 1, NULL};
	keys[1] = (struct jwt_key){"es-1", JWT_ES256, NULL, 0, p256};
	keys[2] = (struct jwt_key){"es-2", JWT_ES256, NULL, 0, p256_next};
	keys[3] = (struct jwt_key){"rs-1", JWT_RS256, NULL, 0, rsa};
}

static void free_keys(void)
{
	crypto_key_free(&p256);
	crypto_key_free(&p256_next);
	crypto_key_free(&rsa);
}

static void setup(void)
{
	arena = arena_new(1 << 20);
}

static void teardown(void)
{
	arena_free(&arena);
}

static struct jwt_claims *claims_of(const char *use)
{
	static const char *const ROLES[] = {"reader", "writer \"x\""};
	struct jwt_claims *claims = jwt_claims_new(arena);

	jwt_set_text(claims, "iss", "https://id.test");
	jwt_set_text(claims, "aud", "latchkey");
	jwt_set_text(claims, "sub", "Zo\xc3\xab");
	jwt_set_text(claims, "token_use", use);
	jwt_set_integer(claims, "iat", NOW);
	jwt_set_integer(claims, "nbf", NOW);
	jwt_set_integer(claims, "exp", NOW + 600);
	jwt_set_integer(claims, "auth_time_us", INT64_C(1800000000000000));
	jwt_set_bool(claims, "fresh", true);
	jwt_set_texts(claims, "roles", ROLES, COUNT(ROLES));
	return claims;
}

static struct jwt_expect expecting(const char *typ, int64_t now_s)
{
	return (struct jwt_expect){typ, "https://id.test", "latchkey", "access", now_s};
}

/* Each algorithm, and each `typ` that we issue, makes what the gate lets pass. */
START_TEST(round_trip)
{
	static const char *const TYPES[] = {"JWT", "at+jwt"};

	for (int i = 0; i < 8; i++) {
		const struct jwt_key *key = &keys[i / 2];
		struct jwt_expect expect = expecting(TYPES[i % 2], NOW);
		const char *token = jwt_sign(arena, key, expect.typ, claims_of("access"));
		const struct jwt_claims *got = NULL;
		int64_t n = 0;
		bool fresh = false;

		ck_assert_ptr_nonnull(token);
		ck_assert(jwt_check(arena, keys, COUNT(keys), &expect, token, &got));
		ck_assert_str_eq(jwt_text(got, "sub"), "Zo\xc3\xab");
		ck_assert(jwt_integer(got, "exp", &n) && n == NOW + 600);
		ck_assert(jwt_integer(got, "auth_time_us", &n) && n == 1800000000000000);
		ck_assert(jwt_bool(got, "fresh", &fresh) && fresh);
		ck_assert_ptr_null(jwt_text(got, "exp"));
		ck_assert_ptr_null(jwt_text(got, "nope"));
		ck_assert(!jwt_integer(got, "sub", &n) && !jwt_bool(got, "sub", &fresh));
	}
}
END_TEST

/* What others will read: the header is exactly alg, typ, kid, the roles are an array. */
START_TEST(form)
{
	for (size_t i = 0; i < COUNT(keys); i++) {
		const char *token = jwt_sign(arena, &keys[i], "JWT", claims_of("access"));
		const char *dot = strchr(token, '.'), *last = strrchr(token, '.');
		const struct json *header, *payload;
		uint8_t *bytes;
		size_t n;

		ck_assert(base64url_decode(arena, token, (size_t)(dot - token), &bytes,
					   &n));
		header = json_parse(arena, (const char *)bytes, n);
		ck_assert_uint_eq(json_count(header), 3);
		ck_assert_str_eq(json_text(header, "alg"), jwt_alg_name(keys[i].alg));
		ck_assert_str_eq(json_text(header, "typ"), "JWT");
		ck_assert_str_eq(json_text(header, "kid"), keys[i].kid);
		ck_assert(base64url_decode(arena, dot + 1, (size_t)(last - dot - 1),
					   &bytes, &n));
		payload = json_parse(arena, (const char *)bytes, n);
		ck_assert_uint_eq(json_count(payload), 10);
		ck_assert_str_eq(
			json_as_text(json_item(json_member(payload, "roles"), 1)),
			"writer \"x\"");
	}
}
END_TEST

/* RFC 7515 appendix A.1 in our own words: the HMAC over the first two parts as sent. */
START_TEST(hs256_is_the_standard_one)
{
	const char *token = jwt_sign(arena, &keys[0], "JWT", claims_of("access"));
	const char *last = strrchr(token, '.');
	uint8_t sum[CRYPTO_SHA256_LEN];

	crypto_hmac_sha256(SECRET, sizeof SECRET - 1, token, (size_t)(last - token), sum);
	ck_assert_str_eq(last + 1, base64url_encode(arena, sum, sizeof sum));
}
END_TEST

START_TEST(typ_without_case)
{
	static const char *const TYPES[] = {"JWT", "jwt", "Jwt"};

	for (size_t i = 0; i < COUNT(TYPES); i++) {
		for (size_t k = 0; k < COUNT(keys); k++) {
			struct jwt_expect expect = expecting("JWT", NOW);
			const char *header = arena_printf(
				arena, "{\"alg\":\"%s\",\"typ\":\"%s\",\"kid\":\"%s\"}",
				jwt_alg_name(keys[k].alg), TYPES[i], keys[k].kid);
			const char *made =
				jwt_sign(arena, &keys[k], "JWT", claims_of("access"));
			const char *dot = strchr(made, '.');
			char *text = arena_printf(
				arena, "%s%.*s",
				base64url_encode(arena, header, strlen(header)),
				(int)(strrchr(made, '.') - dot), dot);
			uint8_t hmac[CRYPTO_SHA256_LEN], *sum = hmac;
			size_t n = sizeof hmac;
			const struct jwt_claims *got;

			if (keys[k].pair)
				crypto_sign(arena, keys[k].pair, text, strlen(text), &sum,
					    &n);
			else
				crypto_hmac_sha256(SECRET, sizeof SECRET - 1, text,
						   strlen(text), hmac);
			text = arena_printf(arena, "%s.%s", text,
					    base64url_encode(arena, sum, n));
			ck_assert(
				jwt_check(arena, keys, COUNT(keys), &expect, text, &got));
		}
	}
}
END_TEST

/* The edges of the leeway of 60 seconds. */
START_TEST(times)
{
	static const struct time_row {
		int64_t now_s;
		bool good;
	} ROWS[] = {
		{NOW - 61, false},
		{NOW - 60, true},
		{NOW, true},
		{NOW + 600, true},
		{NOW + 600 + 59, true},
		{NOW + 600 + 60, false},
		{NOW + 600 + 61, false},
		{0, false},
		{INT64_C(1) << 53, false},
	};

	for (size_t i = 0; i < COUNT(ROWS); i++) {
		struct jwt_expect expect = expecting("at+jwt", ROWS[i].now_s);
		const char *token =
			jwt_sign(arena, &keys[1], "at+jwt", claims_of("access"));
		const struct jwt_claims *got;

		ck_assert_msg(jwt_check(arena, keys, COUNT(keys), &expect, token, &got) ==
				      ROWS[i].good,
			      "row %zu", i);
	}
}
END_TEST

/* While keys rotate both verify; a key that is gone takes its tokens with it. */
START_TEST(rotation)
{
	struct jwt_expect expect = expecting("at+jwt", NOW);
	const char *old = jwt_sign(arena, &keys[1], "at+jwt", claims_of("access"));
	const char *next = jwt_sign(arena, &keys[2], "at+jwt", claims_of("access"));
	const struct jwt_claims *got;

	ck_assert(jwt_check(arena, keys + 1, 2, &expect, old, &got));
	ck_assert(jwt_check(arena, keys + 1, 2, &expect, next, &got));
	ck_assert(!jwt_check(arena, keys + 2, 1, &expect, old, &got));
	ck_assert(jwt_check(arena, keys + 2, 1, &expect, next, &got));
	ck_assert(jwt_check(arena, keys + 1, 1, &expect, old, &got));
	ck_assert(!jwt_check(arena, keys + 1, 1, &expect, next, &got));
	ck_assert(!jwt_check(arena, keys, 0, &expect, next, &got));
}
END_TEST

/* The longest token is 4096 bytes; a longer one is not issued. */
START_TEST(longest)
{
	bool issued = true;
	size_t last = 0;

	for (size_t n = 2600; issued; n++) {
		struct jwt_expect expect = expecting("at+jwt", NOW);
		struct jwt_claims *claims = claims_of("access");
		char *pad = arena_alloc(arena, n + 1);
		const struct jwt_claims *got;
		const char *token;

		memset(pad, 'x', n);
		jwt_set_text(claims, "pad", pad);
		token = jwt_sign(arena, &keys[1], "at+jwt", claims);
		issued = token != NULL;
		if (issued) {
			last = strlen(token);
			ck_assert(jwt_check(arena, keys, COUNT(keys), &expect, token,
					    &got));
		}
		arena_reset(arena);
	}
	ck_assert_uint_ge(last, JWT_LEN_MAX - 2);
	ck_assert_uint_le(last, JWT_LEN_MAX);
}
END_TEST

#define REFUSES_TO(name, statement)                                                      \
	START_TEST(name)                                                                 \
	{                                                                                \
		statement;                                                               \
	}                                                                                \
	END_TEST

static void sign_with(struct jwt_key key)
{
	const char *token = jwt_sign(arena, &key, "JWT", claims_of("access"));

	ck_assert_ptr_null(token);
}

static void set_twice(void)
{
	jwt_set_text(claims_of("access"), "iss", "again");
}

REFUSES_TO(sign_empty_secret,
	   sign_with((struct jwt_key){"x", JWT_HS256, SECRET, 0, NULL}))
REFUSES_TO(sign_no_secret, sign_with((struct jwt_key){"x", JWT_HS256, NULL, 32, NULL}))
REFUSES_TO(sign_short_secret,
	   sign_with((struct jwt_key){"x", JWT_HS256, SECRET, 31, NULL}))
REFUSES_TO(sign_no_pair, sign_with((struct jwt_key){"x", JWT_ES256, SECRET, 32, NULL}))
REFUSES_TO(sign_other_pair, sign_with((struct jwt_key){"x", JWT_ES256, NULL, 0, rsa}))
REFUSES_TO(sign_other_rsa, sign_with((struct jwt_key){"x", JWT_RS256, NULL, 0, p256}))
REFUSES_TO(set_a_claim_twice, set_twice())

static Suite *suite(void)
{
	const TTest *const TESTS[] = {
		round_trip, form,    hs256_is_the_standard_one, typ_without_case, times,
		rotation,   longest,
	};
	const TTest *const ABORT[] = {
		sign_empty_secret, sign_no_secret, sign_short_secret, sign_no_pair,
		sign_other_pair,   sign_other_rsa, set_a_claim_twice,
	};
	Suite *all = suite_create("jwt");
	TCase *group = tcase_create("jwt");

	tcase_add_unchecked_fixture(group, make_keys, free_keys);
	tcase_add_checked_fixture(group, setup, teardown);
	tcase_set_timeout(group, 60);
	for (size_t i = 0; i < COUNT(TESTS); i++)
		tcase_add_test(group, TESTS[i]);
	for (size_t i = 0; i < COUNT(ABORT); i++)
		tcase_add_test_raise_signal(group, ABORT[i], SIGABRT);
	suite_add_tcase(all, group);
	return all;
}

int main(void)
{
	SRunner *runner = srunner_create(suite());
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
