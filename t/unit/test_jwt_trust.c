/* fakes: jwt_forge */
/* Tokens signed with the wrong key, in the wrong way or for another place. */
#include "t/fake/jwt_forge.h"

#include "lib/text.h"

/* ---- the wrong key ---- */

static struct jwt_key hmac_key(const void *bytes, size_t n)
{
	return (struct jwt_key){"x", JWT_HS256, bytes, n, NULL};
}

static void try_public(int key, const void *bytes, size_t n)
{
	static const char *const ALGS[] = {"HS256", "ES256", "RS256", "none", "hs256"};
	static const char *const TYPES[] = {"JWT", "at+jwt"};
	struct jwt_key with = hmac_key(bytes, n);

	for (size_t i = 0; i < 2 * COUNT(ALGS); i++) {
		const char *header =
			arena_printf(arena, "{'alg':'%s','typ':'%s','kid':'%s'}",
				     ALGS[i / 2], TYPES[i % 2], keys[key].kid);

		REFUSED(forge_signed(&with, forge_unsigned(header, PAYLOAD)), "%s",
			header);
	}
}

/* RS/HS and ES/HS confusion: the public key, in all forms, as an HMAC secret. */
START_TEST(public_key_as_secret)
{
	for (int k = ES; k < KEYS; k++) {
		char *pem = forge_public_pem(keys[k].pair);
		struct crypto_key *parsed = crypto_key_parse(pem, strlen(pem));
		struct buf der = forge_der(keys[k].pair);
		struct crypto_jwk jwk;

		ck_assert_ptr_nonnull(parsed); /* it is what others have of the key */
		crypto_key_free(&parsed);
		crypto_key_jwk(arena, keys[k].pair, &jwk);
		try_public(k, pem, strlen(pem));
		try_public(k, pem, strlen(pem) - 1);
		try_public(k, der.at, der.len);
		try_public(k, jwk.n ? jwk.n : jwk.x, strlen(jwk.n ? jwk.n : jwk.x));
	}
}
END_TEST

START_TEST(key_of_another)
{
	static const struct other_row {
		const char *header;
		int by;
	} ROWS[] = {
		{"{'alg':'RS256','typ':'JWT','kid':'es-1'}", RS},
		{"{'alg':'ES256','typ':'JWT','kid':'rs-1'}", ES},
		{"{'alg':'ES256','typ':'JWT','kid':'es-1'}", RS},
		{"{'alg':'RS256','typ':'JWT','kid':'rs-1'}", ES},
		{"{'alg':'ES256','typ':'JWT','kid':'hs-1'}", ES},
		{"{'alg':'RS256','typ':'JWT','kid':'hs-1'}", RS},
		{"{'alg':'HS256','typ':'JWT','kid':'hs-1'}", ES},
		{"{'alg':'HS256','typ':'JWT','kid':'hs-1'}", RS},
		{"{'alg':'ES256','typ':'JWT','kid':'es-1'}", HS},
		{"{'alg':'RS256','typ':'JWT','kid':'rs-1'}", HS},
		{"{'alg':'ES256','typ':'at+jwt','kid':'rs-1'}", HS},
	};
	struct jwt_key stranger = {"es-1", JWT_ES256, NULL, 0, p256_of_another};

	for (size_t i = 0; i < COUNT(ROWS); i++)
		REFUSED(forge_signed(&keys[ROWS[i].by],
				     forge_unsigned(ROWS[i].header, PAYLOAD)),
			"%s by %d", ROWS[i].header, ROWS[i].by);
	REFUSED(forge_signed(&stranger, forge_unsigned(ROWS[2].header, PAYLOAD)),
		"stranger");
}
END_TEST

