/* The readers of lib/text.h: base64, hex, forms, numbers, UTF-8. */
#include "lib/text.h"

#include <errno.h>

#include "t/fuzz/fuzz.h"

/* What a decoder takes is the one way to write it, and ends in a NUL. */
static void encodings(struct arena *arena, const char *text, size_t len)
{
	uint8_t *out;
	size_t n;

	if (base64_decode(arena, text, len, &out, &n))
		INVARIANT(n <= len * 3 / 4 && !out[n] &&
			  strcmp(base64_encode(arena, out, n), text) == 0);
	if (base64url_decode(arena, text, len, &out, &n))
		INVARIANT(n <= len * 3 / 4 && !out[n] &&
			  strcmp(base64url_encode(arena, out, n), text) == 0);
	if (text_unhex(arena, text, &out, &n))
		INVARIANT(n == len / 2 && !out[n] &&
			  strcmp(text_hex(arena, out, n), text) == 0);
}

/* And whatever is encoded is decoded. */
static void bytes_and_back(struct arena *arena, const uint8_t *bytes, size_t n)
{
	const char *plain = base64_encode(arena, bytes, n);
	const char *url = base64url_encode(arena, bytes, n);
	uint8_t *out;
	size_t len;

	INVARIANT(base64_decode(arena, plain, strlen(plain), &out, &len));
	INVARIANT(len == n && memcmp(out, bytes, n) == 0);
	INVARIANT(base64url_decode(arena, url, strlen(url), &out, &len));
	INVARIANT(len == n && memcmp(out, bytes, n) == 0);
	INVARIANT(text_unhex(arena, text_hex(arena, bytes, n), &out, &len));
	INVARIANT(len == n && memcmp(out, bytes, n) == 0);
}

/* strtoll(3) takes more, never less, and knows no other value. */
static void numbers(struct arena *arena, const char *text)
{
	int64_t n;

	if (!text_number(text, INT64_MIN, INT64_MAX, &n))
		return;
	errno = 0;
	INVARIANT(strtoll(text, NULL, 10) == n && errno == 0);
	INVARIANT(text_number(text_integer(arena, n), n, n, &n));
	INVARIANT(n == INT64_MAX || !text_number(text, n + 1, INT64_MAX, &n));
}

static void characters(struct arena *arena, const char *text, size_t len)
{
	const char *trimmed = text_trim(arena, text), *lower = text_lower(arena, text);
	bool utf8 = text_is_utf8(text, len);
	size_t points = 0;
	char *form;

	for (size_t at = 0; utf8 && at < len; points++) {
		size_t n = text_utf8_len(text + at, len - at);

		INVARIANT(n >= 1 && n <= 4);
		at += n;
	}
	INVARIANT(!utf8 || text_code_points(text) == points);
	INVARIANT(strcmp(text_trim(arena, trimmed), trimmed) == 0);
	INVARIANT(strlen(lower) == len && !strpbrk(lower, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"));
	if (text_form_decode(arena, text, len, &form))
		INVARIANT(strlen(form) <= len && text_is_utf8(form, strlen(form)));
	if (text_is_uuid(text))
		INVARIANT(len == 36 && text_only(text, "0123456789abcdef-"));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena *arena = fuzz_arena();
	const char *text = fuzz_text(arena, bytes, n);

	encodings(arena, text, strlen(text));
	bytes_and_back(arena, bytes, n);
	numbers(arena, text);
	characters(arena, text, strlen(text));
	return 0;
}
