#include "lib/jwt.h"

#include "lib/json.h"
#include "lib/jwt_claims.h"
#include "lib/jwt_hs256.h"
#include "lib/secret.h"
#include "lib/text.h"

/* The names of RFC 7518 §3.1; case matters. */
static const char *const ALG_NAME[] = {
	[JWT_HS256] = "HS256",
	[JWT_ES256] = "ES256",
	[JWT_RS256] = "RS256",
};

const char *jwt_alg_name(enum jwt_alg alg)
{
	INVARIANT((size_t)alg < COUNT(ALG_NAME));
	return ALG_NAME[alg];
}

static bool key_is_sound(const struct jwt_key *key)
{
	switch (key->alg) {
	case JWT_HS256:
		return key->secret && key->secret_len >= JWT_SECRET_LEN_MIN;
	case JWT_ES256:
		return key->pair && crypto_key_kind(key->pair) == CRYPTO_P256;
	case JWT_RS256:
		return key->pair && crypto_key_kind(key->pair) == CRYPTO_RSA;
	}
	return false;
}

/* libjwt writes and takes no other `typ`. */
static bool is_for_libjwt(const struct jwt_key *key, const char *typ)
{
	return key->alg == JWT_HS256 && strcasecmp(typ, "JWT") == 0;
}

static void sign_bytes(struct arena *arena, const struct jwt_key *key, const char *text,
		       uint8_t **signature, size_t *n)
{
	if (key->alg != JWT_HS256) {
		crypto_sign(arena, key->pair, text, strlen(text), signature, n);
		return;
	}
	*signature = arena_alloc(arena, CRYPTO_SHA256_LEN);
	*n = CRYPTO_SHA256_LEN;
	crypto_hmac_sha256(key->secret, key->secret_len, text, strlen(text), *signature);
}

static char *header_text(struct arena *arena, const struct jwt_key *key, const char *typ)
{
	struct json *header = json_object(arena);

	json_add_text(arena, header, "alg", jwt_alg_name(key->alg));
	json_add_text(arena, header, "typ", typ);
	json_add_text(arena, header, "kid", key->kid);
	return json_print(arena, header);
}

static char *sign_here(struct arena *arena, const struct jwt_key *key, const char *typ,
		       const char *payload)
{
	const char *header = header_text(arena, key, typ);
	const char *parts[] = {base64url_encode(arena, header, strlen(header)),
			       base64url_encode(arena, payload, strlen(payload))};
	const char *text = text_join(arena, parts, COUNT(parts), ".");
	uint8_t *signature;
	size_t n;

	sign_bytes(arena, key, text, &signature, &n);
	return text_join(
		arena, (const char *const[]){text, base64url_encode(arena, signature, n)},
		2, ".");
}

char *jwt_sign(struct arena *arena, const struct jwt_key *key, const char *typ,
	       const struct jwt_claims *claims)
{
	const char *payload = jwt_claims_print(arena, claims);
	char *token;

	INVARIANT(key_is_sound(key));
	if (is_for_libjwt(key, typ))
		token = jwt_hs256_sign(arena, key->kid, key->secret, key->secret_len,
				       payload);
	else
		token = sign_here(arena, key, typ, payload);
	return strlen(token) <= JWT_LEN_MAX ? token : NULL;
}

static const struct jwt_key *find_key(const struct jwt_key *keys, size_t n,
				      const char *kid)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(keys[i].kid, kid) == 0)
			return &keys[i];
	return NULL;
}

/* What the header says must be what the key and the place demand; it chooses nothing. */
static bool header_fits(const struct jwt_header *header, const struct jwt_key *key,
			const char *typ)
{
	return key_is_sound(key) && strcmp(header->alg, jwt_alg_name(key->alg)) == 0 &&
	       strcasecmp(header->typ, typ) == 0;
}

static bool hmac_holds(const struct jwt_key *key, const char *token,
		       const struct jwt_parts *parts)
{
	uint8_t wanted[CRYPTO_SHA256_LEN];
	bool good;

	crypto_hmac_sha256(key->secret, key->secret_len, token, parts->signed_len,
			   wanted);
	good = parts->signature.n == sizeof wanted &&
	       secret_equal(wanted, parts->signature.at, sizeof wanted);
	secret_wipe(wanted, sizeof wanted);
	return good;
}

static bool signature_holds(const struct jwt_key *key, const char *typ, const char *token,
			    const struct jwt_parts *parts)
{
	if (key->alg != JWT_HS256)
		return crypto_verify(key->pair, token, parts->signed_len,
				     parts->signature.at, parts->signature.n);
	if (is_for_libjwt(key, typ))
		return jwt_hs256_verify(token, key->secret, key->secret_len);
	return hmac_holds(key, token, parts);
}

static bool claims_hold(const struct jwt_claims *claims, const struct jwt_expect *expect)
{
	int64_t nbf;

	return jwt_text_is(claims, "iss", expect->iss) &&
	       jwt_text_is(claims, "aud", expect->aud) &&
	       jwt_text_is(claims, "token_use", expect->token_use) &&
	       jwt_integer(claims, "nbf", &nbf) && jwt_is_of_now(claims, expect->now_s);
}

bool jwt_check(struct arena *arena, const struct jwt_key *keys, size_t n_keys,
	       const struct jwt_expect *expect, const char *token,
	       const struct jwt_claims **claims)
{
	struct jwt_parts parts;
	struct jwt_header header;
	const struct jwt_key *key;
	const struct jwt_claims *said;

	if (!jwt_split(arena, token, JWT_LEN_MAX, &parts) ||
	    !jwt_read_header(arena, &parts.header, &header))
		return false;
	key = find_key(keys, n_keys, header.kid);
	if (!key || !header_fits(&header, key, expect->typ) ||
	    !signature_holds(key, header.typ, token, &parts))
		return false;
	said = jwt_claims_read(arena, &parts.payload);
	if (!said || !claims_hold(said, expect))
		return false;
	*claims = said;
	return true;
}
