#include "lib/jwk.h"

#include "lib/json.h"

enum { KEY_OPS_MAX = 16 }; /* RFC 7517 §4.3 knows eight */

struct jwk_set {
	size_t n;
	struct entry {
		char *kid; /* "": it has none */
		enum jwt_alg alg;
		struct crypto_key *key;
	} at[JWK_LISTED_MAX];
};

/* RFC 7518 §6.2.2, 6.3.2, 6.4.1 */
static const char *const SECRET_MEMBERS[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

bool jwk_kid_ok(const char *kid)
{
	size_t n = strnlen(kid, JWK_KID_MAX + 1);

	for (size_t i = 0; i < n; i++)
		if (kid[i] < ' ' || kid[i] > '~')
			return false;
	return n >= 1 && n <= JWK_KID_MAX;
}

/* ---- one key ---- */

static bool has(const struct json *jwk, const char *name)
{
	return json_type(jwk, name) != JSON_ABSENT;
}

static bool is_or_absent(const struct json *jwk, const char *name, const char *wanted)
{
	const char *text = json_text(jwk, name);

	return text ? strcmp(text, wanted) == 0 : !has(jwk, name);
}

static bool may_verify(const struct json *jwk)
{
	const struct json *ops = json_member(jwk, "key_ops");

	if (!ops)
		return true;
	if (json_type(jwk, "key_ops") != JSON_ARRAY || json_count(ops) > KEY_OPS_MAX)
		return false;
	for (size_t i = 0; i < json_count(ops); i++) {
		const char *op = json_as_text(json_item(ops, i));

		if (op && strcmp(op, "verify") == 0)
			return true;
	}
	return false;
}

static bool is_secret(const struct json *jwk)
{
	for (size_t i = 0; i < COUNT(SECRET_MEMBERS); i++)
		if (has(jwk, SECRET_MEMBERS[i]))
			return true;
	return false;
}

/* NULL: not one that can be used. */
static const char *kid_of(const struct json *jwk, bool alone)
{
	const char *kid = json_text(jwk, "kid");

	if (kid)
		return jwk_kid_ok(kid) ? kid : NULL;
	return alone && !has(jwk, "kid") ? "" : NULL;
}

static struct crypto_key *key_of(struct arena *arena, const struct json *jwk)
{
	const struct crypto_jwk members = {
		.kty = json_text(jwk, "kty"),
		.crv = json_text(jwk, "crv"),
		.x = json_text(jwk, "x"),
		.y = json_text(jwk, "y"),
		.n = json_text(jwk, "n"),
		.e = json_text(jwk, "e"),
	};

	if (is_secret(jwk) || !is_or_absent(jwk, "use", "sig") || !may_verify(jwk))
		return NULL;
	return crypto_key_from_jwk(arena, &members);
}

static enum jwt_alg alg_for(const struct crypto_key *key)
{
	return crypto_key_kind(key) == CRYPTO_P256 ? JWT_ES256 : JWT_RS256;
}

/* ---- the set ---- */

static void add(struct jwk_set *set, struct arena *arena, const struct json *jwk,
		bool alone)
{
	const char *kid = kid_of(jwk, alone);
	struct crypto_key *key = kid ? key_of(arena, jwk) : NULL;
	struct entry *entry = &set->at[set->n];

	if (!key)
		return;
	if (!is_or_absent(jwk, "alg", jwt_alg_name(alg_for(key)))) {
		crypto_key_free(&key);
		return;
	}
	entry->kid = strdup(kid);
	INVARIANT(entry->kid);
	entry->alg = alg_for(key);
	entry->key = key;
	set->n++;
}

static bool is_twin(const struct entry *a, const struct entry *b)
{
	return a->alg == b->alg && strcmp(a->kid, b->kid) == 0;
}

static void release(struct entry *entry)
{
	crypto_key_free(&entry->key);
	free(entry->kid);
}

static void drop_twins(struct jwk_set *set)
{
	bool twin[JWK_LISTED_MAX] = {false};
	size_t n = 0;

	for (size_t i = 0; i < set->n; i++)
		for (size_t k = 0; k < set->n; k++)
			twin[i] |= i != k && is_twin(&set->at[i], &set->at[k]);
	for (size_t i = 0; i < set->n; i++) {
		if (twin[i])
			release(&set->at[i]);
		else
			set->at[n++] = set->at[i];
	}
	set->n = n;
}

static const char *judge(size_t n_listed, size_t n_taken)
{
	if (n_listed > JWK_LISTED_MAX)
		return "too many keys";
	if (n_taken > JWK_KEYS_MAX)
		return "too many usable keys";
	return n_taken == 0 ? "no usable key" : NULL;
}

/* NULL: `*why` says why. `*n_listed` tells how many there were. */
static struct jwk_set *collect(struct arena *arena, const char *bytes, size_t n,
			       size_t *n_listed, const char **why)
{
	const struct json *json = n <= JWK_SET_MAX ? json_parse(arena, bytes, n) : NULL;
	const struct json *list = json ? json_member(json, "keys") : NULL;
	struct jwk_set *set;
	size_t listed;

	*why = n <= JWK_SET_MAX ? "not a JWK Set" : "the JWK Set is too long";
	if (!list || json_type(json, "keys") != JSON_ARRAY)
		return NULL;
	listed = json_count(list);
	set = calloc(1, sizeof *set);
	INVARIANT(set);
	for (size_t i = 0; listed <= JWK_LISTED_MAX && i < listed; i++)
		add(set, arena, json_item(list, i), listed == 1);
	drop_twins(set);
	*why = judge(listed, set->n);
	if (*why)
		jwk_free(&set);
	*n_listed = listed;
	return set;
}

static void add_member(struct arena *arena, struct json *jwk, const char *name,
		       const char *value)
{
	if (value && *value)
		json_add_text(arena, jwk, name, value);
}

static const char *print(struct arena *arena, const struct jwk_set *set)
{
	struct json *json = json_object(arena);
	struct json *list = json_add_array(arena, json, "keys");

	for (size_t i = 0; i < set->n; i++) {
		struct json *jwk = json_push_object(arena, list);
		struct crypto_jwk members = {0};

		crypto_key_jwk(arena, set->at[i].key, &members);
		add_member(arena, jwk, "kty", members.kty);
		add_member(arena, jwk, "kid", set->at[i].kid);
		add_member(arena, jwk, "alg", jwt_alg_name(set->at[i].alg));
		add_member(arena, jwk, "crv", members.crv);
		add_member(arena, jwk, "x", members.x);
		add_member(arena, jwk, "y", members.y);
		add_member(arena, jwk, "n", members.n);
		add_member(arena, jwk, "e", members.e);
	}
	return json_print(arena, json);
}

const char *jwk_reduce(struct arena *arena, const char *bytes, size_t n, size_t *n_keys,
		       const char **why)
{
	size_t n_listed;
	CLEANUP(jwk_free)
	struct jwk_set *set = collect(arena, bytes, n, &n_listed, why);

	if (!set)
		return NULL;
	*n_keys = set->n;
	return print(arena, set);
}

struct jwk_set *jwk_parse(const char *reduced, size_t n)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(JWK_ARENA);
	const char *why;
	size_t n_listed;
	struct jwk_set *set = collect(arena, reduced, n, &n_listed, &why);

	if (set && set->n != n_listed)
		jwk_free(&set);
	return set;
}

void jwk_free(struct jwk_set **set)
{
	struct jwk_set *old = *set;

	if (!old)
		return;
	*set = NULL;
	for (size_t i = 0; i < old->n; i++)
		release(&old->at[i]);
	free(old);
}

size_t jwk_count(const struct jwk_set *set)
{
	return set ? set->n : 0;
}

const struct crypto_key *jwk_find(const struct jwk_set *set, const char *kid,
				  enum jwt_alg alg)
{
	const struct crypto_key *found = NULL;

	for (size_t i = 0; i < jwk_count(set); i++) {
		const struct entry *entry = &set->at[i];

		if (entry->alg != alg || (kid && strcmp(entry->kid, kid) != 0))
			continue;
		if (found)
			return NULL;
		found = entry->key;
	}
	return found;
}
