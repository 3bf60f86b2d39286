/* How rows of accounts become structs: shared by the stores that return a user. */
#ifndef APP_STORE_ROW_H
#define APP_STORE_ROW_H

#include "app/page.h"
#include "app/store/sessions.h"

/* Milliseconds since 1970 of a timestamptz column */
#define MS(column) "(extract(epoch FROM " column ") * 1000)::bigint"

/* The times of a session under the alias s; with its id and generation before them, what
 * row_session() reads */
#define SESSION_TIMES MS("s.created_at") ", " MS("s.expires_at") ", " MS("s.last_used_at")
enum { SESSION_COLUMN_COUNT = 5 };

/* The columns of a user under the alias u, in the order that row_user() reads */
#define USER_COLUMNS                                                                     \
	"u.id, u.email, u.username, u.email_verified, u.active, " MS(                    \
		"u.created_at") ", u.roles, u.epoch, u.rev, u.has_password"
enum { USER_COLUMN_COUNT = 10 };
/* What a changed user gives to the rest of its statement; not all, for the fast workers'
 * role may not read all. */
#define RETURNING_USER                                                                     \
	"RETURNING id, email, username, email_verified, active, created_at, roles, epoch," \
	" rev, has_password"

void row_session(const struct pg_rows *rows, size_t first_column, struct session *out);
void row_user(struct context *c, const struct pg_rows *rows, size_t first_column,
	      struct user *out);
/* A user's columns, then its hash and whether the client's prefix is known to it. */
void row_secret(struct context *c, const struct pg_rows *rows, struct user_secret *out);
/* Runs a statement that gives one user's columns. */
enum rc row_one_user(struct context *c, const struct pg_stmt *stmt, struct user *out,
		     size_t n_values, const char *const *values) MUST_USE;
/* Runs a list of a user's: $1 is its id, $2 and $3 size and offset, the first column the
 * total; a page beyond the end is one row with nothing else in it. */
enum rc row_page(struct context *c, const struct pg_stmt *stmt, const char *user_id,
		 const struct page *page, struct pg_rows *rows,
		 struct page_found *found) MUST_USE;

#endif
