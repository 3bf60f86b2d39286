#include "lib/jwt_outside.h"

#include <strings.h>

#include "lib/json.h"
#include "lib/jwt_claims.h"
#include "lib/jwt_gate.h"

enum { HEADER_LEN_MAX = 2048 };

/* What changes how a token is read (RFC 7515 §4.1.11, 7797), or brings its own key. */
static const char *const REFUSED_MEMBERS[] = {"crit", "b64", "zip", "jwk",
					      "jku",  "x5u", "x5c"};

struct header {
	enum jwt_alg alg;
	const char *kid; /* NULL: none */
};

const char *jwt_outside_issuer(struct arena *arena, const char *token, size_t len_max)
{
	const struct jwt_claims *claims;
	struct jwt_parts parts;

	INVARIANT(len_max <= JWT_OUTSIDE_LEN_MAX);
	if (!jwt_split(arena, token, len_max, &parts))
		return NULL;
	claims = jwt_claims_read(arena, &parts.payload);
	return claims ? jwt_text(claims, "iss") : NULL;
}

/* ---- the header ---- */

static bool has_refused(const struct json *json)
{
	for (size_t i = 0; i < COUNT(REFUSED_MEMBERS); i++)
		if (json_type(json, REFUSED_MEMBERS[i]) != JSON_ABSENT)
			return true;
	return false;
}

static const enum jwt_alg ALGS[] = {JWT_ES256, JWT_RS256};

unsigned jwt_outside_algs(const char *const *names, size_t n)
{
	unsigned algs = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < COUNT(ALGS); j++)
			if (strcmp(names[i], jwt_alg_name(ALGS[j])) == 0)
				algs |= 1U << ALGS[j];
	return algs;
}

static bool read_alg(const char *name, unsigned algs, enum jwt_alg *out)
{
	for (size_t i = 0; name && i < COUNT(ALGS); i++)
		if (algs & 1U << ALGS[i] && strcmp(name, jwt_alg_name(ALGS[i])) == 0) {
			*out = ALGS[i];
			return true;
		}
	return false;
}

static bool typ_fits(const struct json *json, const struct jwt_outside_expect *expect)
{
	const char *typ = json_text(json, "typ");

	if (!typ)
		return expect->typ_optional && json_type(json, "typ") == JSON_ABSENT;
	for (size_t i = 0; i < expect->n_typs; i++)
		if (strcasecmp(typ, expect->typs[i]) == 0)
			return true;
	return false;
}

static bool read_kid(const struct json *json, const char **out)
{
	const char *kid = json_text(json, "kid");

	if (kid ? !jwk_kid_ok(kid) : json_type(json, "kid") != JSON_ABSENT)
		return false;
	*out = kid;
	return true;
}

static bool read_header(struct arena *arena, const struct jwt_bytes *bytes,
			const struct jwt_outside_expect *expect, struct header *out)
{
	const struct json *json;
	struct header header;

	if (bytes->n > HEADER_LEN_MAX)
		return false;
	json = json_parse(arena, (const char *)bytes->at, bytes->n);
	if (!json || has_refused(json) || !typ_fits(json, expect) ||
	    !read_alg(json_text(json, "alg"), expect->algs, &header.alg) ||
	    !read_kid(json, &header.kid))
		return false;
	*out = header;
	return true;
}

/* ---- the claims ---- */

/* `*n`: how many audiences it is for */
static bool is_for(const struct jwt_claims *claims, const char *aud, size_t *n)
{
	const char *const *list;
	bool found = false;

	if (jwt_text_is(claims, "aud", aud)) {
		*n = 1;
		return true;
	}
	if (jwt_claims_count(claims, "aud") > JWT_OUTSIDE_AUD_MAX ||
	    !jwt_texts(claims, "aud", &list, n))
		return false;
	for (size_t i = 0; i < *n; i++)
		found |= strcmp(list[i], aud) == 0;
	return found;
}

/* OpenID Connect Core §3.1.3.7, points 3 to 5 */
static bool azp_fits(const struct jwt_claims *claims, const char *azp, size_t n_aud)
{
	if (!azp || (n_aud == 1 && !jwt_claims_have(claims, "azp")))
		return true;
	return jwt_text_is(claims, "azp", azp);
}

static bool claims_hold(const struct jwt_claims *claims,
			const struct jwt_outside_expect *expect)
{
	size_t n_aud;

	return jwt_text_is(claims, "iss", expect->iss) &&
	       is_for(claims, expect->aud, &n_aud) &&
	       azp_fits(claims, expect->azp, n_aud) &&
	       (!expect->nonce || jwt_text_is(claims, "nonce", expect->nonce)) &&
	       jwt_is_of_now(claims, expect->now_s);
}

/* ---- the token ---- */

enum jwt_outside_verdict jwt_outside_check(struct arena *arena,
					   const struct jwk_set *keys,
					   const struct jwt_outside_expect *expect,
					   const char *token,
					   const struct jwt_claims **claims)
{
	const struct jwt_claims *said;
	const struct crypto_key *key;
	struct jwt_parts parts;
	struct header header;

	INVARIANT(expect->len_max <= JWT_OUTSIDE_LEN_MAX);
	if (!jwt_split(arena, token, expect->len_max, &parts) ||
	    !read_header(arena, &parts.header, expect, &header))
		return JWT_OUTSIDE_REFUSED;
	said = jwt_claims_read(arena, &parts.payload);
	if (!said || !claims_hold(said, expect))
		return JWT_OUTSIDE_REFUSED;
	key = jwk_find(keys, header.kid, header.alg);
	if (!key)
		return header.kid || jwk_count(keys) == 0 ? JWT_OUTSIDE_UNKNOWN_KEY
							  : JWT_OUTSIDE_REFUSED;
	if (!crypto_verify(key, token, parts.signed_len, parts.signature.at,
			   parts.signature.n))
		return JWT_OUTSIDE_REFUSED;
	*claims = said;
	return JWT_OUTSIDE_GOOD;
}