START_TEST(guessed_secrets)
{
	static const uint8_t ZEROS[64];
	const uint8_t *secret = keys[HS].secret;
	const char *hex = text_hex(arena, secret, 32);
	uint8_t other[33];
	const struct guess {
		const void *bytes;
		size_t n;
	} GUESSES[] = {
		{ZEROS, 1}, /* the same HMAC as with no key at all */
		{ZEROS, 32},	  {"secret", 6}, {"hs-1", 4}, {"latchkey", 8},
		{"changeme", 8},  {"HS256", 5},	 {hex, 64},   {secret, 31},
		{secret + 1, 31}, {other, 33},
	};

	memcpy(other, secret, 32);
	other[32] = 1;
	for (size_t i = 0; i < COUNT(GUESSES); i++) {
		struct jwt_key with = hmac_key(GUESSES[i].bytes, GUESSES[i].n);

		REFUSED(forge_signed(&with, forge_unsigned(HEADER(""), PAYLOAD)),
			"guess %zu", i);
	}
}
END_TEST

/* A key that should never have come so far takes nothing, not even its own. */
START_TEST(unsound_keys)
{
	static const uint8_t ZERO[1];
	const uint8_t *secret = keys[HS].secret;
	const struct jwt_key with[] = {
		{"hs-1", JWT_HS256, secret, 0, NULL},
		{"hs-1", JWT_HS256, NULL, 32, NULL},
		{"hs-1", JWT_HS256, ZERO, 1, NULL},
		{"hs-1", JWT_HS256, secret, 31, NULL},
		{"hs-1", JWT_ES256, secret, 32, NULL},
		{"hs-1", JWT_ES256, NULL, 0, keys[RS].pair},
		{"hs-1", JWT_RS256, NULL, 0, keys[ES].pair},
		{"hs-1", JWT_RS256, NULL, 0, NULL},
	};
	const struct jwt_key empty = hmac_key(ZERO, 1), cut = hmac_key(secret, 31);

	for (size_t i = 0; i < COUNT(with); i++) {
		const char *header =
			arena_printf(arena, "{'alg':'%s','typ':'JWT','kid':'hs-1'}",
				     jwt_alg_name(with[i].alg));
		const char *text = forge_unsigned(header, PAYLOAD);

		ck_assert(!forge_passes(&with[i], 1, "JWT", forge_signed(&empty, text)));
		ck_assert(!forge_passes(&with[i], 1, "JWT", forge_signed(&cut, text)));
		ck_assert(
			!forge_passes(&with[i], 1, "JWT", forge_signed(&keys[HS], text)));
		ck_assert(
			!forge_passes(&with[i], 1, "JWT", forge_signed(&keys[ES], text)));
		ck_assert(
			!forge_passes(&with[i], 1, "JWT", forge_signed(&keys[RS], text)));
		ck_assert(!forge_passes(&with[i], 1, "JWT",
					arena_printf(arena, "%s.", text)));
	}
}
END_TEST

/* ---- signatures ---- */

static const uint8_t P256_ORDER[] = {/* FIPS 186-5; SEC 2 §2.4.2 */
				     0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00,
				     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
				     0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
				     0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};

/* The signature of a good token: text up to it, and its bytes. */
static uint8_t *taken_apart(int key, char **text, size_t *n)
{
	char *token = forge_good(key), *dot = strrchr(token, '.');
	uint8_t *bytes;

	ck_assert(base64url_decode(arena, dot + 1, strlen(dot + 1), &bytes, n));
	*dot = '\0';
	*text = token;
	return bytes;
}

/* What OpenSSL itself would take: SEQUENCE { INTEGER r, INTEGER s } */
static size_t der_signature(const uint8_t *raw, uint8_t *der)
{
	size_t n = 2;

	for (int i = 0; i < 2; i++, raw += 32) {
		bool high = raw[0] & 0x80;

		der[n++] = 2;
		der[n++] = high ? 33 : 32;
		if (high)
			der[n++] = 0;
		memcpy(der + n, raw, 32);
		n += 32;
	}
	der[0] = 0x30;
	der[1] = (uint8_t)(n - 2);
	return n;
}

static void try_halves(const char *text, const uint8_t *r, const uint8_t *s)
{
	uint8_t raw[64];

	memcpy(raw, r, 32);
	memcpy(raw + 32, s, 32);
	REFUSED(forge_with(text, raw, sizeof raw), "halves");
}

