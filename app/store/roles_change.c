/* What happens to a role happens to all who have it. */
#include "app/role_name.h"
#include "app/store/row.h"
#include "lib/text.h"

/* A role is locked before its users, here and wherever roles are given; and by a
 * statement of its own, so that the next one sees what the wait was for. A name that
 * another role has is told before any change: two that want each other's name would wait
 * for each other. */
static const struct pg_stmt LOCK = {
	"roles_lock",
	"SELECT " ROLE_COLUMNS ", EXISTS (SELECT FROM roles o"
	" WHERE o.name_key = $2 AND o.id <> r.id) FROM roles r WHERE r.id = $1 FOR UPDATE OF r"};

static const struct pg_stmt UPDATE = {
	"roles_update",
	"WITH r AS (UPDATE roles SET name = coalesce($2, name),"
	" name_key = coalesce($3, name_key), description = coalesce($4, description),"
	" updated_at = now() WHERE id = $1 RETURNING " ROLE_GIVEN "),"
	" a AS (INSERT INTO audit (event, actor, ip, request_id, detail)"
	" SELECT 'role_changed', $5, $6::inet, $7, $8 FROM r)"
	" SELECT " ROLE_COLUMNS " FROM r"};

/* All who have role $1, in the order in which everybody locks them. */
#define HOLDERS                                                                          \
	"h AS (SELECT u.id FROM user_roles g JOIN users u ON u.id = g.user_id"           \
	" WHERE g.role_id = $1 ORDER BY u.id FOR NO KEY UPDATE OF u)"

static const struct pg_stmt RENAME = {
	"roles_rename",
	"WITH " HOLDERS ","
	" n AS (UPDATE users SET rev = users.rev + 1, updated_at = now(), roles ="
	" (SELECT array_agg(x ORDER BY x) FROM unnest(array_replace(users.roles, $2, $3))"
	" AS x) FROM h WHERE users.id = h.id"
	" RETURNING octet_length(array_to_string(users.roles, '')) AS bytes)"
	" SELECT count(*) FROM n WHERE bytes > $4::int"};

static const struct pg_stmt TAKE = {
	"roles_take",
	"WITH " HOLDERS ","
	" n AS (UPDATE users SET rev = users.rev + 1, updated_at = now(),"
	" roles = array_remove(users.roles, $2) FROM h WHERE users.id = h.id"
	" RETURNING users.id),"
	" a AS (INSERT INTO audit (event, user_id, actor, ip, request_id, detail)"
	" SELECT 'role_revoked', id, $3, $4::inet, $5, $2 FROM n)"
	" SELECT count(*) FROM n"};

static const struct pg_stmt DELETE = {
	"roles_delete", "WITH r AS (DELETE FROM roles WHERE id = $1 RETURNING name)"
			" INSERT INTO audit (event, actor, ip, request_id, detail)"
			" SELECT 'role_deleted', $2, $3::inet, $4, name FROM r"};

/* The role as it is; RC_CONFLICT: another one has the name (NULL: none is asked for). */
static enum rc lock(struct context *c, const char *id, const char *name, struct role *out)
{
	const char *key = name ? role_name_key(c->arena, name) : NULL;
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &LOCK, c->arena, &rows, PG_VALUES(id, key));

	if (rc != RC_OK)
		return rc;
	if (pg_bool(&rows, 0, ROLE_COLUMN_COUNT))
		return RC_CONFLICT;
	row_role(&rows, 0, 0, out);
	return RC_OK;
}

static bool differs(const char *new, const char *old)
{
	return new &&strcmp(new, old) != 0;
}

static enum rc update(struct context *c, const struct role *old,
		      const struct role_change *change, struct role *out)
{
	const char *key = change->name ? role_name_key(c->arena, change->name) : NULL;
	const char *detail = old->name;
	struct pg_rows rows;
	enum rc rc;

	if (differs(change->name, old->name))
		detail = arena_printf(c->arena, "%s -> %s", old->name, change->name);
	rc = pg_run(c->pg, &UPDATE, c->arena, &rows,
		    PG_VALUES(old->id, change->name, key, change->description, ROW_BY(c),
			      detail));
	if (rc == RC_OK)
		row_role(&rows, 0, 0, out);
	return rc;
}

static enum rc rename_held(struct context *c, const struct role *old, const char *name,
			   bool *too_many)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &RENAME, c->arena, &rows,
			    PG_VALUES(old->id, old->name, name,
				      text_integer(c->arena, ROLE_NAMES_MAX)));

	if (rc == RC_OK)
		*too_many = pg_int(&rows, 0, 0) > 0;
	return rc;
}

static enum rc change_held(struct context *c, const char *id,
			   const struct role_change *change, bool *too_many,
			   struct role *out)
{
	struct role old;
	enum rc rc = lock(c, id, change->name, &old);

	if (rc != RC_OK)
		return rc;
	*out = old;
	if (differs(change->name, old.name) ||
	    differs(change->description, old.description))
		rc = update(c, &old, change, out);
	if (rc == RC_OK && differs(change->name, old.name))
		rc = rename_held(c, &old, change->name, too_many);
	return rc;
}

enum rc roles_update(struct context *c, const char *id, const struct role_change *change,
		     bool *too_many, struct role *out)
{
	struct role role;
	bool too_long = false;
	enum rc rc = pg_begin_long(c->pg, ROLES_LONG_MS);

	if (rc != RC_OK)
		return rc;
	rc = change_held(c, id, change, &too_long, &role);
	if (rc == RC_OK && too_long)
		pg_rollback(c->pg);
	else
		rc = pg_end(c->pg, rc);
	if (rc != RC_OK)
		return rc;
	*too_many = too_long;
	if (!too_long)
		*out = role;
	return RC_OK;
}

static enum rc take_and_delete(struct context *c, const char *id, int64_t *users)
{
	struct pg_rows taken;
	struct role role;
	enum rc rc = lock(c, id, NULL, &role);

	if (rc != RC_OK)
		return rc;
	rc = pg_run(c->pg, &TAKE, c->arena, &taken, PG_VALUES(id, role.name, ROW_BY(c)));
	if (rc != RC_OK)
		return rc;
	rc = pg_run(c->pg, &DELETE, c->arena, NULL, PG_VALUES(id, ROW_BY(c)));
	if (rc == RC_OK)
		*users = pg_int(&taken, 0, 0);
	return rc;
}

enum rc roles_delete(struct context *c, const char *id, int64_t *users)
{
	int64_t taken_from = 0;
	enum rc rc = pg_begin_long(c->pg, ROLES_LONG_MS);

	if (rc != RC_OK)
		return rc;
	rc = pg_end(c->pg, take_and_delete(c, id, &taken_from));
	if (rc == RC_OK)
		*users = taken_from;
	return rc;
}
