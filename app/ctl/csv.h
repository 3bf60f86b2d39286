/* One record of CSV (RFC 4180), taken apart. */
#ifndef APP_CTL_CSV_H
#define APP_CTL_CSV_H

#include "lib/arena.h"

/* The fields of a record without its line end; they lie in `record`, which is changed.
 * NULL: done; else why not. */
const char *csv_split(char *record, const char **fields, size_t max, size_t *n) MUST_USE;
/* Words with spaces, commas or semicolons between them; false: more than `max`. */
bool csv_words(struct arena *arena, const char *text, size_t max, const char *const **out,
	       size_t *n) MUST_USE;

#endif
