/* What a client may read about a failure: the rows of error.def. */
#ifndef APP_ERROR_H
#define APP_ERROR_H

#include "lib/base.h"

enum err {
	ERR_NONE,
#define ERROR(name, status, code, title) ERR_##name,
#include "app/error.def"
#undef ERROR
	ERR_COUNT
};

struct error_row {
	int status;
	const char *code, *title;
};

const struct error_row *error_row(enum err err) MUST_USE; /* not of ERR_NONE */

#endif
