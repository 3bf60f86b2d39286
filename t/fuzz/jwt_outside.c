/* Tokens of other issuers: lib/jwt_outside.c. The input is a header and, behind a line
 * feed, a payload, which are signed with the issuer's key. */
#include "lib/jwt_outside.h"

#include <strings.h>

#include "lib/json.h"
#include "t/fuzz/fuzz.h"

enum { NOW_S = 1800000000 };

static const char *const TYPS[] = {"JWT", "at+jwt"};

static const struct jwt_outside_expect EXPECT[] = {
	{.iss = "https://id.test",
	 .aud = "app",
	 .algs = 1U << JWT_ES256 | 1U << JWT_RS256,
	 .typs = TYPS,
	 .n_typs = COUNT(TYPS),
	 .now_s = NOW_S,
	 .len_max = JWT_LEN_MAX},
	{.iss = "https://id.test",
	 .aud = "app",
	 .azp = "app",
	 .nonce = "n-1",
	 .algs = 1U << JWT_ES256,
	 .typs = TYPS,
	 .n_typs = 1,
	 .typ_optional = true,
	 .now_s = NOW_S,
	 .len_max = JWT_OUTSIDE_LEN_MAX},
};

static struct crypto_key *pair;

/* Of one key, es-1 */
static const struct jwk_set *known_keys(struct arena *arena)
{
	static struct jwk_set *set;
	struct crypto_jwk jwk;
	const char *text;

	if (set)
		return set;
	pair = crypto_key_generate(CRYPTO_P256);
	crypto_key_jwk(arena, pair, &jwk);
	text = arena_printf(
		arena,
		"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"es-1\","
		"\"alg\":\"ES256\",\"x\":\"%s\",\"y\":\"%s\"}]}",
		jwk.x, jwk.y);
	set = jwk_parse(text, strlen(text));
	INVARIANT(jwk_count(set) == 1);
	return set;
}

static const char *sign(struct arena *arena, const char *header, const char *payload)
{
	const char *text = arena_printf(
		arena, "%s.%s", base64url_encode(arena, header, strlen(header)),
		base64url_encode(arena, payload, strlen(payload)));
	uint8_t *signature;
	size_t n;

	crypto_sign(arena, pair, text, strlen(text), &signature, &n);
	return arena_printf(arena, "%s.%s", text, base64url_encode(arena, signature, n));
}

static void header_was_good(const struct json *header,
			    const struct jwt_outside_expect *expect)
{
	static const char *const REFUSED[] = {"crit", "b64", "zip", "jwk",
					      "jku",  "x5u", "x5c"};
	const char *typ = json_text(header, "typ"), *kid = json_text(header, "kid");
	bool fits = expect->typ_optional && json_type(header, "typ") == JSON_ABSENT;

	for (size_t i = 0; typ && i < expect->n_typs; i++)
		fits |= strcasecmp(typ, expect->typs[i]) == 0;
	for (size_t i = 0; i < COUNT(REFUSED); i++)
		INVARIANT(json_type(header, REFUSED[i]) == JSON_ABSENT);
	INVARIANT(fits && fuzz_same(json_text(header, "alg"), "ES256"));
	INVARIANT(kid ? strcmp(kid, "es-1") == 0
		      : json_type(header, "kid") == JSON_ABSENT);
}

static bool names(const struct json *list, const char *wanted)
{
	for (size_t i = 0; i < json_count(list); i++)
		if (fuzz_same(json_as_text(json_item(list, i)), wanted))
			return true;
	return false;
}

static void payload_was_good(const struct json *payload,
			     const struct jwt_outside_expect *expect)
{
	const char *aud = json_text(payload, "aud"), *azp = json_text(payload, "azp");
	int64_t exp, iat, nbf = 0;

	INVARIANT(fuzz_same(json_text(payload, "iss"), expect->iss));
	INVARIANT(aud ? strcmp(aud, expect->aud) == 0
		      : names(json_member(payload, "aud"), expect->aud));
	INVARIANT(!expect->azp || !azp || strcmp(azp, expect->azp) == 0);
	INVARIANT(!expect->nonce ||
		  fuzz_same(json_text(payload, "nonce"), expect->nonce));
	INVARIANT(json_integer(payload, "exp", &exp) && exp > NOW_S - JWT_LEEWAY_S);
	INVARIANT(json_integer(payload, "iat", &iat) && iat <= NOW_S + JWT_LEEWAY_S);
	INVARIANT(json_type(payload, "nbf") == JSON_ABSENT ||
		  (json_integer(payload, "nbf", &nbf) && nbf <= NOW_S + JWT_LEEWAY_S));
}

static const struct json *parse(struct arena *arena, const char *text)
{
	return json_parse(arena, text, strlen(text));
}

/* Known by its key, nobody's without it, and never of another's. */
static void judge(struct arena *arena, const struct jwk_set *set,
		  const struct jwt_outside_expect *expect, const char *header,
		  const char *payload)
{
	const char *token = sign(arena, header, payload);
	const struct jwt_claims *claims = NULL;
	enum jwt_outside_verdict verdict =
		jwt_outside_check(arena, set, expect, token, &claims);

	INVARIANT((verdict == JWT_OUTSIDE_GOOD) == (claims != NULL));
	if (!claims)
		return;
	header_was_good(parse(arena, header), expect);
	payload_was_good(parse(arena, payload), expect);
	INVARIANT(fuzz_same(jwt_outside_issuer(arena, token, expect->len_max),
			    expect->iss));
	INVARIANT(jwt_outside_check(arena, NULL, expect, token, &claims) ==
		  JWT_OUTSIDE_UNKNOWN_KEY);
	token = arena_printf(arena, "%sAA", token);
	INVARIANT(jwt_outside_check(arena, set, expect, token, &claims) ==
		  JWT_OUTSIDE_REFUSED);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena *arena = fuzz_arena();
	const struct jwk_set *set = known_keys(arena);
	char *payload = fuzz_text(arena, bytes, n);
	const char *header = fuzz_line(&payload);

	for (size_t i = 0; i < COUNT(EXPECT); i++)
		judge(arena, set, &EXPECT[i], header, payload);
	return 0;
}
