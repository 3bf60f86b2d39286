#include "app/error.h"

static const struct error_row rows[ERR_COUNT] = {
#define ERROR(name, status, code, title) [ERR_##name] = {status, code, title},
#include "app/error.def"
#undef ERROR
};

const struct error_row *error_row(enum err err)
{
	INVARIANT(err > ERR_NONE && err < ERR_COUNT);
	return &rows[err];
}
