/* Bodies in JSON: lib/json_gate.c and what cJSON then makes of them. */
#include "lib/json.h"
#include "lib/json_gate.h"
#include "t/fuzz/fuzz.h"

static const int64_t LARGEST = INT64_C(1) << 53;

static const struct json *parse(struct arena *arena, const char *text)
{
	return json_parse(arena, text, strlen(text));
}

static bool is_text(const char *text)
{
	return text_is_utf8(text, strlen(text));
}

/* Looking a member up takes as long as there are members before it. */
enum { LOOKED_AT = 16 };

static size_t count(const struct json *object)
{
	size_t n = json_count(object);

	return n < LOOKED_AT ? n : LOOKED_AT;
}

/* Whatever was let in keeps what lib/json.h promises, at every level. */
static void look_at(const struct json *object, int depth)
{
	INVARIANT(depth <= JSON_DEPTH_MAX);
	for (size_t i = 0; i < count(object); i++) {
		const char *name = json_name(object, i);
		const struct json *member;
		int64_t number;

		INVARIANT(name && is_text(name));
		member = json_member(object, name);
		INVARIANT(member && json_type(object, name) != JSON_ABSENT);
		for (size_t k = 0; k < i; k++)
			INVARIANT(strcmp(json_name(object, k), name) != 0);
		if (json_text(object, name))
			INVARIANT(is_text(json_text(object, name)));
		if (json_integer(object, name, &number))
			INVARIANT(json_type(object, name) == JSON_NUMBER &&
				  number >= -LARGEST && number <= LARGEST);
		if (json_type(object, name) == JSON_OBJECT)
			look_at(member, depth + 1);
	}
}

/* Nothing is lost: what is printed is read as the same. */
static void print_and_read(struct arena *arena, const struct json *object)
{
	const char *printed = json_print(arena, object);
	const struct json *again = parse(arena, printed);

	INVARIANT(again && json_count(again) == json_count(object));
	INVARIANT(strcmp(json_print(arena, again), printed) == 0);
	for (size_t i = 0; i < count(object); i++) {
		const char *name = json_name(object, i);

		INVARIANT(strcmp(json_name(again, i), name) == 0);
		INVARIANT(json_type(again, name) == json_type(object, name));
		INVARIANT(fuzz_same(json_text(again, name), json_text(object, name)));
	}
}

/* It begins and ends with its braces, and is not whole without the last. */
static void look_at_bytes(struct arena *arena, const char *bytes, size_t n)
{
	const char *first = bytes, *end = bytes + n;

	while (first < end && strchr(" \t\r\n", *first))
		first++;
	while (end > first && strchr(" \t\r\n", end[-1]))
		end--;
	INVARIANT(text_is_utf8(bytes, n) && !memchr(bytes, '\0', n));
	INVARIANT(end - first >= 2 && *first == '{' && end[-1] == '}');
	INVARIANT(!json_parse(arena, bytes, (size_t)(end - bytes) - 1));
}

/* Any text can be written, and is read as what it was where it was UTF-8. */
static void write_and_read(struct arena *arena, const char *text)
{
	size_t size = 6 * strlen(text) + sizeof "{\"a\":\"\"}";
	const struct json *object;
	struct buf out;

	buf_init(&out, arena_alloc(arena, size), size);
	buf_puts(&out, "{\"a\":");
	buf_put_json(&out, text);
	buf_puts(&out, "}");
	object = parse(arena, out.at);
	INVARIANT(!out.cut && object && json_text(object, "a"));
	INVARIANT(!is_text(text) || strcmp(json_text(object, "a"), text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena *arena = fuzz_arena();
	const struct json *object = json_parse(arena, (const char *)bytes, n);
	const bool *exact;

	if (object) {
		INVARIANT(json_gate(arena, (const char *)bytes, n, &exact));
		look_at_bytes(arena, (const char *)bytes, n);
		look_at(object, 1);
		print_and_read(arena, object);
	}
	write_and_read(arena, fuzz_text(arena, bytes, n));
	return 0;
}
