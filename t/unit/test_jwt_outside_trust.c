/* fakes: jwt_forge outside_forge */
/* Which key a token of others is held against, and forms that are nearly a token's. */
#include "t/fake/outside_forge.h"

#include "lib/secret.h"

/* ---- keys ---- */

START_TEST(good_ones_pass)
{
	CLEANUP(jwk_free) struct jwk_set *set = forge_known();
	const struct jwt_claims *claims = NULL;

	ck_assert_int_eq(jwt_outside_check(arena, set, EXPECT(), forge_good(ES), &claims),
			 GOOD);
	ck_assert_str_eq(jwt_text(claims, "token_use"), "access");
	ck_assert_int_eq(jwt_outside_check(arena, set, EXPECT(), forge_good(RS), &claims),
			 GOOD);
}
END_TEST

/* RS/HS and ES/HS confusion: the public key, in all forms, as an HMAC secret; even where
 * somebody says that HS256 would do. */
START_TEST(public_key_as_secret)
{
	static const char *const ALGS[] = {"HS256", "ES256", "RS256", "hs256", "none"};
	CLEANUP(jwk_free) struct jwk_set *set = forge_known();

	for (int k = ES; k < KEYS; k++) {
		struct buf der = forge_der(keys[k].pair);
		char *pem = forge_public_pem(keys[k].pair);
		struct crypto_jwk jwk;

		crypto_key_jwk(arena, keys[k].pair, &jwk);
		for (size_t i = 0; i < 4 * COUNT(ALGS); i++) {
			const char *number = jwk.n ? jwk.n : jwk.x;
			const struct jwt_key with[] = {
				{"", JWT_HS256, (uint8_t *)pem, strlen(pem), NULL},
				{"", JWT_HS256, (uint8_t *)pem, strlen(pem) - 1, NULL},
				{"", JWT_HS256, (uint8_t *)der.at, der.len, NULL},
				{"", JWT_HS256, (const uint8_t *)number, strlen(number),
				 NULL},
			};
			const char *header =
				arena_printf(arena, "{'alg':'%s','kid':'%s'}",
					     ALGS[i / 4], keys[k].kid);
			const char *token = forge_signed(&with[i % 4],
							 forge_unsigned(header, PAYLOAD));

			ck_assert_msg(forge_judged(set, EXPECT(), token) != GOOD, "%s",
				      header);
			ck_assert_msg(forge_judged(set, EXPECT(e->algs = ~0U), token) !=
					      GOOD,
				      "%s", header);
		}
	}
	IS(REFUSE, set, EXPECT(e->algs = ~0U), forge_good(HS), "HS256");
}
END_TEST

START_TEST(key_of_another)
{
	static const struct {
		int by;
		const char *header;
	} ROWS[] = {
		{RS, "{'alg':'ES256','kid':'es-1'}"},
		{HS, "{'alg':'ES256','kid':'es-1'}"},
		{ES, "{'alg':'RS256','kid':'rs-1'}"},
		{HS, "{'alg':'RS256','kid':'rs-1'}"},
		{RS, "{'alg':'ES256'}"},
		{ES, "{'alg':'RS256'}"},
	};
	CLEANUP(jwk_free) struct jwk_set *set = forge_known();
	struct jwt_key stranger = {"es-1", JWT_ES256, NULL, 0, p256_of_another};

	for (size_t i = 0; i < COUNT(ROWS); i++)
		IS(REFUSE, set, EXPECT(), forge_by(ROWS[i].by, ROWS[i].header, PAYLOAD),
		   "%s by %d", ROWS[i].header, ROWS[i].by);
	IS(REFUSE, set, EXPECT(),
	   forge_signed(&stranger, forge_unsigned(ES_HEADER(""), PAYLOAD)), "stranger");
	IS(REFUSE, set, EXPECT(),
	   forge_signed(&stranger, forge_unsigned(WITHOUT_KID, PAYLOAD)), "stranger");
}
END_TEST

