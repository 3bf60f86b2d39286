/* The one user of cJSON, behind a strict gate (RFC 8259, and what cJSON lets pass).
 * Everything lives in the arena given; nothing is freed. Names are compared with case. */
#ifndef LIB_JSON_H
#define LIB_JSON_H

#include "lib/arena.h"

struct json;

enum json_type {
	JSON_ABSENT,
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_TEXT,
	JSON_ARRAY,
	JSON_OBJECT
};

enum { JSON_DEPTH_MAX = 16 };

/* The gate, over the raw bytes: one object and nothing after it, valid UTF-8, no NUL also
 * as an escape, no lone surrogate, depth <= 16, no duplicate name at one level (compared
 * after unescaping), numbers as RFC 8259 has them, finite and at most 63 bytes long.
 * NULL: refused. The arena needs about 50 bytes for each byte of the text: a body of
 * 16 KiB takes 800 KiB at worst. */
const struct json *json_parse(struct arena *arena, const char *bytes, size_t n) MUST_USE;

enum json_type json_type(const struct json *object, const char *name) MUST_USE;
const char *json_text(const struct json *object,
		      const char *name) MUST_USE; /* else NULL */
/* An integer written as one (no fraction, no exponent) and at most 2^53 in size, so that
 * no digit of it was lost. False: absent or not one. */
bool json_integer(const struct json *object, const char *name, int64_t *out) MUST_USE;
bool json_bool(const struct json *object, const char *name, bool *out) MUST_USE;
const struct json *json_member(const struct json *object, const char *name) MUST_USE;
size_t json_count(const struct json *array) MUST_USE; /* of an object: its members */
const struct json *json_item(const struct json *array, size_t i) MUST_USE;
/* The name of the i-th member, in the order written; NULL: there are not so many. */
const char *json_name(const struct json *object, size_t i) MUST_USE;
const char *json_as_text(const struct json *value) MUST_USE; /* NULL: not a string */

struct json *json_object(struct arena *arena) MUST_USE;
void json_add_text(struct arena *arena, struct json *object, const char *name,
		   const char *value); /* NULL becomes null */
void json_add_integer(struct arena *arena, struct json *object, const char *name,
		      int64_t value);
void json_add_bool(struct arena *arena, struct json *object, const char *name,
		   bool value);
struct json *json_add_object(struct arena *arena, struct json *object, const char *name);
struct json *json_add_array(struct arena *arena, struct json *object, const char *name);
struct json *json_push_object(struct arena *arena, struct json *array);
void json_push_text(struct arena *arena, struct json *array, const char *value);
char *json_print(struct arena *arena, const struct json *object) MUST_USE; /* one line */

#endif
