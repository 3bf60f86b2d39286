/* Tokens said to be ours: lib/jwt_gate.c, lib/jwt.c, lib/jwt_claims.c. The input is a
 * token, or, where it has a line feed, a header and a payload that are then signed. */
#include "lib/jwt.h"

#include <strings.h>

#include "lib/json.h"
#include "lib/jwt_gate.h"
#include "lib/secret.h"
#include "t/fuzz/fuzz.h"

enum { NOW_S = 1800000000, KEYS = 2 };

static const struct jwt_expect EXPECT[] = {
	{"JWT", "https://id.test", "latchkey", "access", NOW_S},
	{"at+jwt", "https://id.test", "latchkey", "access", NOW_S},
};

/* New in each process: no input can hold a signature of theirs. */
static const struct jwt_key *keys(void)
{
	static uint8_t secret[JWT_SECRET_LEN_MIN];
	static struct jwt_key all[KEYS];

	if (!all[0].kid) {
		secret_random(secret, sizeof secret);
		all[0] = (struct jwt_key){"hs-1", JWT_HS256, secret, sizeof secret, NULL};
		all[1] = (struct jwt_key){"es-1", JWT_ES256, NULL, 0,
					  crypto_key_generate(CRYPTO_P256)};
	}
	return all;
}

/* ---- the form ---- */

static const char *encoded(struct arena *arena, const struct jwt_bytes *part)
{
	INVARIANT(part->n > 0 && part->n <= JWT_LEN_MAX);
	return base64url_encode(arena, part->at, part->n);
}

/* There is one way to write what was read: this one. */
static void split(struct arena *arena, const char *token)
{
	struct jwt_parts parts;
	struct jwt_header header;

	if (!jwt_split(arena, token, JWT_LEN_MAX, &parts))
		return;
	INVARIANT(strlen(token) <= JWT_LEN_MAX && token[parts.signed_len] == '.');
	INVARIANT(strcmp(token,
			 arena_printf(arena, "%s.%s.%s", encoded(arena, &parts.header),
				      encoded(arena, &parts.payload),
				      encoded(arena, &parts.signature))) == 0);
	if (jwt_read_header(arena, &parts.header, &header))
		INVARIANT(parts.header.n <= JWT_HEADER_LEN_MAX && header.alg &&
			  header.kid && header.typ);
}

static bool passes(struct arena *arena, const struct jwt_expect *expect,
		   const char *token)
{
	const struct jwt_claims *claims = NULL;
	bool good = jwt_check(arena, keys(), KEYS, expect, token, &claims);

	INVARIANT(good == (claims != NULL));
	return good;
}

/* ---- the content, judged once more and by other means ---- */

static bool is_text(const struct json *json, const char *name, const char *wanted)
{
	return fuzz_same(json_text(json, name), wanted);
}

static bool header_fits(struct arena *arena, const struct jwt_key *key,
			const struct jwt_expect *expect, const char *text)
{
	const struct json *header = json_parse(arena, text, strlen(text));
	const char *typ = header ? json_text(header, "typ") : NULL;

	return header && strlen(text) <= JWT_HEADER_LEN_MAX && json_count(header) == 3 &&
	       is_text(header, "alg", jwt_alg_name(key->alg)) &&
	       is_text(header, "kid", key->kid) && typ && !strcasecmp(typ, expect->typ);
}

static bool payload_fits(struct arena *arena, const struct jwt_expect *expect,
			 const char *text)
{
	const struct json *payload = json_parse(arena, text, strlen(text));
	int64_t exp, nbf, iat;

	return payload && is_text(payload, "iss", expect->iss) &&
	       is_text(payload, "aud", expect->aud) &&
	       is_text(payload, "token_use", expect->token_use) &&
	       json_integer(payload, "exp", &exp) && exp > NOW_S - JWT_LEEWAY_S &&
	       json_integer(payload, "nbf", &nbf) && nbf <= NOW_S + JWT_LEEWAY_S &&
	       json_integer(payload, "iat", &iat) && iat <= NOW_S + JWT_LEEWAY_S;
}

static const char *sign(struct arena *arena, const struct jwt_key *key,
			const char *header, const char *payload)
{
	const char *text = arena_printf(
		arena, "%s.%s", base64url_encode(arena, header, strlen(header)),
		base64url_encode(arena, payload, strlen(payload)));
	uint8_t hmac[CRYPTO_SHA256_LEN], *signature = hmac;
	size_t n = sizeof hmac;

	if (key->pair)
		crypto_sign(arena, key->pair, text, strlen(text), &signature, &n);
	else
		crypto_hmac_sha256(key->secret, key->secret_len, text, strlen(text),
				   hmac);
	return arena_printf(arena, "%s.%s", text, base64url_encode(arena, signature, n));
}

/* libjwt, which HS256 goes through, may refuse numbers that the gate takes. */
static void judge(struct arena *arena, const struct jwt_key *key, const char *header,
		  const char *payload)
{
	const char *token = sign(arena, key, header, payload);

	split(arena, token);
	for (size_t i = 0; i < COUNT(EXPECT); i++) {
		bool good = passes(arena, &EXPECT[i], token);
		bool fits = strlen(token) <= JWT_LEN_MAX &&
			    header_fits(arena, key, &EXPECT[i], header) &&
			    payload_fits(arena, &EXPECT[i], payload);

		INVARIANT(!good || fits);
		INVARIANT(good || !fits || key->alg == JWT_HS256);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena *arena = fuzz_arena();
	char *text = fuzz_text(arena, bytes, n);

	if (strchr(text, '\n')) {
		const char *header = fuzz_line(&text);

		for (size_t i = 0; i < KEYS; i++)
			judge(arena, &keys()[i], header, text);
		return 0;
	}
	split(arena, text);
	for (size_t i = 0; i < COUNT(EXPECT); i++)
		INVARIANT(!passes(arena, &EXPECT[i], text));
	return 0;
}
