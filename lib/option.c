#include "lib/option.h"

#include <errno.h>
#include <ini.h>
#include <search.h>
#include <sys/stat.h>

#include "lib/text.h"

enum {
	LINE_MAX_BYTES = 4096,
	FILE_MAX_BYTES = 1024 * 1024,
	NAME_MAX_BYTES = 48, /* inih cuts longer section names, silently */
};

/* inih takes sections apart from rows; what it would let pass is refused line by line as
 * it asks for them: lines too long, rows outside of a section, `key: value`, text behind
 * a section, rows given twice. */
struct reading {
	FILE *file;
	option_row *row;
	void *to;
	char section[NAME_MAX_BYTES + 1];
	size_t line;
	void *seen; /* tsearch(3) tree of "section\nkey" */
	const char *why; /* the first reason to stop */
};

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* False: it was there before */
static bool remember(struct reading *reading, const char *key)
{
	char *name = NULL, *const * found;

	INVARIANT(asprintf(&name, "%s\n%s", reading->section, key) > 0);
	found = tsearch(name, &reading->seen, compare);
	INVARIANT(found);
	if (*found == name)
		return true;
	free(name);
	return false;
}

static const char *take_section(struct reading *reading, const char *line)
{
	size_t n = strcspn(line, "]");

	if (!line[n] || line[n + 1])
		return "a section is `[name]` and nothing else";
	if (n == 1 || n - 1 > NAME_MAX_BYTES)
		return "a section's name has 1 to 48 bytes";
	memcpy(reading->section, line + 1, n - 1);
	reading->section[n - 1] = '\0';
	if (!remember(reading, ""))
		return "this section was there before";
	return reading->row(reading->to, reading->section, NULL, NULL);
}

/* Other than the tab, which often stands in front of a value */
static bool has_control(const char *line)
{
	for (; *line; line++)
		if (((unsigned char)*line < 0x20 && *line != '\t') || *line == 0x7f)
			return true;
	return false;
}

static const char *judge(struct reading *reading, char *line, size_t n)
{
	if (memchr(line, '\0', n) || !text_is_utf8(line, n))
		return "not UTF-8 text";
	while (n && strchr(" \t\r\n", line[n - 1]))
		line[--n] = '\0';
	line += strspn(line, " \t");
	if (!*line || *line == '#' || *line == ';')
		return NULL;
	if (has_control(line))
		return "a control character";
	if (*line == '[')
		return take_section(reading, line);
	if (!*reading->section)
		return "outside of a section";
	if (line[strcspn(line, "=:")] != '=' || *line == '=')
		return "neither `[section]` nor `key = value`";
	return NULL;
}

/* fgets(3) for inih: the next line, or the end because of `why` */
static char *next_line(char *out, int size, void *to)
{
	struct reading *reading = to;
	char copy[LINE_MAX_BYTES + 1];
	size_t n = 0;
	int c = EOF;

	INVARIANT(size > LINE_MAX_BYTES);
	if (reading->why)
		return NULL;
	while (n < LINE_MAX_BYTES && (c = getc(reading->file)) != EOF) {
		out[n++] = (char)c;
		if (c == '\n')
			break;
	}
	if (n == 0)
		return NULL;
	out[n] = '\0';
	reading->line++;
	memcpy(copy, out, n + 1);
	reading->why = n == LINE_MAX_BYTES && c != '\n' ? "longer than 4095 bytes"
							: judge(reading, copy, n);
	return reading->why ? NULL : out;
}

static int take_row(void *to, const char *section, const char *key, const char *value)
{
	struct reading *reading = to;

	if (reading->why)
		return 0;
	reading->why = remember(reading, key)
			       ? reading->row(reading->to, section, key, value)
			       : "this key was there before";
	return reading->why == NULL;
}

static void parse(struct reading *reading)
{
	int rc;

	ini_allow_multiline = false; /* an indented line is a line */
	ini_allow_inline_comments = false; /* a password may have a ';' */
	ini_allow_bom = false;
	ini_allow_no_value = false;
	ini_stop_on_first_error = true;
	ini_use_stack = true;
	ini_max_line = LINE_MAX_BYTES + 3;
	rc = ini_parse_stream(next_line, reading, take_row, reading);
	if (rc && !reading->why)
		reading->why = "not understood";
	if (ferror(reading->file))
		reading->why = "cannot be read";
	tdestroy(reading->seen, free);
}

static const char *refuse_file(FILE *file)
{
	struct stat st;

	if (!file || fstat(fileno(file), &st) != 0)
		return strerrordesc_np(errno);
	if (!S_ISREG(st.st_mode))
		return "not a regular file";
	return st.st_size > FILE_MAX_BYTES ? "longer than a mebibyte" : NULL;
}

static void close_file(FILE **file)
{
	if (*file)
		(void)fclose(*file);
}

const char *option_read(struct arena *arena, const char *path, option_row *row, void *to)
{
	CLEANUP(close_file) FILE *file = fopen(path, "re");
	struct reading reading = {.file = file, .row = row, .to = to};
	const char *refused = refuse_file(file);

	if (refused)
		return arena_printf(arena, "%s: %s", path, refused);
	parse(&reading);
	if (!reading.why)
		return NULL;
	return arena_printf(arena, "%s:%zu: %s", path, reading.line, reading.why);
}
