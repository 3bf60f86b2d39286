/* How rows of accounts become structs: shared by the stores that return a user. */
#ifndef APP_STORE_ROW_H
#define APP_STORE_ROW_H

#include "app/store/users.h"

/* Milliseconds since 1970 of a timestamptz column */
#define MS(column) "(extract(epoch FROM " column ") * 1000)::bigint"

/* The columns of a user under the alias u, in the order that row_user() reads */
#define USER_COLUMNS                                                                     \
	"u.id, u.email, u.username, u.email_verified, u.active, " MS(                    \
		"u.created_at") ", u.roles, u.epoch, u.rev"
enum { USER_COLUMN_COUNT = 9 };

void row_user(struct context *c, const struct pg_rows *rows, size_t first_column,
	      struct user *out);

#endif
