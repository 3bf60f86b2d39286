#include "lib/jwt.h"

#include "lib/json.h"
#include "lib/jwt_gate.h"
#include "lib/jwt_hs256.h"
#include "lib/secret.h"
#include "lib/text.h"

/* The names of RFC 7518 §3.1; case matters. */
static const char *const ALG_NAME[] = {
	[JWT_HS256] = "HS256",
	[JWT_ES256] = "ES256",
	[JWT_RS256] = "RS256",
};

struct jwt_claims {
	struct arena *arena;
	struct json *made; /* NULL in those that were checked */
	const struct json *object; /* what is read: the same, or the payload */
};

struct jwt_claims *jwt_claims_new(struct arena *arena)
{
	struct jwt_claims *claims = arena_alloc(arena, sizeof *claims);

	claims->arena = arena;
	claims->made = json_object(arena);
	claims->object = claims->made;
	return claims;
}

/* A name is set once: a payload with two of it would be refused by our own gate. */
static void expect_new(const struct jwt_claims *claims, const char *name)
{
	INVARIANT(claims->made && json_type(claims->made, name) == JSON_ABSENT);
}

void jwt_set_text(struct jwt_claims *claims, const char *name, const char *value)
{
	expect_new(claims, name);
	json_add_text(claims->arena, claims->made, name, value);
}

void jwt_set_integer(struct jwt_claims *claims, const char *name, int64_t value)
{
	expect_new(claims, name);
	json_add_integer(claims->arena, claims->made, name, value);
}

void jwt_set_bool(struct jwt_claims *claims, const char *name, bool value)
{
	expect_new(claims, name);
	json_add_bool(claims->arena, claims->made, name, value);
}

void jwt_set_texts(struct jwt_claims *claims, const char *name, const char *const *values,
		   size_t n)
{
	struct json *array;

	expect_new(claims, name);
	array = json_add_array(claims->arena, claims->made, name);
	for (size_t i = 0; i < n; i++)
		json_push_text(claims->arena, array, values[i]);
}

const char *jwt_text(const struct jwt_claims *claims, const char *name)
{
	return json_text(claims->object, name);
}

bool jwt_integer(const struct jwt_claims *claims, const char *name, int64_t *out)
{
	return json_integer(claims->object, name, out);
}

bool jwt_bool(const struct jwt_claims *claims, const char *name, bool *out)
{
	return json_bool(claims->object, name, out);
}

bool jwt_texts(const struct jwt_claims *claims, const char *name, const char *const **out,
	       size_t *n)
{
	const struct json *list = json_member(claims->object, name);
	const char **texts;

	if (json_type(claims->object, name) != JSON_ARRAY)
		return false;
	texts = arena_alloc(claims->arena, (json_count(list) + 1) * sizeof *texts);
	for (size_t i = 0; i < json_count(list); i++) {
		texts[i] = json_as_text(json_item(list, i));
		if (!texts[i])
			return false;
	}
	*out = texts;
	*n = json_count(list);
	return true;
}

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
	char *text = arena_printf(arena, "%s.%s",
				  base64url_encode(arena, header, strlen(header)),
				  base64url_encode(arena, payload, strlen(payload)));
	uint8_t *signature;
	size_t n;

	sign_bytes(arena, key, text, &signature, &n);
	return arena_printf(arena, "%s.%s", text, base64url_encode(arena, signature, n));
}

char *jwt_sign(struct arena *arena, const struct jwt_key *key, const char *typ,
	       const struct jwt_claims *claims)
{
	const char *payload = json_print(arena, claims->object);
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

static bool text_is(const struct json *payload, const char *name, const char *wanted)
{
	const char *text = json_text(payload, name);

	return text && strcmp(text, wanted) == 0;
}

/* RFC 7519 §4.1.4 - 4.1.6 */
static bool times_hold(const struct json *payload, int64_t now_s)
{
	int64_t exp, nbf, iat;

	return json_integer(payload, "exp", &exp) && json_integer(payload, "nbf", &nbf) &&
	       json_integer(payload, "iat", &iat) && exp > now_s - JWT_LEEWAY_S &&
	       nbf <= now_s + JWT_LEEWAY_S && iat <= now_s + JWT_LEEWAY_S;
}

static bool claims_hold(const struct json *payload, const struct jwt_expect *expect)
{
	return text_is(payload, "iss", expect->iss) &&
	       text_is(payload, "aud", expect->aud) &&
	       text_is(payload, "token_use", expect->token_use) &&
	       times_hold(payload, expect->now_s);
}

bool jwt_check(struct arena *arena, const struct jwt_key *keys, size_t n_keys,
	       const struct jwt_expect *expect, const char *token,
	       const struct jwt_claims **claims)
{
	struct jwt_parts parts;
	struct jwt_header header;
	const struct jwt_key *key;
	const struct json *payload;
	struct jwt_claims *checked;

	if (!jwt_split(arena, token, &parts) ||
	    !jwt_read_header(arena, &parts.header, &header))
		return false;
	key = find_key(keys, n_keys, header.kid);
	if (!key || !header_fits(&header, key, expect->typ) ||
	    !signature_holds(key, header.typ, token, &parts))
		return false;
	payload = json_parse(arena, (const char *)parts.payload.at, parts.payload.n);
	if (!payload || !claims_hold(payload, expect))
		return false;

	checked = arena_alloc(arena, sizeof *checked);
	checked->arena = arena;
	checked->object = payload;
	*claims = checked;
	return true;
}
