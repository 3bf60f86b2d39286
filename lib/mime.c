#include "lib/mime.h"

enum {
	LINE_MAX_LEN = 76, /* RFC 2045 §6.7 (5), without CRLF */
	WORD_BYTES_MAX = 45, /* 60 of base64, in an encoded word of at most 75 */
	PLAIN_HEADER_MAX =
		400, /* longer is folded, which encoded words can be anywhere */
};

static const char HEX[] = "0123456789ABCDEF";

/* `width` is that of the line so far. */
static void put_unit(struct buf *buf, size_t *width, const char *unit, size_t n,
		     bool last)
{
	/* a soft break takes a place, but for a unit that ends its line */
	if (*width + n > (size_t)(last ? LINE_MAX_LEN : LINE_MAX_LEN - 1)) {
		buf_puts(buf, "=\r\n");
		*width = 0;
	}
	buf_put(buf, unit, n);
	*width += n;
}

void mime_put_body(struct buf *buf, const char *text)
{
	size_t width = 0;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		bool last = !text[1] || text[1] == '\n';
		const char escaped[] = {'=', HEX[c >> 4], HEX[c & 15]};

		if (c == '\n') {
			buf_puts(buf, "\r\n");
			width = 0;
		} else if ((c > ' ' && c <= '~' && c != '=') || (c == ' ' && !last)) {
			put_unit(buf, &width, text, 1, last);
		} else {
			put_unit(buf, &width, escaped, sizeof escaped, last);
		}
	}
}

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text > '~')
			return false;
	return true;
}

/* As many whole characters as one encoded word takes (RFC 2047 §5: none is split) */
static size_t word_len(const char *text, size_t left)
{
	size_t n = 0;

	while (n < left) {
		size_t len = text_utf8_len(text + n, left - n);

		if (!len)
			len = 1;
		if (n + len > WORD_BYTES_MAX)
			break;
		n += len;
	}
	return n;
}

static void put_words(struct arena *arena, struct buf *buf, const char *text)
{
	size_t left = strlen(text);

	while (left) {
		size_t n = word_len(text, left);

		buf_printf(buf, "=?UTF-8?B?%s?=", base64_encode(arena, text, n));
		text += n;
		left -= n;
		if (left)
			buf_puts(buf, "\r\n ");
	}
}

/* What looks like an encoded word would be read as one. */
static bool is_plain(const char *text)
{
	return is_ascii(text) && strlen(text) <= PLAIN_HEADER_MAX && !strstr(text, "=?");
}

void mime_put_text(struct arena *arena, struct buf *buf, const char *text)
{
	if (is_plain(text))
		buf_puts(buf, text);
	else
		put_words(arena, buf, text);
}

void mime_put_phrase(struct arena *arena, struct buf *buf, const char *text)
{
	if (!is_plain(text)) {
		put_words(arena, buf, text);
		return;
	}
	buf_puts(buf, "\"");
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buf_puts(buf, "\\");
		buf_put(buf, text, 1);
	}
	buf_puts(buf, "\"");
}

void mime_put_date(struct buf *buf, int64_t real_ms)
{
	time_t seconds = (time_t)(real_ms / 1000);
	struct tm tm;
	char text[64];

	INVARIANT(gmtime_r(&seconds, &tm));
	INVARIANT(strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S +0000", &tm));
	buf_puts(buf, text);
}
