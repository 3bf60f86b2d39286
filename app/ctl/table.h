/* A file of records, read one by one in bounded memory: JSON lines, or CSV (RFC 4180)
 * whose first record names the columns. */
#ifndef APP_CTL_TABLE_H
#define APP_CTL_TABLE_H

#include "lib/arena.h"

enum {
	TABLE_RECORD_MAX = 16 * 1024, /* bytes; a longer one is passed over */
	TABLE_COLUMNS_MAX = 32,
	TABLE_LIST_MAX = 256, /* words in a value */
};

enum table_kind { TABLE_TEXT, TABLE_FLAG, TABLE_LIST };

/* What may be in a record. */
struct table_column {
	const char *name;
	enum table_kind kind;
};

/* Empty and null values are not there: NULL. In CSV a list is of words with spaces,
 * commas or semicolons between them. */
struct table_value {
	const char *text; /* of a flag: "true" or "false" */
	const char *const *words;
	size_t n_words;
};

struct table;

/* `path` "-": standard input. `columns` are at most TABLE_COLUMNS_MAX. NULL: `*why` says
 * why, in the arena or a constant. */
struct table *table_open(struct arena *arena, const char *path,
			 const struct table_column *columns, size_t n,
			 const char **why) MUST_USE;
void table_close(struct table **table); /* fits CLEANUP() */

enum table_read { TABLE_RECORD, TABLE_BAD_RECORD, TABLE_END, TABLE_BROKEN };

/* The next record into `values`, as many as there are columns; all of it in `arena`,
 * which needs 2 MiB. A bad record: `*why` says why, and reading goes on behind it.
 * Broken: the file cannot be read any further. */
enum table_read table_next(struct table *table, struct arena *arena,
			   struct table_value *values, int64_t *line,
			   const char **why) MUST_USE;
int64_t table_size(const struct table *table) MUST_USE; /* bytes; 0: unknown */
int64_t table_bytes(const struct table *table) MUST_USE; /* read by now */

#endif
