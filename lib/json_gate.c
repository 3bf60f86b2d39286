#include "lib/json_gate.h"

#include <math.h>

#include "lib/json.h"
#include "lib/text.h"

/* A member's name without its escapes. */
struct name {
	const char *bytes;
	size_t len;
};

struct gate {
	const char *at, *end;
	int depth;
	struct name *names; /* of the objects that are open, innermost last */
	size_t n_names;
	char *plain; /* where the next string is written without its escapes */
	bool *exact;
	size_t n_numbers;
};

static bool value(struct gate *g);

static int peek(const struct gate *g)
{
	return g->at < g->end ? (unsigned char)*g->at : -1;
}

static bool take(struct gate *g, char wanted)
{
	if (peek(g) != wanted)
		return false;
	g->at++;
	return true;
}

static bool take_word(struct gate *g, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(g->end - g->at) < n || memcmp(g->at, word, n) != 0)
		return false;
	g->at += n;
	return true;
}

static void skip_space(struct gate *g)
{
	while (peek(g) == ' ' || peek(g) == '\t' || peek(g) == '\n' || peek(g) == '\r')
		g->at++;
}

static bool digits(struct gate *g)
{
	const char *from = g->at;

	while (peek(g) >= '0' && peek(g) <= '9')
		g->at++;
	return g->at > from;
}

static bool exponent(struct gate *g)
{
	if (!take(g, 'e') && !take(g, 'E'))
		return true;
	if (!take(g, '+'))
		(void)take(g, '-');
	return digits(g);
}

/* RFC 8259 §6 */
static bool number(struct gate *g)
{
	static const int64_t LARGEST = INT64_C(1) << 53;
	char copy[JSON_NUMBER_LEN_MAX + 1] = "";
	const char *from = g->at, *whole;
	int64_t ignored;

	(void)take(g, '-');
	if (!take(g, '0') && !digits(g))
		return false;
	whole = g->at;
	if (take(g, '.') && !digits(g))
		return false;
	if (!exponent(g) || g->at - from > JSON_NUMBER_LEN_MAX)
		return false;
	memcpy(copy, from, (size_t)(g->at - from));
	g->exact[g->n_numbers++] =
		whole == g->at && text_number(copy, -LARGEST, LARGEST, &ignored);
	return isfinite(strtod(copy, NULL));
}

static void put_utf8(struct gate *g, uint32_t code)
{
	if (code < 0x80) {
		*g->plain++ = (char)code;
		return;
	}
	if (code < 0x800) {
		*g->plain++ = (char)(0xc0 | code >> 6);
	} else {
		if (code < 0x10000) {
			*g->plain++ = (char)(0xe0 | code >> 12);
		} else {
			*g->plain++ = (char)(0xf0 | code >> 18);
			*g->plain++ = (char)(0x80 | (code >> 12 & 0x3f));
		}
		*g->plain++ = (char)(0x80 | (code >> 6 & 0x3f));
	}
	*g->plain++ = (char)(0x80 | (code & 0x3f));
}

/* uXXXX */
static bool code_unit(struct gate *g, uint32_t *out)
{
	uint32_t unit = 0;

	if (!take(g, 'u'))
		return false;
	for (int i = 0; i < 4; i++, g->at++) {
		int c = peek(g), lower = c | 0x20;

		if (c >= '0' && c <= '9')
			unit = unit << 4 | (uint32_t)(c - '0');
		else if (c > 0 && lower >= 'a' && lower <= 'f')
			unit = unit << 4 | (uint32_t)(lower - 'a' + 10);
		else
			return false;
	}
	*out = unit;
	return true;
}

