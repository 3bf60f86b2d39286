#include "lib/text.h"

static const char DIGITS[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char URL_DIGITS[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

char *text_put_hex(char *out, const void *bytes, size_t n)
{
	static const char HEX[] = "0123456789abcdef";
	const uint8_t *at = bytes;

	for (size_t i = 0; i < n; i++) {
		*out++ = HEX[at[i] >> 4];
		*out++ = HEX[at[i] & 15];
	}
	return out;
}

char *text_hex(struct arena *arena, const void *bytes, size_t n)
{
	char *text = arena_alloc(arena, 2 * n + 1);

	(void)text_put_hex(text, bytes, n);
	return text;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool text_unhex(struct arena *arena, const char *text, uint8_t **out, size_t *n)
{
	size_t len = strlen(text);
	uint8_t *bytes;

	if (len % 2)
		return false;
	bytes = arena_alloc(arena, len / 2 + 1);
	for (size_t i = 0; i < len; i += 2) {
		int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i / 2] = (uint8_t)(high << 4 | low);
	}
	*out = bytes;
	*n = len / 2;
	return true;
}

static char *encode(struct arena *arena, const char *digits, bool pad, const void *bytes,
		    size_t n)
{
	const uint8_t *at = bytes;
	char *text = arena_alloc(arena, (n + 2) / 3 * 4 + 1), *to = text;

	for (; n >= 3; n -= 3, at += 3) {
		*to++ = digits[at[0] >> 2];
		*to++ = digits[(at[0] & 3) << 4 | at[1] >> 4];
		*to++ = digits[(at[1] & 15) << 2 | at[2] >> 6];
		*to++ = digits[at[2] & 63];
	}
	if (n) {
		*to++ = digits[at[0] >> 2];
		*to++ = digits[(at[0] & 3) << 4 | (n == 2 ? at[1] >> 4 : 0)];
	}
	if (n == 2)
		*to++ = digits[(at[1] & 15) << 2];
	for (size_t i = n; pad && n && i < 3; i++)
		*to++ = '=';
	return text;
}

char *base64url_encode(struct arena *arena, const void *bytes, size_t n)
{
	return encode(arena, URL_DIGITS, false, bytes, n);
}

char *base64_encode(struct arena *arena, const void *bytes, size_t n)
{
	return encode(arena, DIGITS, true, bytes, n);
}

static int digit_value(char c, const char *digits)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == digits[62])
		return 62;
	return c == digits[63] ? 63 : -1;
}

/* `len` counts digits only; bits left over at the end must be zero (RFC 4648 §3.5). */
static bool decode(struct arena *arena, const char *digits, const char *text, size_t len,
		   uint8_t **out, size_t *n)
{
	uint8_t *bytes;
	uint32_t bits = 0;
	size_t have = 0;
	int count = 0;

	if (len % 4 == 1)
		return false;
	bytes = arena_alloc(arena, len / 4 * 3 + 3);
	for (size_t i = 0; i < len; i++) {
		int value = digit_value(text[i], digits);

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		bytes[have++] = (uint8_t)(bits >> count);
	}
	if (bits & ((1U << count) - 1))
		return false;
	*out = bytes;
	*n = have;
	return true;
}

bool base64url_decode(struct arena *arena, const char *text, size_t len, uint8_t **out,
		      size_t *n)
{
	return decode(arena, URL_DIGITS, text, len, out, n);
}

bool base64_decode(struct arena *arena, const char *text, size_t len, uint8_t **out,
		   size_t *n)
{
	if (len % 4)
		return false;
	for (int i = 0; i < 2 && len && text[len - 1] == '='; i++)
		len--;
	return decode(arena, DIGITS, text, len, out, n);
}

/* False: not a hexadecimal digit (of either case: RFC 3986 §2.1) */
static bool escape_digit(char c, uint8_t *out)
{
	int value = hex_digit(c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c);

	if (value < 0)
		return false;
	*out = (uint8_t)value;
	return true;
}

bool text_form_decode(struct arena *arena, const char *text, size_t len, char **out)
{
	char *decoded = arena_alloc(arena, len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		uint8_t high, low;

		if (text[i] != '%') {
			decoded[n++] = text[i];
			if (text[i] == '+')
				decoded[n - 1] = ' ';
			continue;
		}
		if (len - i < 3 || !escape_digit(text[i + 1], &high) ||
		    !escape_digit(text[i + 2], &low))
			return false;
		decoded[n++] = (char)(high << 4 | low);
		i += 2;
	}
	if (memchr(decoded, '\0', n) || !text_is_utf8(decoded, n))
		return false;
	*out = decoded;
	return true;
}
