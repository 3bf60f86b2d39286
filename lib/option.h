/* The one user of inih: an INI file, read row by row. */
#ifndef LIB_OPTION_H
#define LIB_OPTION_H

#include "lib/arena.h"

/* A `[section]` (key and value NULL), and then each `key = value` of it. Return NULL to
 * go on, or the reason to stop, which is reported with file and line. */
typedef const char *option_row(void *to, const char *section, const char *key,
			       const char *value);

/* Lines are `[section]`, `key = value` (all behind the sign but white space at its ends
 * is the value), or empty, or start with '#' or ';'. Stops at the first that is not, that
 * is longer than 4095 bytes, stands outside of a section, or was there before. NULL: all
 * of it was read. Else "FILE:LINE: reason", in the arena. */
const char *option_read(struct arena *arena, const char *path, option_row *row,
			void *to) MUST_USE;

#endif