/* Surrogates come in pairs (RFC 8259 §7) or not at all. */
static bool code_point(struct gate *g)
{
	uint32_t high, low;

	if (!code_unit(g, &high) || high == 0 || (high >= 0xdc00 && high <= 0xdfff))
		return false;
	if (high < 0xd800 || high > 0xdfff) {
		put_utf8(g, high);
		return true;
	}
	if (!take(g, '\\') || !code_unit(g, &low) || low < 0xdc00 || low > 0xdfff)
		return false;
	put_utf8(g, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
	return true;
}

static bool escape(struct gate *g)
{
	static const char SHORT[] = "\"\\/bfnrt", MEANT[] = "\"\\/\b\f\n\r\t";
	int c = peek(g);
	const char *found = c > 0 ? strchr(SHORT, c) : NULL;

	if (!found)
		return code_point(g);
	*g->plain++ = MEANT[found - SHORT];
	g->at++;
	return true;
}

static bool string(struct gate *g, struct name *out)
{
	const char *from = g->plain;

	if (!take(g, '"'))
		return false;
	while (!take(g, '"')) {
		if (take(g, '\\')) {
			if (!escape(g))
				return false;
			continue;
		}
		if (peek(g) < ' ')
			return false;
		*g->plain++ = *g->at++;
	}
	*out = (struct name){from, (size_t)(g->plain - from)};
	return true;
}

static bool text(struct gate *g)
{
	char *before = g->plain;
	struct name ignored;
	bool good = string(g, &ignored);

	g->plain = before;
	return good;
}

static int compare_names(const void *left, const void *right)
{
	const struct name *a = left, *b = right;

	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return memcmp(a->bytes, b->bytes, a->len);
}

/* Sorted, so that a body of nothing but names costs no more than n log n. */
static bool all_different(struct name *names, size_t n)
{
	if (n < 2)
		return true;
	qsort(names, n, sizeof *names, compare_names);
	for (size_t i = 1; i < n; i++)
		if (compare_names(&names[i - 1], &names[i]) == 0)
			return false;
	return true;
}

static bool members(struct gate *g)
{
	skip_space(g);
	if (take(g, '}'))
		return true;
	do {
		skip_space(g);
		if (!string(g, &g->names[g->n_names]))
			return false;
		g->n_names++;
		skip_space(g);
		if (!take(g, ':') || !value(g))
			return false;
	} while (take(g, ','));
	return take(g, '}');
}

static bool object(struct gate *g)
{
	size_t first = g->n_names;
	char *before = g->plain;

	if (!take(g, '{') || ++g->depth > JSON_DEPTH_MAX || !members(g) ||
	    !all_different(g->names + first, g->n_names - first))
		return false;
	g->n_names = first;
	g->plain = before;
	g->depth--;
	return true;
}

static bool array(struct gate *g)
{
	if (!take(g, '[') || ++g->depth > JSON_DEPTH_MAX)
		return false;
	skip_space(g);
	if (!take(g, ']')) {
		do {
			if (!value(g))
				return false;
		} while (take(g, ','));
		if (!take(g, ']'))
			return false;
	}
	g->depth--;
	return true;
}

static bool bare_value(struct gate *g)
{
	switch (peek(g)) {
	case '{':
		return object(g);
	case '[':
		return array(g);
	case '"':
		return text(g);
	case 't':
		return take_word(g, "true");
	case 'f':
		return take_word(g, "false");
	case 'n':
		return take_word(g, "null");
	default:
		return number(g);
	}
}

static bool value(struct gate *g)
{
	skip_space(g);
	if (!bare_value(g))
		return false;
	skip_space(g);
	return true;
}

bool json_gate(struct arena *arena, const char *bytes, size_t n, const bool **exact)
{
	/* A member takes 4 bytes at least, a number 1 and its comma; what a string is
	 * without its escapes is never longer than with them. */
	struct gate gate = {
		.at = bytes,
		.end = bytes + n,
		.names = arena_alloc(arena, (n / 4 + 1) * sizeof(struct name)),
		.plain = arena_alloc(arena, n + 1),
		.exact = arena_alloc(arena, (n / 2 + 1) * sizeof(bool)),
	};

	if (!text_is_utf8(bytes, n))
		return false;
	skip_space(&gate);
	if (!object(&gate))
		return false;
	skip_space(&gate);
	if (gate.at != gate.end)
		return false;
	*exact = gate.exact;
	return true;
}
