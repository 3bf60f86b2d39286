/* How rows of accounts and roles become structs: shared by the stores that return them.
 */
#ifndef APP_STORE_ROW_H
#define APP_STORE_ROW_H

#include "app/store/roles.h"
#include "app/store/sessions.h"

/* Milliseconds since 1970 of a timestamptz column. A double holds them; extract() would
 * give a numeric, which costs more than to find the row. */
#define MS(column) "(date_part('epoch', " column ") * 1000)::bigint"

/* The rest of a session under the alias s: with its id and generation before it, what
 * row_session() reads */
#define SESSION_REST                                                                     \
	MS("s.created_at")                                                               \
	", " MS("s.expires_at") ", " MS("s.last_used_at") ", s.method"
enum { SESSION_COLUMN_COUNT = 6 };

/* The columns of a user under the alias u, in the order that row_user() reads */
#define USER_COLUMNS                                                                     \
	"u.id, u.email, u.username, u.email_verified, u.active, " MS(                    \
		"u.created_at") ", u.roles, u.epoch, u.rev, u.has_password"
enum { USER_COLUMN_COUNT = 10 };
/* What a changed or locked user gives to the rest of its statement; not all, for the fast
 * workers' role may not read all. */
#define USER_GIVEN                                                                       \
	"id, email, username, email_verified, active, created_at, roles, epoch, rev,"    \
	" has_password"
#define RETURNING_USER "RETURNING " USER_GIVEN

/* The columns of a role under the alias r, in the order that row_role() reads */
#define ROLE_COLUMNS                                                                     \
	"r.id, r.name, r.description, " MS("r.created_at") ", " MS("r.updated_at")
enum { ROLE_COLUMN_COUNT = 5 };
/* What a changed or locked role gives to the rest of its statement */
#define ROLE_GIVEN "id, name, description, created_at, updated_at"

/* The roles of an account u that is being made, as parts of its statement: those whose
 * keys are in `keys`, locked, so that one that is renamed meanwhile is renamed here too;
 * their names; and that it has them. */
#define ROLES_OF_NEW(keys)                                                               \
	"r AS (SELECT id, name FROM roles WHERE name_key = ANY (" keys                   \
	"::text[]) FOR SHARE)"
#define ROLE_NAMES_OF_NEW "coalesce((SELECT array_agg(name ORDER BY name) FROM r), '{}')"
#define ROLES_GIVEN_TO_NEW                                                               \
	"g AS (INSERT INTO user_roles (user_id, role_id) SELECT u.id, r.id FROM u, r)"

/* Who makes a change, from where: its audit entry's actor, ip and request_id */
#define ROW_BY(c) (c)->actor, (c)->client.address, (c)->request_id

/* A list for row_page(); both go on behind SELECT. */
#define ROW_PAGE(total, rows)                                                            \
	"WITH t (total) AS (SELECT " total ")"                                           \
	" SELECT t.total, l.* FROM t LEFT JOIN LATERAL (SELECT " rows                    \
	" LIMIT $1::int OFFSET $2::bigint) AS l ON true"

void row_role(const struct pg_rows *rows, size_t row, size_t first_column,
	      struct role *out);
void row_session(const struct pg_rows *rows, size_t first_column, struct session *out);
void row_user(struct context *c, const struct pg_rows *rows, size_t row,
	      size_t first_column, struct user *out);
/* A user's columns, then its hash and whether the client's prefix is known to it. */
void row_secret(struct context *c, const struct pg_rows *rows, struct user_secret *out);
/* The keys of accounts.default_roles, for ROLES_OF_NEW() */
const char *row_default_roles(struct context *c) MUST_USE;
/* Runs a statement that gives one user's columns. */
enum rc row_one_user(struct context *c, const struct pg_stmt *stmt, struct user *out,
		     size_t n_values, const char *const *values) MUST_USE;
/* Runs a ROW_PAGE() whose $3 is `of` (NULL: it has none); the first column is the total,
 * a page beyond the end one row with nothing else in it. */
enum rc row_page(struct context *c, const struct pg_stmt *stmt, const char *of,
		 const struct page *page, struct pg_rows *rows,
		 struct page_found *found) MUST_USE;

#endif
