/* A record of an import, as an account. */
#ifndef APP_CTL_IMPORT_ROW_H
#define APP_CTL_IMPORT_ROW_H

#include "app/conf.h"
#include "app/ctl/table.h"
#include "app/store/admin_import.h"

enum import_column {
	IMPORT_ID,
	IMPORT_EMAIL,
	IMPORT_EMAIL_VERIFIED,
	IMPORT_USERNAME,
	IMPORT_ACTIVE,
	IMPORT_CREATED_AT,
	IMPORT_ROLES,
	IMPORT_PASSWORD_HASH,
	IMPORT_COLUMNS
};

extern const struct table_column import_columns[IMPORT_COLUMNS];

/* All of it in `arena`; `now_ms` is real. NULL: done; else what is wrong with it, which
 * never quotes a hash. */
const char *import_row_read(struct arena *arena, const struct conf *conf, int64_t now_ms,
			    const struct table_value values[IMPORT_COLUMNS],
			    struct admin_import_row *out) MUST_USE;

#endif
