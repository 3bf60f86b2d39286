#include "lib/text.h"

void buf_init(struct buf *buf, char *memory, size_t size)
{
	INVARIANT(size >= 1);
	*buf = (struct buf){.at = memory, .max = size};
	memory[0] = '\0';
}

void buf_put(struct buf *buf, const char *bytes, size_t n)
{
	size_t left = buf->max - buf->len - 1;

	if (n > left) {
		buf->cut = true;
		n = left;
	}
	if (n)
		memcpy(buf->at + buf->len, bytes, n);
	buf->len += n;
	buf->at[buf->len] = '\0';
}

void buf_puts(struct buf *buf, const char *text)
{
	buf_put(buf, text, strlen(text));
}

void buf_vprintf(struct buf *buf, const char *fmt, va_list args)
{
	size_t left = buf->max - buf->len;
	int n = vsnprintf(buf->at + buf->len, left, fmt, args);

	INVARIANT(n >= 0);
	buf->cut = buf->cut || (size_t)n >= left;
	buf->len += (size_t)n < left ? (size_t)n : left - 1;
}

void buf_printf(struct buf *buf, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	buf_vprintf(buf, fmt, args);
	va_end(args);
}

char *text_join(struct arena *arena, const char *const *words, size_t n,
		const char *between)
{
	size_t size = 1;
	struct buf out;

	for (size_t i = 0; i < n; i++)
		size += strlen(words[i]) + strlen(between);
	buf_init(&out, arena_alloc(arena, size), size);
	for (size_t i = 0; i < n; i++) {
		buf_puts(&out, i ? between : "");
		buf_puts(&out, words[i]);
	}
	return out.at;
}

/* RFC 8259 §7, and U+007F .. U+009F: a terminal would obey them. */
static bool put_escaped(struct buf *buf, const char *at, size_t len)
{
	static const char SHORT[][2] = {{'"', '"'},  {'\\', '\\'}, {'\b', 'b'},
					{'\f', 'f'}, {'\n', 'n'},  {'\r', 'r'},
					{'\t', 't'}};
	unsigned char byte = (unsigned char)at[0];

	for (size_t i = 0; i < COUNT(SHORT); i++) {
		if (*at != SHORT[i][0])
			continue;
		buf_put(buf, (const char[]){'\\', SHORT[i][1]}, 2);
		return true;
	}
	if (len == 2 && byte == 0xc2 && (unsigned char)at[1] < 0xa0)
		byte = (unsigned char)at[1]; /* U+0080 .. U+009F */
	else if (byte >= 0x20 && byte != 0x7f)
		return false;
	buf_printf(buf, "\\u%04x", byte);
	return true;
}

static bool is_plain(char c)
{
	return c >= 0x20 && c != 0x7f && c != '"' && c != '\\';
}

void buf_put_json(struct buf *buf, const char *text)
{
	const char *end = text + strlen(text);

	buf_put(buf, "\"", 1);
	while (text < end) {
		const char *from = text;
		size_t len;

		while (text < end && is_plain(*text))
			text++;
		buf_put(buf, from, (size_t)(text - from));
		if (text == end)
			break;
		len = text_utf8_len(text, (size_t)(end - text));
		if (!len)
			buf_puts(buf, "\xef\xbf\xbd"); /* U+FFFD */
		else if (!put_escaped(buf, text, len))
			buf_put(buf, text, len);
		text += len ? len : 1;
	}
	buf_put(buf, "\"", 1);
}
