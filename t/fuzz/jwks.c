/* Key sets of other issuers: lib/jwk.c, lib/crypto_jwk.c. */
#include "lib/jwk.h"

#include "lib/json.h"
#include "t/fuzz/fuzz.h"

/* Public members alone, and no other */
static void look_at_key(const struct json *key, const struct jwk_set *set)
{
	static const char *const MEMBERS[] = {"kty", "kid", "alg", "crv",
					      "x",   "y",   "n",   "e"};
	const char *kty = json_text(key, "kty"), *kid = json_text(key, "kid");
	const char *alg = json_text(key, "alg");
	bool is_ec = fuzz_same(kty, "EC");
	size_t known = 0;

	for (size_t i = 0; i < COUNT(MEMBERS); i++)
		known += json_text(key, MEMBERS[i]) != NULL;
	INVARIANT(known == json_count(key) && (is_ec || fuzz_same(kty, "RSA")));
	INVARIANT(fuzz_same(alg, is_ec ? "ES256" : "RS256"));
	INVARIANT(!kid || jwk_kid_ok(kid));
	INVARIANT(jwk_find(set, kid, is_ec ? JWT_ES256 : JWT_RS256));
}

static void look_at(struct arena *arena, const char *reduced, size_t n_keys)
{
	const struct json *json = json_parse(arena, reduced, strlen(reduced));
	const struct json *list = json ? json_member(json, "keys") : NULL;
	CLEANUP(jwk_free) struct jwk_set *set = jwk_parse(reduced, strlen(reduced));

	INVARIANT(list && json_count(json) == 1 && json_count(list) == n_keys);
	INVARIANT(jwk_count(set) == n_keys && n_keys >= 1 && n_keys <= JWK_KEYS_MAX);
	for (size_t i = 0; i < n_keys; i++)
		look_at_key(json_item(list, i), set);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena *arena = fuzz_arena();
	const char *why = NULL, *reduced, *again;
	size_t n_keys = 0, n_again = 0;

	reduced = jwk_reduce(arena, (const char *)bytes, n, &n_keys, &why);
	if (!reduced) {
		INVARIANT(why);
		return 0;
	}
	look_at(arena, reduced, n_keys);
	/* It is itself a set that would be taken as it is */
	again = jwk_reduce(arena, reduced, strlen(reduced), &n_again, &why);
	INVARIANT(fuzz_same(again, reduced) && n_again == n_keys);
	return 0;
}