START_TEST(signatures)
{
	CLEANUP(jwk_free) struct jwk_set *set = forge_known();
	uint8_t bytes[512] = {0}, *good;
	size_t n;

	for (int k = ES; k < KEYS; k++) {
		char *token = forge_good(k), *dot = strrchr(token, '.');
		const char *text = arena_dupn(arena, token, (size_t)(dot - token));

		ck_assert(base64url_decode(arena, dot + 1, strlen(dot + 1), &good, &n));
		for (size_t len = 1; len <= sizeof bytes; len++)
			IS(REFUSE, set, EXPECT(), forge_with(text, bytes, len),
			   "%zu zeros", len);
		for (size_t at = 0; at < n; at += 7) {
			good[at] ^= 0x10;
			IS(REFUSE, set, EXPECT(), forge_with(text, good, n), "%zu", at);
			good[at] ^= 0x10;
		}
		IS(GOOD, set, EXPECT(), forge_with(text, good, n), "%d", k);
		IS(REFUSE, set, EXPECT(), forge_with(text, good, n - 1), "%d", k);
		memcpy(bytes, good, n);
		IS(REFUSE, set, EXPECT(), forge_with(text, bytes, n + 1), "%d", k);
		memset(bytes, 0, sizeof bytes);
	}
}
END_TEST

START_TEST(algorithms)
{
	CLEANUP(jwk_free) struct jwk_set *set = forge_known();
	unsigned es = 1U << JWT_ES256, rs = 1U << JWT_RS256;

	IS(GOOD, set, EXPECT(e->algs = es), forge_good(ES), "ES256");
	IS(GOOD, set, EXPECT(e->algs = rs), forge_good(RS), "RS256");
	IS(REFUSE, set, EXPECT(e->algs = rs), forge_good(ES), "ES256");
	IS(REFUSE, set, EXPECT(e->algs = es), forge_good(RS), "RS256");
	IS(REFUSE, set, EXPECT(e->algs = 0), forge_good(ES), "ES256");
	IS(REFUSE, NULL, EXPECT(e->algs = rs), forge_good(ES), "ES256");
}
END_TEST

START_TEST(types)
{
	static const char *const ONE[] = {"JWT"};
	CLEANUP(jwk_free) struct jwk_set *set = forge_known();
	const char *without = forge_by(ES, "{'alg':'ES256','kid':'es-1'}", PAYLOAD);
	const char *at =
		forge_by(ES, "{'alg':'ES256','kid':'es-1','typ':'at+jwt'}", PAYLOAD);

	IS(GOOD, set, EXPECT(e->typ_optional = true), without, "without");
	IS(REFUSE, set, EXPECT(e->typ_optional = false), without, "without");
	IS(GOOD, set, EXPECT(e->typ_optional = false), at, "at+jwt");
	IS(REFUSE, set, EXPECT(e->typs = ONE, e->n_typs = 1), at, "at+jwt");
	IS(GOOD, set, EXPECT(e->typs = ONE, e->n_typs = 1), forge_good(ES), "JWT");
	IS(REFUSE, set, EXPECT(e->n_typs = 0), forge_good(ES), "JWT");
	IS(GOOD, set, EXPECT(e->n_typs = 0), without, "without");
}
END_TEST

START_TEST(without_a_kid)
{
	static const char *const TWO[] = {"es-1", "es-2"}, *const NONE[] = {NULL};
	const struct crypto_key *of[] = {keys[ES].pair, p256_of_another};
	const char *token = forge_by(ES, WITHOUT_KID, PAYLOAD);
	CLEANUP(jwk_free) struct jwk_set *two = forge_set(TWO, of, 2);
	CLEANUP(jwk_free) struct jwk_set *one = forge_set(TWO, of, 1);
	CLEANUP(jwk_free) struct jwk_set *nameless = forge_set(NONE, of, 1);
	CLEANUP(jwk_free) struct jwk_set *rsa = forge_set(TWO, &keys[RS].pair, 1);

	IS(GOOD, one, EXPECT(), token, "one");
	IS(GOOD, nameless, EXPECT(), token, "one without a name");
	IS(REFUSE, two, EXPECT(), token, "which of the two?");
	IS(REFUSE, rsa, EXPECT(), token, "of another kind");
	IS(UNKNOWN, NULL, EXPECT(), token, "no keys at all");
	IS(GOOD, two, EXPECT(), forge_good(ES), "with a name");
	IS(UNKNOWN, nameless, EXPECT(), forge_good(ES), "a name where there is none");
}
END_TEST

