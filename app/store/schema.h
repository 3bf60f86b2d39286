/* Which migrations the database has had, and one more. */
#ifndef APP_STORE_SCHEMA_H
#define APP_STORE_SCHEMA_H

#include "app/context.h"

struct schema_row {
	int64_t id;
	const char *name, *sha256; /* 64 hex digits of the file as it was applied */
};

/* One session at a time migrates: held until the connection ends. `*busy` (may be NULL):
 * asked without waiting, and another session holds it. NULL: done; else why not. */
const char *schema_lock(struct context *c, bool *busy) MUST_USE;
/* Makes the history table where there is none. NULL: done; else why not. */
const char *schema_begin(struct context *c) MUST_USE;
/* In order of ids. RC_NONE: nothing was ever applied. */
enum rc schema_history(struct context *c, struct schema_row **rows, size_t *n) MUST_USE;
/* Runs `sql` and writes `row` down, in one transaction. It must be the next id. NULL:
 * done; else the server's message, and nothing of it stays. */
const char *schema_apply(struct context *c, const struct schema_row *row,
			 const char *sql) MUST_USE;

#endif
