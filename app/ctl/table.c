#include "app/ctl/table.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/ctl/csv.h"
#include "lib/json.h"
#include "lib/text.h"

enum { BLOCK = 64 * 1024, NO_COLUMN = -1 };

static const char TOO_LONG[] = "is longer than 16384 bytes";

struct table {
	int fd;
	bool is_csv, failed;
	const struct table_column *columns;
	size_t n_columns;
	size_t n_header;
	size_t header[TABLE_COLUMNS_MAX]; /* of a CSV's field, the column */
	int64_t size, taken, line; /* bytes, bytes, the next one's number */
	size_t at, have;
	char block[BLOCK];
	char record[TABLE_RECORD_MAX + 1];
	size_t len;
};

/* ---- bytes ---- */

static bool fill(struct table *table)
{
	ssize_t got;

	if (table->at < table->have)
		return true;
	do
		got = read(table->fd, table->block, BLOCK);
	while (got < 0 && errno == EINTR);
	table->failed = got < 0;
	table->at = 0;
	table->have = got > 0 ? (size_t)got : 0;
	table->taken += (int64_t)table->have;
	return got > 0;
}

/* -1: the end, or broken */
static int next_byte(struct table *table)
{
	return fill(table) ? (unsigned char)table->block[table->at++] : -1;
}

static void pass_over(struct table *table, const char *bytes)
{
	size_t n = strlen(bytes);

	if (fill(table) && table->have - table->at >= n &&
	    !memcmp(table->block + table->at, bytes, n))
		table->at += n;
}

/* ---- records ---- */

static bool take_record(struct table *table, bool *too_long)
{
	bool quoted = false, any = false;
	int c;

	table->len = 0;
	*too_long = false;
	while ((c = next_byte(table)) >= 0) {
		any = true;
		table->line += c == '\n';
		quoted ^= table->is_csv && c == '"';
		if (c == '\n' && !quoted)
			break;
		if (table->len == TABLE_RECORD_MAX)
			*too_long = true;
		else
			table->record[table->len++] = (char)c;
	}
	if (table->len && table->record[table->len - 1] == '\r')
		table->len--;
	table->record[table->len] = '\0';
	return any && !table->failed;
}

static bool is_blank(const struct table *table)
{
	return strspn(table->record, " \t\r") == table->len;
}

/* NULL: it is text. */
static const char *text_problem(const struct table *table)
{
	if (memchr(table->record, '\0', table->len))
		return "has a NUL";
	if (!text_is_utf8(table->record, table->len))
		return "is not UTF-8";
	return NULL;
}

static int find_column(const struct table *table, const char *name)
{
	for (size_t i = 0; i < table->n_columns; i++)
		if (!strcmp(table->columns[i].name, name))
			return (int)i;
	return NO_COLUMN;
}

/* ---- JSON ---- */

static const char *read_list(struct arena *arena, const struct json *list,
			     const char *name, struct table_value *out)
{
	size_t n = json_count(list);
	const char **words;

	if (n > TABLE_LIST_MAX)
		return arena_printf(arena, "%s: too many", name);
	words = arena_alloc(arena, (n + 1) * sizeof *words);
	for (size_t i = 0; i < n; i++) {
		words[i] = json_as_text(json_item(list, i));
		if (!words[i])
			return arena_printf(arena, "%s: not a list of strings", name);
	}
	out->words = words;
	out->n_words = n;
	return NULL;
}

static const char *read_member(struct arena *arena, const struct json *record,
			       const struct table_column *column, struct table_value *out)
{
	static const enum json_type types[] = {[TABLE_TEXT] = JSON_TEXT,
					       [TABLE_FLAG] = JSON_BOOL,
					       [TABLE_LIST] = JSON_ARRAY};
	static const char *const words[] = {[TABLE_TEXT] = "a string",
					    [TABLE_FLAG] = "true or false",
					    [TABLE_LIST] = "a list of strings"};
	const char *name = column->name;
	enum json_type type = json_type(record, name);
	bool flag = false;

	if (type == JSON_ABSENT || type == JSON_NULL)
		return NULL;
	if (type != types[column->kind])
		return arena_printf(arena, "%s: must be %s", name, words[column->kind]);
	if (column->kind == TABLE_LIST)
		return read_list(arena, json_member(record, name), name, out);
	if (column->kind == TABLE_FLAG)
		out->text = json_bool(record, name, &flag) && flag ? "true" : "false";
	else if (*json_text(record, name))
		out->text = json_text(record, name);
	return NULL;
}

static const char *unknown_name(const struct table *table, struct arena *arena,
				const char *name)
{
	return find_column(table, name) == NO_COLUMN
		       ? arena_printf(arena, "%.80s: there is no such field", name)
		       : NULL;
}

static const char *read_json(struct table *table, struct arena *arena,
			     struct table_value *values)
{
	const struct json *record = json_parse(arena, table->record, table->len);
	const char *why = NULL;

	if (!record)
		return "is no JSON object, or has a name twice";
	for (size_t i = 0; !why && i < json_count(record); i++)
		why = unknown_name(table, arena, json_name(record, i));
	for (size_t i = 0; !why && i < table->n_columns; i++)
		why = read_member(arena, record, &table->columns[i], &values[i]);
	return why;
}

/* ---- CSV ---- */

static const char *read_flag(struct arena *arena, const char *name, const char *text,
			     struct table_value *out)
{
	static const char *const words[][2] = {
		{"false", "true"}, {"no", "yes"}, {"f", "t"}, {"0", "1"}};