START_TEST(other_places)
{
	CLEANUP(jwk_free) struct jwk_set *set = forge_known();
	const char *token = forge_good(ES);

	IS(REFUSE, set, EXPECT(e->iss = "https://other.test"), token, "iss");
	IS(REFUSE, set, EXPECT(e->iss = ""), token, "iss");
	IS(REFUSE, set, EXPECT(e->aud = "other"), token, "aud");
	IS(GOOD, set, EXPECT(e->now_s = FORGE_NOW + 659), token, "exp");
	IS(REFUSE, set, EXPECT(e->now_s = FORGE_NOW + 660), token, "exp");
	IS(GOOD, set, EXPECT(e->now_s = FORGE_NOW - 60), token, "iat");
	IS(REFUSE, set, EXPECT(e->now_s = FORGE_NOW - 61), token, "iat");
	IS(REFUSE, set, EXPECT(e->nonce = "n"), token, "nonce");
	IS(GOOD, set, EXPECT(e->azp = "latchkey"), token, "azp");
	IS(GOOD, set, EXPECT(e->azp = "other"), token, "azp"); /* it has none */
}
END_TEST

/* ---- forms ---- */

/* T is a good token */
static const char *const AROUND[] = {
	"T.", ".T",    "T..", "T.T", "T.x", "T=",   "T==",	     " T",
	"T ", "T\n",   "\nT", "T\t", "T!",  "T%00", "\xef\xbb\xbfT", "Bearer T",
	"TA", "TAAAA",
};

static const char *const ALONE[] = {
	"",
	".",
	"..",
	"...",
	"a",
	"a.b",
	"a.b.c",
	"AA.AA.AA",
	"e30.e30.e30",
	"e30.e30.",
	"null",
	"{}",
	"eyJhbGciOiJub25lIn0.e30.",
};

START_TEST(forms)
{
	CLEANUP(jwk_free) struct jwk_set *set = forge_known();

	for (size_t i = 0; i < COUNT(ALONE); i++) {
		IS(REFUSE, set, EXPECT(), ALONE[i], "%s", ALONE[i]);
		IS(REFUSE, NULL, EXPECT(), ALONE[i], "%s", ALONE[i]);
		ck_assert_ptr_null(
			jwt_outside_issuer(arena, ALONE[i], JWT_OUTSIDE_LEN_MAX));
	}
	for (int k = ES; k < KEYS; k++)
		for (size_t i = 0; i < COUNT(AROUND); i++) {
			const char *at = strchr(AROUND[i], 'T');
			const char *token =
				arena_printf(arena, "%.*s%s%s", (int)(at - AROUND[i]),
					     AROUND[i], forge_good(k), at + 1);

			IS(REFUSE, set, EXPECT(), token, "%s", AROUND[i]);
		}
}
END_TEST