START_TEST(es256_signatures)
{
	static const uint8_t ZERO[32], ONE[32] = {[31] = 1};
	uint8_t all[32], der[80];
	char *text;
	size_t n;
	const uint8_t *raw = taken_apart(ES, &text, &n);
	const uint8_t *const HALVES[] = {ZERO, ONE, P256_ORDER, all, raw, raw + 32};

	memset(all, 0xff, sizeof all);
	ck_assert_uint_eq(n, 64);
	for (size_t i = 0; i < COUNT(HALVES) * COUNT(HALVES); i++) {
		const uint8_t *r = HALVES[i % COUNT(HALVES)],
			      *s = HALVES[i / COUNT(HALVES)];

		if (r != raw || s != raw + 32)
			try_halves(text, r, s);
	}
	REFUSED(forge_with(text, der, der_signature(raw, der)), "DER");
	REFUSED(forge_with(text, raw, 63), "cut");
	REFUSED(forge_with(text, raw, 32), "half");
	REFUSED(forge_with(text, raw + 1, 63), "cut in front");
	REFUSED(forge_with(text, arena_dupn(arena, raw, 64), 65), "longer");
	REFUSED(forge_with(text, "\0", 1), "one byte");
}
END_TEST

START_TEST(rs256_signatures)
{
	char *text;
	size_t n;
	uint8_t *raw = taken_apart(RS, &text, &n);
	uint8_t *longer = arena_alloc(arena, n + 1), *odd = arena_alloc(arena, n);

	ck_assert_uint_eq(n, 256);
	memcpy(longer + 1, raw, n);
	REFUSED(forge_with(text, longer, n + 1), "zero in front");
	REFUSED(forge_with(text, raw, n - 1), "cut");
	REFUSED(forge_with(text, raw + 1, n - 1), "cut in front");
	REFUSED(forge_with(text, odd, n), "0");
	odd[n - 1] = 1;
	REFUSED(forge_with(text, odd, n), "1");
	memset(odd, 0xff, n);
	REFUSED(forge_with(text, odd, n), "more than n");
	REFUSED(forge_with(text, raw, 64), "as long as ES256");
	REFUSED(forge_with(text, raw, 32), "as long as HS256");
}
END_TEST

START_TEST(hs256_signatures)
{
	static const uint8_t ZEROS[64];
	char *text;
	size_t n;
	const uint8_t *raw = taken_apart(HS, &text, &n);

	ck_assert_uint_eq(n, 32);
	for (size_t cut = 1; cut < n; cut++)
		REFUSED(forge_with(text, raw, cut), "%zu", cut);
	REFUSED(forge_with(text, arena_dupn(arena, raw, n), n + 1), "longer");
	REFUSED(forge_with(text, ZEROS, 32), "zeros");
	REFUSED(forge_with(text, ZEROS, 64), "more zeros");
	REFUSED(arena_printf(arena, "%s.%s", text, text_hex(arena, raw, n)), "hex");
	REFUSED(arena_printf(arena, "%s.%s", text, base64_encode(arena, raw, n)),
		"base64");
}
END_TEST

/* Good ones in the wrong place. */
START_TEST(other_places)
{
	static const struct jwt_expect PLACES[] = {
		{"at+jwt", "https://id.test", "latchkey", "access", FORGE_NOW},
		{"JWT", "https://other.test", "latchkey", "access", FORGE_NOW},
		{"JWT", "https://id.test", "other", "access", FORGE_NOW},
		{"JWT", "https://id.test", "latchkey", "refresh", FORGE_NOW},
		{"JWT", "https://id.test", "latchkey", "access", FORGE_NOW + 660},
		{"JWT", "https://id.test", "latchkey", "access", FORGE_NOW - 61},
	};
	const struct jwt_claims *claims;

	for (size_t i = 0; i < COUNT(PLACES); i++)
		for (int k = 0; k < KEYS; k++)
			ck_assert(!jwt_check(arena, keys, KEYS, &PLACES[i], forge_good(k),
					     &claims));
}
END_TEST

int main(void)
{
	const TTest *const TESTS[] = {
		public_key_as_secret, key_of_another,	guessed_secrets,  unsound_keys,
		es256_signatures,     rs256_signatures, hs256_signatures, other_places};

	return forge_run("jwt_trust", TESTS, COUNT(TESTS), 150);
}
