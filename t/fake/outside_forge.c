#include "t/fake/outside_forge.h"

#include "lib/json.h"

struct jwt_outside_expect *forge_expect(void)
{
	static const char *const TYPS[] = {"at+jwt", "application/at+jwt", "JWT"};
	struct jwt_outside_expect *expect = arena_alloc(arena, sizeof *expect);

	*expect = (struct jwt_outside_expect){
		.iss = "https://id.test",
		.aud = "latchkey",
		.algs = 1U << JWT_ES256 | 1U << JWT_RS256,
		.typs = TYPS,
		.n_typs = COUNT(TYPS),
		.typ_optional = true,
		.now_s = FORGE_NOW,
		.len_max = JWT_OUTSIDE_LEN_MAX,
	};
	return expect;
}

static const char *const VERDICTS[] = {
	[JWT_OUTSIDE_GOOD] = "good",
	[JWT_OUTSIDE_REFUSED] = "refused",
	[JWT_OUTSIDE_UNKNOWN_KEY] = "unknown key",
};

const char *forge_verdict(enum jwt_outside_verdict verdict)
{
	return VERDICTS[verdict];
}

struct jwk_set *forge_set(const char *const *kids, const struct crypto_key *const *of,
			  size_t n)
{
	struct json *json = json_object(arena),
		    *list = json_add_array(arena, json, "keys");
	struct jwk_set *set;
	const char *text;

	for (size_t i = 0; i < n; i++) {
		struct json *jwk = json_push_object(arena, list);
		struct crypto_jwk members = {0};

		crypto_key_jwk(arena, of[i], &members);
		json_add_text(arena, jwk, "kty", members.kty);
		if (kids[i])
			json_add_text(arena, jwk, "kid", kids[i]);
		if (members.n) {
			json_add_text(arena, jwk, "n", members.n);
			json_add_text(arena, jwk, "e", members.e);
		} else {
			json_add_text(arena, jwk, "crv", members.crv);
			json_add_text(arena, jwk, "x", members.x);
			json_add_text(arena, jwk, "y", members.y);
		}
	}
	text = json_print(arena, json);
	set = jwk_parse(text, strlen(text));
	ck_assert_ptr_nonnull(set);
	return set;
}

struct jwk_set *forge_known(void)
{
	static const char *const KIDS[] = {"es-1", "rs-1"};
	const struct crypto_key *of[] = {keys[ES].pair, keys[RS].pair};

	return forge_set(KIDS, of, COUNT(KIDS));
}

enum jwt_outside_verdict forge_judged(const struct jwk_set *set,
				      const struct jwt_outside_expect *expect,
				      const char *token)
{
	const struct jwt_claims *untouched = (const struct jwt_claims *)&expect;
	const struct jwt_claims *claims = untouched;
	enum jwt_outside_verdict verdict =
		jwt_outside_check(arena, set, expect, token, &claims);

	ck_assert((claims != untouched) == (verdict == JWT_OUTSIDE_GOOD));
	if (verdict != JWT_OUTSIDE_GOOD)
		forge_count(token);
	return verdict;
}

const char *forge_by(int key, const char *header, const char *payload)
{
	return forge_signed(&keys[key], forge_unsigned(header, payload));
}