	for (size_t i = 0; i < COUNT(words); i++)
		for (size_t is = 0; is < 2; is++)
			if (!strcasecmp(text, words[i][is])) {
				out->text = words[0][is];
				return NULL;
			}
	return arena_printf(arena, "%s: must be true or false", name);
}

static const char *read_field(struct arena *arena, const struct table_column *column,
			      const char *text, struct table_value *out)
{
	if (!*text)
		return NULL;
	switch (column->kind) {
	case TABLE_TEXT:
		out->text = text;
		return NULL;
	case TABLE_FLAG:
		return read_flag(arena, column->name, text, out);
	case TABLE_LIST:
		if (csv_words(arena, text, TABLE_LIST_MAX, &out->words, &out->n_words))
			return NULL;
		return arena_printf(arena, "%s: too many", column->name);
	}
	INVARIANT(false);
}

static const char *read_csv(struct table *table, struct arena *arena,
			    struct table_value *values)
{
	char *record = arena_dupn(arena, table->record, table->len);
	const char *fields[TABLE_COLUMNS_MAX], *why;
	size_t n;

	why = csv_split(record, fields, TABLE_COLUMNS_MAX, &n);
	if (!why && n != table->n_header)
		why = arena_printf(arena, "has %zu fields where the first line has %zu",
				   n, table->n_header);
	for (size_t i = 0; !why && i < n; i++)
		why = read_field(arena, &table->columns[table->header[i]], fields[i],
				 &values[table->header[i]]);
	return why;
}

static const char *take_name(struct table *table, struct arena *arena, const char *typed,
			     size_t i)
{
	const char *name = text_lower(arena, text_trim(arena, typed));
	int column = find_column(table, name);

	if (column == NO_COLUMN)
		return arena_printf(arena, "line 1: %.80s: there is no such field", name);
	for (size_t k = 0; k < i; k++)
		if (table->header[k] == (size_t)column)
			return arena_printf(arena, "line 1: %s: is there twice", name);
	table->header[i] = (size_t)column;
	return NULL;
}

static const char *read_header(struct table *table, struct arena *arena)
{
	const char *fields[TABLE_COLUMNS_MAX], *why;
	bool too_long;

	if (!take_record(table, &too_long))
		return table->failed ? strerror(errno) : "has no first line";
	why = too_long ? TOO_LONG : text_problem(table);
	if (!why)
		why = csv_split(arena_dupn(arena, table->record, table->len), fields,
				TABLE_COLUMNS_MAX, &table->n_header);
	if (why)
		return arena_printf(arena, "line 1: %s", why);
	for (size_t i = 0; !why && i < table->n_header; i++)
		why = take_name(table, arena, fields[i], i);
	return why;
}

/* ---- the file ---- */

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), n_end = strlen(end);

	return n >= n_end && !strcasecmp(text + n - n_end, end);
}

/* By its name; else an object begins with a brace, and no column does. */
static bool looks_like_csv(struct table *table, const char *path)
{
	static const char *const json[] = {".json", ".jsonl", ".ndjson"};
	size_t at;

	if (ends_with(path, ".csv"))
		return true;
	for (size_t i = 0; i < COUNT(json); i++)
		if (ends_with(path, json[i]))
			return false;
	if (!fill(table))
		return false;
	at = table->at;
	while (at < table->have && strchr(" \t\r\n", table->block[at]))
		at++;
	return at < table->have && table->block[at] != '{';
}

static int64_t size_of(int fd)
{
	struct stat file;

	return fstat(fd, &file) == 0 && S_ISREG(file.st_mode) ? file.st_size : 0;
}

/* NULL: it is open, and at its first record. */
static const char *start(struct table *table, struct arena *arena, const char *path)
{
	table->size = size_of(table->fd);
	table->line = 1;
	pass_over(table, "\xef\xbb\xbf"); /* a byte order mark */
	if (table->failed)
		return strerror(errno);
	table->is_csv = looks_like_csv(table, path);
	return table->is_csv ? read_header(table, arena) : NULL;
}

struct table *table_open(struct arena *arena, const char *path,
			 const struct table_column *columns, size_t n, const char **why)
{
	struct table *table = arena_alloc(arena, sizeof *table);

	INVARIANT(n <= TABLE_COLUMNS_MAX);
	table->columns = columns;
	table->n_columns = n;
	table->fd =
		strcmp(path, "-") != 0 ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	*why = table->fd < 0 ? strerror(errno) : start(table, arena, path);
	if (!*why)
		return table;
	table_close(&table);
	return NULL;
}

void table_close(struct table **table)
{
	if (*table && (*table)->fd > STDIN_FILENO)
		(void)close((*table)->fd);
	*table = NULL;
}

static const char *judge(struct table *table, struct arena *arena,
			 struct table_value *values)
{
	const char *why = text_problem(table);

	memset(values, 0, table->n_columns * sizeof *values);
	if (!why)
		why = table->is_csv ? read_csv(table, arena, values)
				    : read_json(table, arena, values);
	return why;
}

enum table_read table_next(struct table *table, struct arena *arena,
			   struct table_value *values, int64_t *line, const char **why)
{
	bool too_long;

	do {
		*line = table->line;
		if (!take_record(table, &too_long)) {
			*why = table->failed ? strerror(errno) : NULL;
			return table->failed ? TABLE_BROKEN : TABLE_END;
		}
	} while (!too_long && is_blank(table));
	*why = too_long ? TOO_LONG : judge(table, arena, values);
	return *why ? TABLE_BAD_RECORD : TABLE_RECORD;
}

int64_t table_size(const struct table *table)
{
	return table->size;
}

int64_t table_bytes(const struct table *table)
{
	return table->taken;
}
