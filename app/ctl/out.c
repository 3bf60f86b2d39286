#include "app/ctl/out.h"

#include "lib/text.h"

/* Ranges of code points that move the cursor, end a line or turn the reading direction
 * (Unicode 15: Cc, U+061C, U+200E-F, U+2028-E, U+2066-9). */
static const struct {
	uint32_t first, last;
} unprintable[] = {
	{0x00, 0x1f},	  {0x7f, 0x9f},	    {0x61c, 0x61c},
	{0x200e, 0x200f}, {0x2028, 0x202e}, {0x2066, 0x2069},
};

static bool is_unprintable(uint32_t point)
{
	for (size_t i = 0; i < COUNT(unprintable); i++)
		if (point >= unprintable[i].first && point <= unprintable[i].last)
			return true;
	return false;
}

/* The bytes of one valid sequence by its first byte (RFC 3629 §3); 1 where there is none.
 */
static size_t sequence(const char *text)
{
	unsigned char first = (unsigned char)*text;
	size_t n = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	return strnlen(text, n) == n && text_is_utf8(text, n) ? n : 1;
}

static uint32_t code_point(const char *text, size_t n)
{
	static const unsigned char first_bits[] = {0x7f, 0x1f, 0x0f, 0x07};
	uint32_t point = (unsigned char)*text & first_bits[n - 1];

	for (size_t i = 1; i < n; i++)
		point = point << 6 | ((unsigned char)text[i] & 0x3f);
	return point;
}

char *out_escape(struct arena *arena, const char *text)
{
	size_t size = 6 * strlen(text) + 1;
	struct buf out;

	buf_init(&out, arena_alloc(arena, size), size);
	for (size_t n; *text; text += n) {
		n = sequence(text);
		if (!text_is_utf8(text, n))
			buf_puts(&out, "\xef\xbf\xbd");
		else if (is_unprintable(code_point(text, n)))
			buf_printf(&out, "\\u%04x", (unsigned)code_point(text, n));
		else
			buf_put(&out, text, n);
	}
	INVARIANT(!out.cut);
	return out.at;
}

enum { LINE_MAX_BYTES = 8192 };

static void put_line(struct ctl *ctl, FILE *to, const char *before, const char *fmt,
		     va_list args) PRINTF(4, 0);

static void put_line(struct ctl *ctl, FILE *to, const char *before, const char *fmt,
		     va_list args)
{
	char line[LINE_MAX_BYTES];
	struct buf buf;

	buf_init(&buf, line, sizeof line);
	buf_vprintf(&buf, fmt, args);
	fprintf(to, "%s%s%s\n", before, out_escape(ctl->context.arena, line),
		buf.cut ? " ..." : "");
}

void out_say(struct ctl *ctl, const char *fmt, ...)
{
	va_list args;

	if (ctl->json)
		return;
	va_start(args, fmt);
	put_line(ctl, stdout, "", fmt, args);
	va_end(args);
}

enum ctl_exit out_refuse(struct ctl *ctl, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	put_line(ctl, stderr, "latchkeyctl: ", fmt, args);
	va_end(args);
	return CTL_REFUSED;
}

void out_warn(struct ctl *ctl, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	put_line(ctl, stderr, "latchkeyctl: ", fmt, args);
	va_end(args);
}

enum ctl_exit out_down(struct ctl *ctl)
{
	return out_refuse(ctl,
			  "PostgreSQL did not do it: see above, or `latchkeyctl check`");
}

static void add_member(struct ctl *ctl, struct json *object, const struct out_cell *cell)
{
	struct arena *arena = ctl->context.arena;

	switch (cell->kind) {
	case OUT_IS_TEXT:
		json_add_text(arena, object, cell->name, cell->text);
		break;
	case OUT_IS_NUMBER:
		json_add_integer(arena, object, cell->name, cell->number);
		break;
	case OUT_IS_FLAG:
		json_add_bool(arena, object, cell->name, cell->number);
		break;
	}
}

static const char *cell_text(struct arena *arena, const struct out_cell *cell)
{
	switch (cell->kind) {
	case OUT_IS_TEXT:
		return cell->text && *cell->text ? cell->text : "-";
	case OUT_IS_NUMBER:
		return arena_printf(arena, "%lld", (long long)cell->number);
	case OUT_IS_FLAG:
		return cell->number ? "yes" : "no";
	}
	INVARIANT(false);
}

void out_record(struct ctl *ctl, const struct out_cell *cells, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (ctl->json)
			add_member(ctl, ctl->result, &cells[i]);
		else
			out_say(ctl, "%-16s %s", cells[i].name,
				cell_text(ctl->context.arena, &cells[i]));
	}
}

void out_list(struct ctl *ctl, const char *name)
{
	ctl->headed = false;
	ctl->list = json_add_array(ctl->context.arena, ctl->result, name);
}

static void say_cells(struct ctl *ctl, const struct out_cell *cells, size_t n, bool names)
{
	char line[LINE_MAX_BYTES];
	struct buf buf;

	buf_init(&buf, line, sizeof line);
	for (size_t i = 0; i < n; i++) {
		const char *text =
			names ? cells[i].name : cell_text(ctl->context.arena, &cells[i]);

		buf_printf(&buf, "%s%-*s", i ? "  " : "", i + 1 < n ? cells[i].width : 0,
			   text);
	}
	out_say(ctl, "%s", line);
}

void out_row(struct ctl *ctl, const struct out_cell *cells, size_t n)
{
	if (ctl->json) {
		struct json *row = json_push_object(ctl->context.arena, ctl->list);

		for (size_t i = 0; i < n; i++)
			add_member(ctl, row, &cells[i]);
		return;
	}
	if (!ctl->headed)
		say_cells(ctl, cells, n, true);
	ctl->headed = true;
	say_cells(ctl, cells, n, false);
}

bool out_end(struct ctl *ctl)
{
	struct arena *arena = ctl->context.arena;

	if (ctl->json)
		printf("%s\n", out_escape(arena, json_print(arena, ctl->result)));
	return !fflush(stdout) && !ferror(stdout);
}
