#include "app/store/roles.h"

#include "app/role_name.h"
#include "app/store/row.h"
#include "lib/text.h"

static const struct pg_stmt LIST = {"roles_list",
				    ROW_PAGE("count(*) FROM roles", ROLE_COLUMNS
					     " FROM roles r ORDER BY r.name_key")};

static const struct pg_stmt FIND = {"roles_find", "SELECT " ROLE_COLUMNS
						  " FROM roles r WHERE r.id = $1"};

static const struct pg_stmt BY_NAME = {
	"roles_by_name", "SELECT " ROLE_COLUMNS " FROM roles r WHERE r.name_key = $1"};

static const struct pg_stmt USERS = {
	"roles_users", "SELECT count(*) FROM user_roles WHERE role_id = $1"};

static const struct pg_stmt MISSING = {
	"roles_missing",
	"SELECT array_agg(name ORDER BY name) FROM unnest($1::text[], $2::text[])"
	" AS w (name, name_key)"
	" WHERE NOT EXISTS (SELECT FROM roles r WHERE r.name_key = w.name_key)"
	" HAVING count(*) > 0"};

static const struct pg_stmt INSERT = {
	"roles_insert",
	"WITH r AS (INSERT INTO roles (name, name_key, description) VALUES ($1, $2, $3)"
	" RETURNING " ROLE_GIVEN "),"
	" a AS (INSERT INTO audit (event, actor, ip, request_id, detail)"
	" SELECT 'role_created', $4, $5::inet, $6, name FROM r)"
	" SELECT " ROLE_COLUMNS " FROM r"};

static const struct pg_stmt OF_USER = {
	"roles_of_user",
	ROW_PAGE("(SELECT count(*) FROM user_roles g WHERE g.user_id = u.id)"
		 " FROM users u WHERE u.id = $3",
		 ROLE_COLUMNS " FROM user_roles g JOIN roles r ON r.id = g.role_id"
			      " WHERE g.user_id = $3 ORDER BY r.name_key")};

static enum rc list(struct context *c, const struct pg_stmt *stmt, const char *of,
		    const struct page *page, struct role **out, struct page_found *found)
{
	struct pg_rows rows;
	enum rc rc = row_page(c, stmt, of, page, &rows, found);

	if (rc != RC_OK)
		return rc;
	*out = arena_alloc(c->arena, found->n * sizeof **out);
	for (size_t i = 0; i < found->n; i++)
		row_role(&rows, i, 1, &(*out)[i]);
	return RC_OK;
}

enum rc roles_list(struct context *c, const struct page *page, struct role **out,
		   struct page_found *found)
{
	return list(c, &LIST, NULL, page, out, found);
}

enum rc roles_of_user(struct context *c, const char *user_id, const struct page *page,
		      struct role **out, struct page_found *found)
{
	return list(c, &OF_USER, user_id, page, out, found);
}

static enum rc one(struct context *c, const struct pg_stmt *stmt, struct role *out,
		   size_t n_values, const char *const *values)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, stmt, c->arena, &rows, n_values, values);

	if (rc == RC_OK)
		row_role(&rows, 0, 0, out);
	return rc;
}

enum rc roles_find(struct context *c, const char *id, struct role *out)
{
	return one(c, &FIND, out, PG_VALUES(id));
}

enum rc roles_by_name(struct context *c, const char *name, struct role *out)
{
	return one(c, &BY_NAME, out, PG_VALUES(role_name_key(c->arena, name)));
}

enum rc roles_insert(struct context *c, const char *name, const char *description,
		     struct role *out)
{
	return one(
		c, &INSERT, out,
		PG_VALUES(name, role_name_key(c->arena, name), description, ROW_BY(c)));
}

enum rc roles_users(struct context *c, const char *id, int64_t *users)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &USERS, c->arena, &rows, PG_VALUES(id));

	if (rc == RC_OK)
		*users = pg_int(&rows, 0, 0);
	return rc;
}

enum rc roles_missing(struct context *c, const char *const *names, size_t n,
		      const char *const **out, size_t *n_out)
{
	const char **keys = arena_alloc(c->arena, (n + 1) * sizeof *keys);
	struct pg_rows rows;
	enum rc rc;

	for (size_t i = 0; i < n; i++)
		keys[i] = role_name_key(c->arena, names[i]);
	rc = pg_run(c->pg, &MISSING, c->arena, &rows,
		    PG_VALUES(pg_from_words(c->arena, names, n),
			      pg_from_words(c->arena, keys, n)));
	if (rc == RC_OK)
		*n_out = pg_words(c->arena, &rows, 0, 0, out);
	return rc;
}
