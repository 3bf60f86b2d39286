/* The migrations as files: NNNN_name.sql, from 0001, without a gap. */
#ifndef APP_CTL_MIGRATION_H
#define APP_CTL_MIGRATION_H

#include "app/store/schema.h"

struct migration {
	struct schema_row row;
	const char *file; /* NNNN_name.sql */
	const char *sql;
};

/* --schema-dir, else LATCHKEY_SCHEMA_DIR, else where they are installed */
const char *migration_dir(const char *option) MUST_USE;
/* Reads all of them, in order. NULL: done; else why not, in the arena. */
const char *migration_read(struct arena *arena, const char *dir, struct migration **out,
			   size_t *n) MUST_USE;
/* Were the `done` first ones applied just as they are? NULL: yes; else which was not. */
const char *migration_compare(struct arena *arena, const struct migration *all, size_t n,
			      const struct schema_row *done, size_t n_done) MUST_USE;

#endif
