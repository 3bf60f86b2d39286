/* The text of a letter with {placeholders}. */
#ifndef APP_TEMPLATE_H
#define APP_TEMPLATE_H

#include "lib/text.h"

enum value {
	VALUE_SERVICE,
	VALUE_URL,
	VALUE_USERNAME,
	VALUE_IP,
	VALUE_USER_AGENT,
	VALUE_TIME,
	VALUE_PROVIDER,
	VALUE_CODE,
	VALUE_MINUTES,
	VALUE_COUNT
};

enum {
	TEMPLATE_MAX = 8192, /* bytes of a file */
	TEMPLATE_VALUE_MAX = 254, /* bytes of any value */
	TEMPLATE_VALUES_MAX = 32, /* placeholders in a file */
	TEMPLATE_FILLED_SIZE =
		TEMPLATE_MAX + TEMPLATE_VALUES_MAX * TEMPLATE_VALUE_MAX + 1,
};

/* Reads and checks a file: valid UTF-8, no control bytes but line feeds, no placeholder
 * but those of enum value; {code} and {minutes} only if `with_code`, and then {code} on a
 * line of its own. NULL: `*why` says why not. */
const char *template_load(struct arena *arena, const char *path, bool with_code,
			  const char **why) MUST_USE;

/* A value as a letter may show it: what is no UTF-8, or would move, hide or turn around
 * other text, becomes '?', and what is too long for `value` is cut. */
const char *template_tame(struct arena *arena, enum value value,
			  const char *text) MUST_USE;

/* `values` has all that `text` asks for, tamed. Aborts on a placeholder that is not
 * known. */
void template_fill(struct buf *buf, const char *text,
		   const char *const values[VALUE_COUNT]);

#endif
