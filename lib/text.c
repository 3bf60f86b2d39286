#include "lib/text.h"

#include <inttypes.h>

#define WHITE_SPACE " \t\n\v\f\r"

static bool is_tail(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

/* RFC 3629 §4: by first byte, the length and the range of the second byte. */
static const struct utf8_row {
	unsigned char first_min, first_max, len, second_min, second_max;
} UTF8[] = {
	{0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf},
	{0xe1, 0xec, 3, 0x80, 0xbf}, {0xed, 0xed, 3, 0x80, 0x9f},
	{0xee, 0xef, 3, 0x80, 0xbf}, {0xf0, 0xf0, 4, 0x90, 0xbf},
	{0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

static bool row_fits(const struct utf8_row *row, const unsigned char *at, size_t n)
{
	if (n < row->len || at[1] < row->second_min || at[1] > row->second_max)
		return false;
	for (size_t i = 2; i < row->len; i++)
		if (!is_tail(at[i]))
			return false;
	return true;
}

size_t text_utf8_len(const char *bytes, size_t n)
{
	const unsigned char *at = (const unsigned char *)bytes;

	if (n == 0)
		return 0;
	if (at[0] < 0x80)
		return 1;
	for (size_t i = 0; i < COUNT(UTF8); i++)
		if (at[0] >= UTF8[i].first_min && at[0] <= UTF8[i].first_max)
			return row_fits(&UTF8[i], at, n) ? UTF8[i].len : 0;
	return 0;
}

bool text_is_utf8(const char *bytes, size_t n)
{
	while (n) {
		size_t len = text_utf8_len(bytes, n);

		if (!len)
			return false;
		bytes += len;
		n -= len;
	}
	return true;
}

size_t text_code_points(const char *utf8)
{
	size_t n = 0;

	for (; *utf8; utf8++)
		n += !is_tail((unsigned char)*utf8);
	return n;
}

bool text_has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

bool text_is_uuid(const char *text)
{
	static const char FORM[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (strnlen(text, sizeof FORM) != sizeof FORM - 1)
		return false;
	for (size_t i = 0; FORM[i]; i++) {
		bool hex = (text[i] >= '0' && text[i] <= '9') ||
			   (text[i] >= 'a' && text[i] <= 'f');

		if (FORM[i] == 'x' ? !hex : text[i] != '-')
			return false;
	}
	return true;
}

bool text_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_only(const char *text, const char *allowed)
{
	return *text && text[strspn(text, allowed)] == '\0';
}

bool text_number(const char *text, int64_t min, int64_t max, int64_t *out)
{
	bool negative = *text == '-';
	int64_t n = 0;

	text += negative;
	if (!*text)
		return false;
	for (; *text; text++) {
		int digit = *text - '0';

		if (digit < 0 || digit > 9 || __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, negative ? -digit : digit, &n))
			return false;
	}
	if (n < min || n > max)
		return false;
	*out = n;
	return true;
}

char *text_lower(struct arena *arena, const char *text)
{
	char *lower = arena_dupn(arena, text, strlen(text));

	for (char *at = lower; *at; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at = (char)(*at - 'A' + 'a');
	return lower;
}

char *text_trim(struct arena *arena, const char *text)
{
	size_t n;

	text += strspn(text, WHITE_SPACE);
	n = strlen(text);
	while (n && strchr(WHITE_SPACE, text[n - 1]))
		n--;
	return arena_dupn(arena, text, n);
}

char *text_integer(struct arena *arena, int64_t n)
{
	return arena_printf(arena, "%" PRId64, n);
}
