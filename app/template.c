#include "app/template.h"

#include <errno.h>

#include "app/code.h"

static const struct placeholder {
	const char *name;
	size_t max; /* bytes of its value */
	bool of_code; /* only where there is one */
} PLACEHOLDERS[] = {
	[VALUE_SERVICE] = {"service", 64, false},
	[VALUE_URL] = {"url", 200, false},
	[VALUE_USERNAME] = {"username", TEMPLATE_VALUE_MAX, false},
	[VALUE_IP] = {"ip", 45, false},
	[VALUE_USER_AGENT] = {"user_agent", 100, false},
	[VALUE_TIME] = {"time", 40, false},
	[VALUE_PROVIDER] = {"provider", 32, false},
	[VALUE_CODE] = {"code", CODE_PRETTY_SIZE, true},
	[VALUE_MINUTES] = {"minutes", 20, true},
};

/* The placeholder that `text` begins with: `{name}`. VALUE_COUNT: none. */
static enum value placeholder_at(const char *text, size_t *len)
{
	for (size_t i = 0; i < VALUE_COUNT; i++) {
		size_t n = strlen(PLACEHOLDERS[i].name);

		if (strncmp(text + 1, PLACEHOLDERS[i].name, n) != 0 || text[n + 1] != '}')
			continue;
		*len = n + 2;
		return (enum value)i;
	}
	return VALUE_COUNT;
}

void template_fill(struct buf *buf, const char *text,
		   const char *const values[VALUE_COUNT])
{
	while (*text) {
		size_t n = strcspn(text, "{");

		buf_put(buf, text, n);
		text += n;
		if (!*text)
			return;
		enum value value = placeholder_at(text, &n);

		INVARIANT(value != VALUE_COUNT && values[value]);
		buf_puts(buf, values[value]);
		text += n;
	}
}

static const char *unknown(struct arena *arena, const char *text)
{
	size_t n = strcspn(text, "} \n");

	return arena_printf(arena, "unknown placeholder %.*s%s", (int)(n < 32 ? n : 32),
			    text, text[n] == '}' ? "}" : "");
}

/* NULL: every placeholder is known and in its place. */
static const char *placeholders_check(struct arena *arena, const char *text,
				      bool with_code)
{
	size_t count = 0, n = 0;

	while ((text = strchr(text, '{'))) {
		enum value value = placeholder_at(text, &n);

		if (value == VALUE_COUNT)
			return unknown(arena, text);
		if (PLACEHOLDERS[value].of_code && !with_code)
			return arena_printf(arena, "{%s} in a letter without a code",
					    PLACEHOLDERS[value].name);
		if (++count > TEMPLATE_VALUES_MAX)
			return "more than 32 placeholders";
		text += n;
	}
	return NULL;
}

static const char *line_check(const char *line, size_t len, bool *has_code)
{
	static const char CODE[] = "{code}";

	if (!memmem(line, len, CODE, strlen(CODE)))
		return NULL;
	*has_code = true;
	return len == strlen(CODE) ? NULL : "{code} is not on a line of its own";
}

static const char *lines_check(const char *text, bool with_code)
{
	bool has_code = false;
	const char *why = NULL;

	for (const char *line = text; *line && !why; line += *line == '\n') {
		size_t len = strcspn(line, "\n");

		why = line_check(line, len, &has_code);
		line += len;
	}
	if (!why && with_code && !has_code)
		why = "the line with {code} is missing";
	return why;
}

static const char *bytes_check(const char *text, size_t n)
{
	if (n > TEMPLATE_MAX)
		return "larger than 8192 bytes";
	if (!text_is_utf8(text, n))
		return "not UTF-8";
	for (size_t i = 0; i < n; i++)
		if (((unsigned char)text[i] < ' ' && text[i] != '\n') || text[i] == 0x7f)
			return "a control byte, tab or carriage return";
	return NULL;
}

static void file_close(FILE **file)
{
	if (*file)
		(void)fclose(*file);
}

const char *template_load(struct arena *arena, const char *path, bool with_code,
			  const char **why)
{
	char *text = arena_alloc(arena, TEMPLATE_MAX + 2);
	CLEANUP(file_close) FILE *file = fopen(path, "re");
	size_t n;

	if (!file) {
		*why = strerrordesc_np(errno);
		return NULL;
	}
	n = fread(text, 1, TEMPLATE_MAX + 1, file);
	if (ferror(file)) {
		*why = "cannot be read";
		return NULL;
	}
	*why = bytes_check(text, n);
	if (!*why)
		*why = placeholders_check(arena, text, with_code);
	if (!*why)
		*why = lines_check(text, with_code);
	return *why ? NULL : text;
}

/* Would move, hide or turn around other text: controls, line separators, marks of
 * direction (U+0080 .. U+009F, U+200E, U+200F, U+2028 .. U+202E, U+2066 .. U+2069) */
static bool is_unruly(const char *at, size_t len)
{
	const unsigned char *c = (const unsigned char *)at;

	if (len == 1)
		return c[0] < ' ' || c[0] == 0x7f;
	if (len == 2)
		return c[0] == 0xc2 && c[1] < 0xa0;
	if (len != 3 || c[0] != 0xe2)
		return false;
	if (c[1] == 0x80)
		return c[2] == 0x8e || c[2] == 0x8f || (c[2] >= 0xa8 && c[2] <= 0xae);
	return c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9;
}

const char *template_tame(struct arena *arena, enum value value, const char *text)
{
	size_t max = PLACEHOLDERS[value].max;
	const char *end = text + strlen(text);
	char *memory = arena_alloc(arena, max + 1);
	struct buf buf;

	buf_init(&buf, memory, max + 1);
	while (text < end) {
		size_t len = text_utf8_len(text, (size_t)(end - text));
		bool bad = !len || is_unruly(text, len);

		if (buf.len + (bad ? 1 : len) > max)
			break;
		buf_put(&buf, bad ? "?" : text, bad ? 1 : len);
		text += len ? len : 1;
	}
	return buf.at;
}
