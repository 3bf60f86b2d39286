#include "lib/pg.h"

#include "lib/text.h"

const char *pg_cell(const struct pg_rows *rows, size_t row, size_t column)
{
	INVARIANT(row < rows->n && column < rows->columns);
	return rows->cells[row * rows->columns + column];
}

int64_t pg_int(const struct pg_rows *rows, size_t row, size_t column)
{
	const char *cell = pg_cell(rows, row, column);
	int64_t n = 0;

	/* A statement of ours that asks for a number gets one */
	INVARIANT(!cell || text_number(cell, INT64_MIN, INT64_MAX, &n));
	return n;
}

bool pg_bool(const struct pg_rows *rows, size_t row, size_t column)
{
	const char *cell = pg_cell(rows, row, column);

	return cell && !strcmp(cell, "t");
}

/* One element of an array in text form (PostgreSQL manual, 8.15.6), copied to `*to` with
 * a NUL. Returns where it ended: at ',' or '}'. */
static const char *read_word(const char *at, char **to)
{
	bool quoted = *at == '"';

	at += quoted;
	while (*at && (quoted ? *at != '"' : *at != ',' && *at != '}')) {
		if (*at == '\\' && at[1])
			at++;
		*(*to)++ = *at++;
	}
	*(*to)++ = '\0';
	return at + (quoted && *at == '"');
}

static size_t count_commas(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == ',';
	return n;
}

size_t pg_words(struct arena *arena, const struct pg_rows *rows, size_t row,
		size_t column, const char *const **out)
{
	const char *at = pg_cell(rows, row, column), **words;
	size_t n = 0;
	char *to;

	*out = NULL;
	if (!at || !strcmp(at, "{}"))
		return 0;
	INVARIANT(*at == '{');
	words = arena_alloc(arena, (count_commas(at) + 1) * sizeof *words);
	to = arena_alloc(arena, strlen(at) + 1);
	do {
		words[n++] = to;
		at = read_word(at + 1, &to);
	} while (*at == ',');
	*out = words;
	return n;
}

/* Always in quotes: the word null without them would be a NULL. */
static void put_word(struct buf *buf, const char *word)
{
	buf_puts(buf, "\"");
	for (; *word; word++) {
		if (*word == '"' || *word == '\\')
			buf_puts(buf, "\\");
		buf_put(buf, word, 1);
	}
	buf_puts(buf, "\"");
}

char *pg_from_words(struct arena *arena, const char *const *words, size_t n)
{
	size_t size = sizeof "{}";
	struct buf buf;

	for (size_t i = 0; i < n; i++)
		size += 2 * strlen(words[i]) + sizeof ",\"\"" - 1;
	buf_init(&buf, arena_alloc(arena, size), size);
	buf_puts(&buf, "{");
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_puts(&buf, ",");
		put_word(&buf, words[i]);
	}
	buf_puts(&buf, "}");
	INVARIANT(!buf.cut);
	return buf.at;
}
