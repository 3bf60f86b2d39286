/* fakes: jwk_forge */
/* Which key of a set is found, and what a set may cost at most. */
#include "t/unit/unit.h"

#include <time.h>

#include "t/fake/jwk_forge.h"

#include "lib/jwk.h"
#include "lib/text.h"

static void assert_is(const struct crypto_key *found, const struct crypto_key *wanted)
{
	struct crypto_jwk a, b;

	ck_assert_ptr_nonnull(found);
	ck_assert_int_eq(crypto_key_kind(found), crypto_key_kind(wanted));
	crypto_key_jwk(arena, found, &a);
	crypto_key_jwk(arena, wanted, &b);
	ck_assert_str_eq(a.x ? a.x : a.n, b.x ? b.x : b.n);
	ck_assert_str_eq(a.y ? a.y : a.e, b.y ? b.y : b.e);
}

static struct jwk_set *parsed(const char *form)
{
	const char *json = forge_filled(form);
	struct jwk_set *set = jwk_parse(json, strlen(json));

	ck_assert_ptr_nonnull(set);
	return set;
}

START_TEST(keys_are_found)
{
	struct jwk_set *set = parsed("{'keys':[" RSA("") "," EC("") "]}");

	assert_is(jwk_find(set, "a", JWT_RS256), rsa);
	assert_is(jwk_find(set, "a", JWT_ES256), p256);
	assert_is(jwk_find(set, NULL, JWT_RS256), rsa);
	assert_is(jwk_find(set, NULL, JWT_ES256), p256);
	ck_assert_ptr_null(jwk_find(set, "a", JWT_HS256));
	ck_assert_ptr_null(jwk_find(set, NULL, JWT_HS256));
	ck_assert_ptr_null(jwk_find(set, "", JWT_RS256));
	ck_assert_ptr_null(jwk_find(set, "A", JWT_RS256));
	ck_assert_ptr_null(jwk_find(set, "a ", JWT_RS256));
	jwk_free(&set);
	ck_assert_ptr_null(jwk_find(NULL, "a", JWT_RS256));
	ck_assert_ptr_null(jwk_find(NULL, NULL, JWT_RS256));
	ck_assert_uint_eq(jwk_count(NULL), 0);
	jwk_free(&set);
}
END_TEST

START_TEST(without_a_kid_there_must_be_one)
{
	struct jwk_set *set =
		parsed("{'keys':[" RSA("") ",{'kty':'RSA','kid':'b',"
					   "'n':'$3','e':'AQAB'}," EC("") "]}");

	ck_assert_ptr_null(jwk_find(set, NULL, JWT_RS256));
	assert_is(jwk_find(set, "a", JWT_RS256), rsa);
	assert_is(jwk_find(set, NULL, JWT_ES256), p256);
	jwk_free(&set);
	set = parsed("{'keys':[{'kty':'RSA','n':'$n','e':'AQAB'}]}");
	assert_is(jwk_find(set, NULL, JWT_RS256), rsa);
	ck_assert_ptr_null(jwk_find(set, "a", JWT_RS256));
	ck_assert_ptr_null(jwk_find(set, NULL, JWT_ES256));
	jwk_free(&set);
}
END_TEST

/* A key that came in this way verifies what its owner signed, and nothing else. */
START_TEST(found_keys_verify)
{
	struct jwk_set *set = parsed("{'keys':[" RSA("") "," EC("") "]}");
	const struct crypto_key *pairs[] = {rsa, p256};
	uint8_t *signature;
	size_t n;

	for (size_t i = 0; i < COUNT(pairs); i++) {
		const struct crypto_key *found =
			jwk_find(set, "a", i ? JWT_ES256 : JWT_RS256);

		crypto_sign(arena, pairs[i], "message", 7, &signature, &n);
		ck_assert(crypto_verify(found, "message", 7, signature, n));
		ck_assert(!crypto_verify(found, "messagf", 7, signature, n));
	}
	jwk_free(&set);
}
END_TEST

/* ---- what it may cost ---- */