/* Bits that count for nothing must be zero, in each part. */
START_TEST(every_last_digit)
{
	static const char DIGITS[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	CLEANUP(jwk_free) struct jwk_set *set = forge_known();

	for (int k = ES; k < KEYS; k++)
		for (int i = 1; i < 64; i++) {
			const char *good = forge_good(k);

			for (const char *at = good; at; at = strchr(at + 1, '.')) {
				size_t end =
					at[1] && strchr(at + 1, '.')
						? (size_t)(strchr(at + 1, '.') - good)
						: strlen(good);
				char *copy = arena_dup(arena, good);

				copy[end - 1] = DIGITS[(strchr(DIGITS, good[end - 1]) -
							DIGITS + i) %
						       64];
				IS(REFUSE, set, EXPECT(), copy, "key %d", k);
			}
		}
}
END_TEST

static const char *filled(size_t fill)
{
	return forge_by(
		ES, ES_HEADER(""),
		arena_printf(arena, "{" CLAIMS ",'x':'%s'}", forge_filled(fill, 'x')));
}

/* A token of that length, or of up to three more */
static const char *of_length(size_t len)
{
	size_t fill = (len - strlen(filled(0))) / 4 * 3;

	while (strlen(filled(fill)) < len)
		fill++;
	return filled(fill);
}

START_TEST(lengths)
{
	CLEANUP(jwk_free) struct jwk_set *set = forge_known();
	const char *token = of_length(4000);
	size_t n = strlen(token);
	char *huge = forge_filled(1 << 20, 'A');

	IS(GOOD, set, EXPECT(e->len_max = n), token, "as long as it may be");
	IS(REFUSE, set, EXPECT(e->len_max = n - 1), token, "one too long");
	IS(REFUSE, set, EXPECT(e->len_max = 0), token, "none may be");
	ck_assert_str_eq(jwt_outside_issuer(arena, token, n), "https://id.test");
	ck_assert_ptr_null(jwt_outside_issuer(arena, token, n - 1));
	token = of_length(JWT_OUTSIDE_LEN_MAX - 8);
	IS(GOOD, set, EXPECT(), token, "%zu", strlen(token));
	IS(REFUSE, set, EXPECT(), of_length(JWT_OUTSIDE_LEN_MAX + 1), "too long");
	IS(REFUSE, set, EXPECT(), huge, "1 MB");
	huge[1000] = huge[3000] = '.';
	IS(REFUSE, set, EXPECT(), huge, "1 MB");
	ck_assert_ptr_null(jwt_outside_issuer(arena, huge, JWT_OUTSIDE_LEN_MAX));
}
END_TEST

/* A header of 2 KiB, and not one of more */
START_TEST(length_of_the_header)
{
	CLEANUP(jwk_free) struct jwk_set *set = forge_known();
	size_t rest = strlen(ES_HEADER(",'x':''"));
	const char *most = forge_filled(2048 - rest, 'x');

	IS(GOOD, set, EXPECT(),
	   forge_by(ES, arena_printf(arena, ES_HEADER(",'x':'%s'"), most), PAYLOAD),
	   "2048");
	IS(REFUSE, set, EXPECT(),
	   forge_by(ES, arena_printf(arena, ES_HEADER(",'x':'%sx'"), most), PAYLOAD),
	   "2049");
}
END_TEST

/* What lib/jwt_outside.h says of the arena, for the worst there is: the smallest values
 */
START_TEST(memory)
{
	CLEANUP(jwk_free) struct jwk_set *set = forge_known();
	char *ones = forge_filled(11999, ',');
	const char *token;
	size_t before;

	for (size_t i = 0; i < 11999; i += 2)
		ones[i] = '1';
	token = forge_by(ES, ES_HEADER(""), arena_printf(arena, "{'aud':[%s]}", ones));
	ck_assert_uint_le(strlen(token), JWT_OUTSIDE_LEN_MAX);
	before = arena_used(arena);
	IS(REFUSE, set, forge_expect(), token, "12000");
	ck_assert_uint_lt(arena_used(arena) - before, (size_t)50 * JWT_OUTSIDE_LEN_MAX);
}
END_TEST

/* ---- the issuer ---- */

START_TEST(issuers)
{
	static const struct {
		const char *payload, *iss;
	} ROWS[] = {
		{PAYLOAD, "https://id.test"},
		{"{'iss':'x'}", "x"},
		{"{'iss':''}", ""},
		{"{'iss':1}", NULL},
		{"{'iss':null}", NULL},
		{"{'iss':['x']}", NULL},
		{"{'ISS':'x'}", NULL},
		{"{}", NULL},
		{"{'iss':'x','iss':'x'}", NULL},
		{"{'iss':'x\\u0000'}", NULL},
		{"['x']", NULL},
		{"'x'", NULL},
		{"x", NULL},
	};

	for (size_t i = 0; i < COUNT(ROWS); i++) {
		const char *token = forge_by(ES, ES_HEADER(""), ROWS[i].payload);
		const char *iss = jwt_outside_issuer(arena, token, JWT_OUTSIDE_LEN_MAX);

		ck_assert_msg((!iss && !ROWS[i].iss) || (iss && ROWS[i].iss &&
							 strcmp(iss, ROWS[i].iss) == 0),
			      "%s: %s", ROWS[i].payload, iss);
	}
}
END_TEST

int main(void)
{
	const TTest *const TESTS[] = {
		good_ones_pass, public_key_as_secret,
		key_of_another, signatures,
		algorithms,	types,
		without_a_kid,	other_places,
		forms,		every_last_digit,
		lengths,	length_of_the_header,
		memory,		issuers,
	};

	return forge_run("jwt_outside_trust", TESTS, COUNT(TESTS), 1000);
}
