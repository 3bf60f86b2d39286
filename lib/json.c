#include "lib/json.h"

#include <cjson/cJSON.h>

#include "lib/json_gate.h"

/* Beside cJSON's own bits in `type`, which end at 512: json_integer() may answer. */
enum { INTEGER = 1 << 16, TYPE_BITS = 0xff };

/* What cJSON allocates from. Set by whoever was given an arena, before each call of it.
 */
static struct arena *current;

static void *take_memory(size_t bytes)
{
	return arena_alloc(current, bytes);
}

static void keep_memory(void *memory UNUSED)
{
}

static void use_arena(struct arena *arena)
{
	cJSON_Hooks hooks = {take_memory, keep_memory};

	if (!current)
		cJSON_InitHooks(&hooks);
	current = arena;
}

static const cJSON *in(const struct json *value)
{
	return (const cJSON *)value;
}

static const struct json *out(const cJSON *item)
{
	return (const struct json *)item;
}

/* Carries over what the gate saw of each number, in the order of the text. */
static void mark_integers(cJSON *item, const bool **exact)
{
	if (cJSON_IsNumber(item) && *(*exact)++)
		item->type |= INTEGER;
	for (cJSON *child = item->child; child; child = child->next)
		mark_integers(child, exact);
}

const struct json *json_parse(struct arena *arena, const char *bytes, size_t n)
{
	const bool *exact;
	cJSON *root;

	if (!json_gate(arena, bytes, n, &exact))
		return NULL;
	use_arena(arena);
	root = cJSON_ParseWithLength(bytes, n);
	if (!root)
		return NULL;
	mark_integers(root, &exact);
	return out(root);
}

static const cJSON *find(const struct json *object, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(in(object), name);
}

enum json_type json_type(const struct json *object, const char *name)
{
	const cJSON *item = find(object, name);

	switch (item ? item->type & TYPE_BITS : cJSON_Invalid) {
	case cJSON_NULL:
		return JSON_NULL;
	case cJSON_False:
	case cJSON_True:
		return JSON_BOOL;
	case cJSON_Number:
	case cJSON_Raw: /* json_add_integer() */
		return JSON_NUMBER;
	case cJSON_String:
		return JSON_TEXT;
	case cJSON_Array:
		return JSON_ARRAY;
	case cJSON_Object:
		return JSON_OBJECT;
	default:
		return JSON_ABSENT;
	}
}

const char *json_as_text(const struct json *value)
{
	return cJSON_GetStringValue(in(value));
}

const char *json_text(const struct json *object, const char *name)
{
	return json_as_text(json_member(object, name));
}

bool json_integer(const struct json *object, const char *name, int64_t *out)
{
	const cJSON *item = find(object, name);

	if (!item || !(item->type & INTEGER))
		return false;
	*out = (int64_t)item->valuedouble;
	return true;
}

bool json_bool(const struct json *object, const char *name, bool *out)
{
	const cJSON *item = find(object, name);

	if (!cJSON_IsBool(item))
		return false;
	*out = cJSON_IsTrue(item);
	return true;
}

const struct json *json_member(const struct json *object, const char *name)
{
	return out(find(object, name));
}

size_t json_count(const struct json *array)
{
	return (size_t)cJSON_GetArraySize(in(array));
}

const struct json *json_item(const struct json *array, size_t i)
{
	if (!cJSON_IsArray(in(array)) || i > INT32_MAX)
		return NULL;
	return out(cJSON_GetArrayItem(in(array), (int)i));
}

const char *json_name(const struct json *object, size_t i)
{
	const cJSON *item;

	if (!cJSON_IsObject(in(object)) || i > INT32_MAX)
		return NULL;
	item = cJSON_GetArrayItem(in(object), (int)i);
	return item ? item->string : NULL;
}

static cJSON *made(cJSON *item)
{
	INVARIANT(item);
	return item;
}

static cJSON *add(struct arena *arena, struct json *object, const char *name, cJSON *item)
{
	use_arena(arena);
	INVARIANT(cJSON_AddItemToObject((cJSON *)object, name, item));
	return item;
}

struct json *json_object(struct arena *arena)
{
	use_arena(arena);
	return (struct json *)made(cJSON_CreateObject());
}

void json_add_text(struct arena *arena, struct json *object, const char *name,
		   const char *value)
{
	use_arena(arena);
	add(arena, object, name,
	    made(value ? cJSON_CreateString(value) : cJSON_CreateNull()));
}

/* As its digits: cJSON writes 10^15 and more with an exponent. */
void json_add_integer(struct arena *arena, struct json *object, const char *name,
		      int64_t value)
{
	char *digits = arena_printf(arena, "%lld", (long long)value);
	cJSON *item;

	use_arena(arena);
	item = made(cJSON_CreateRaw(digits));
	item->type |= INTEGER;
	item->valuedouble = (double)value;
	add(arena, object, name, item);
}

void json_add_bool(struct arena *arena, struct json *object, const char *name, bool value)
{
	use_arena(arena);
	add(arena, object, name, made(cJSON_CreateBool(value)));
}

struct json *json_add_object(struct arena *arena, struct json *object, const char *name)
{
	use_arena(arena);
	return (struct json *)add(arena, object, name, made(cJSON_CreateObject()));
}

struct json *json_add_array(struct arena *arena, struct json *object, const char *name)
{
	use_arena(arena);
	return (struct json *)add(arena, object, name, made(cJSON_CreateArray()));
}

static cJSON *push(struct json *array, cJSON *item)
{
	INVARIANT(cJSON_AddItemToArray((cJSON *)array, item));
	return item;
}

struct json *json_push_object(struct arena *arena, struct json *array)
{
	use_arena(arena);
	return (struct json *)push(array, made(cJSON_CreateObject()));
}

void json_push_text(struct arena *arena, struct json *array, const char *value)
{
	use_arena(arena);
	push(array, made(cJSON_CreateString(value)));
}

char *json_print(struct arena *arena, const struct json *object)
{
	enum { FIRST_GUESS = 1024 };
	char *text;

	use_arena(arena);
	text = cJSON_PrintBuffered(in(object), FIRST_GUESS, false);
	INVARIANT(text);
	return text;
}
