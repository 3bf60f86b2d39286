#include "lib/jwt_claims.h"

#include "lib/json.h"

struct jwt_claims {
	struct arena *arena;
	struct json *made; /* NULL in those that were read */
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

const struct jwt_claims *jwt_claims_read(struct arena *arena,
					 const struct jwt_bytes *payload)
{
	const struct json *object =
		json_parse(arena, (const char *)payload->at, payload->n);
	struct jwt_claims *claims;

	if (!object)
		return NULL;
	claims = arena_alloc(arena, sizeof *claims);
	claims->arena = arena;
	claims->object = object;
	return claims;
}

char *jwt_claims_print(struct arena *arena, const struct jwt_claims *claims)
{
	return json_print(arena, claims->object);
}

bool jwt_claims_have(const struct jwt_claims *claims, const char *name)
{
	return json_type(claims->object, name) != JSON_ABSENT;
}

size_t jwt_claims_count(const struct jwt_claims *claims, const char *name)
{
	return json_count(json_member(claims->object, name));
}

bool jwt_text_is(const struct jwt_claims *claims, const char *name, const char *wanted)
{
	const char *text = jwt_text(claims, name);

	return text && strcmp(text, wanted) == 0;
}

/* RFC 7519 §4.1.4 - 4.1.6 */
bool jwt_is_of_now(const struct jwt_claims *claims, int64_t now_s)
{
	int64_t exp, iat, nbf = now_s;

	if (!jwt_integer(claims, "exp", &exp) || !jwt_integer(claims, "iat", &iat) ||
	    (jwt_claims_have(claims, "nbf") && !jwt_integer(claims, "nbf", &nbf)))
		return false;
	return exp > now_s - JWT_LEEWAY_S && nbf <= now_s + JWT_LEEWAY_S &&
	       iat <= now_s + JWT_LEEWAY_S;
}