/* Over and over up to JWK_SET_MAX, between a beginning and an end */
static const struct {
	const char *first, *piece, *last;
} HEAVY[] = {
	{"{\"keys\":[1", ",1", "]}"},
	{"{\"keys\":[0.5", ",1e9", "]}"},
	{"{\"keys\":[\"\"", ",\"\"", "]}"},
	{"{\"keys\":[\"\"", ",\"\\u0041\"", "]}"},
	{"{\"keys\":[[]", ",[]", "]}"},
	{"{\"keys\":[{}", ",{}", "]}"},
	{"{\"keys\":[{}", ",{\"a\":1}", "]}"},
	{"{\"keys\":[{\"kty\":\"RSA\",\"key_ops\":[1", ",1", "]}]}"},
	{"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"", "A", "\"}]}"},
	{"{\"keys\":[{\"kid\":\"", "a", "\"}]}"},
	{"{\"keys\":[{\"kid\":\"", "\\u0041", "\"}]}"},
	{"{\"keys\":[{\"kid\":\"", "\xc3\xa9", "\"}]}"},
	{"{\"keys\":", "[", ""},
	{"{\"keys\":", "[[[[[[[[[[[[[]]]]]]]]]]]]],", "1]}"},
	{"", "{\"keys\":", ""},
	{"{\"keys\":[", "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}},", "1]}"},
	{"", " ", "{}"},
	{"", "\\", ""},
	{"{\"keys\":[1]", ",\"\":1", "}"},
};

static int64_t cpu_ms(void)
{
	return (int64_t)clock() * 1000 / CLOCKS_PER_SEC;
}

/* Names that are all different: "0" … */
static const char *of_names(void)
{
	struct buf buf;

	buf_init(&buf, arena_alloc(arena, JWK_SET_MAX + 1), JWK_SET_MAX + 1);
	buf_puts(&buf, "{\"keys\":[]");
	for (unsigned i = 0; buf.len + 16 < JWK_SET_MAX; i++)
		buf_printf(&buf, ",\"%x\":1", i);
	buf_puts(&buf, "}");
	ck_assert(!buf.cut);
	return buf.at;
}

static void assert_cheap(const char *bytes, size_t n)
{
	size_t before = arena_used(arena), n_keys;
	int64_t began = cpu_ms();
	const char *why = "";

	ck_assert_msg(!forge_reduce(bytes, n, &n_keys, &why), "%.40s", bytes);
	ck_assert_msg(arena_used(arena) - before < JWK_ARENA, "%.40s: %zu", bytes,
		      arena_used(arena) - before);
	ck_assert_msg(cpu_ms() - began < 1000, "%.40s: %d ms", bytes,
		      (int)(cpu_ms() - began));
}

START_TEST(hostile_sets_are_cheap)
{
	for (size_t i = 0; i < COUNT(HEAVY); i++) {
		struct buf buf;
		size_t last = strlen(HEAVY[i].last), piece = strlen(HEAVY[i].piece);

		buf_init(&buf, arena_alloc(arena, JWK_SET_MAX + 1), JWK_SET_MAX + 1);
		buf_puts(&buf, HEAVY[i].first);
		while (buf.len + piece + last <= JWK_SET_MAX)
			buf_puts(&buf, HEAVY[i].piece);
		buf_puts(&buf, HEAVY[i].last);
		ck_assert(!buf.cut);
		assert_cheap(buf.at, buf.len);
		ck_assert_ptr_null(jwk_parse(buf.at, buf.len));
	}
	assert_cheap(of_names(), strlen(of_names()));
}
END_TEST

START_TEST(a_longer_set_is_not_read)
{
	size_t n = JWK_SET_MAX + 1, n_keys = 7, before;
	char *bytes = arena_alloc(arena, n);
	const char *why = "";

	memset(bytes, ' ', n);
	before = arena_used(arena);
	ck_assert_ptr_null(forge_reduce(bytes, n, &n_keys, &why));
	ck_assert_str_eq(why, "the JWK Set is too long");
	ck_assert_uint_eq(n_keys, 7);
	ck_assert_uint_eq(arena_used(arena), before);
	ck_assert_ptr_null(jwk_parse(bytes, n));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		keys_are_found,		  without_a_kid_there_must_be_one,
		found_keys_verify,	  hostile_sets_are_cheap,
		a_longer_set_is_not_read,
	};

	return unit_run("jwk_set", tests, COUNT(tests), forge_keys, forge_end);
}
