#include "app/store/admin_roles.h"

#include "app/role_name.h"
#include "app/store/row.h"
#include "lib/text.h"

static const struct pg_stmt CREATE = {
	"admin_roles_create",
	"WITH r AS (INSERT INTO roles (name, name_key, description) VALUES ($1, $2, $3)"
	" RETURNING id, name),"
	" a AS (INSERT INTO audit (event, actor, detail)"
	" SELECT 'role_created', 'ctl', name FROM r) SELECT id FROM r"};

static const struct pg_stmt LIST = {
	"admin_roles_list",
	"SELECT r.id, r.name, r.description,"
	" (SELECT count(*) FROM user_roles g WHERE g.role_id = r.id), " MS(
		"r.created_at") " FROM roles r ORDER BY r.name_key LIMIT $1"};

static const struct pg_stmt MISSING = {
	"admin_roles_missing",
	"SELECT array_agg(name ORDER BY name) FROM unnest($1::text[], $2::text[])"
	" AS w (name, name_key)"
	" WHERE NOT EXISTS (SELECT FROM roles r WHERE r.name_key = w.name_key)"
	" HAVING count(*) > 0"};

/* A role is locked before its users, here and wherever roles are given; and by a
 * statement of its own, so that the next one sees what the wait was for. */
static const struct pg_stmt HOLD = {
	"admin_roles_hold",
	"WITH r AS (SELECT id, name FROM roles WHERE name_key = $2 FOR SHARE)"
	" SELECT r.id, r.name, r.name = ANY (users.roles),"
	" octet_length(array_to_string(users.roles || r.name, '')) <= $3::int"
	" FROM r, users WHERE users.id = $1 FOR UPDATE OF users"};
static const struct pg_stmt GRANT = {
	"admin_roles_grant",
	"WITH g AS (INSERT INTO user_roles (user_id, role_id) VALUES ($1, $2)"
	" ON CONFLICT DO NOTHING),"
	" n AS (UPDATE users SET rev = rev + 1, updated_at = now(), roles ="
	" (SELECT array_agg(x ORDER BY x) FROM unnest(users.roles || $3::text) AS x)"
	" WHERE id = $1 RETURNING id)"
	" INSERT INTO audit (event, user_id, actor, detail)"
	" SELECT 'role_granted', id, 'ctl', $3 FROM n"};
static const struct pg_stmt REVOKE = {
	"admin_roles_revoke",
	"WITH g AS (DELETE FROM user_roles WHERE user_id = $1 AND role_id = $2),"
	" n AS (UPDATE users SET rev = rev + 1, updated_at = now(),"
	" roles = array_remove(roles, $3) WHERE id = $1 RETURNING id)"
	" INSERT INTO audit (event, user_id, actor, detail)"
	" SELECT 'role_revoked', id, 'ctl', $3 FROM n"};

static const struct pg_stmt LOCK = {
	"admin_roles_lock", "SELECT id, name FROM roles WHERE name_key = $1 FOR UPDATE"};
static const struct pg_stmt TAKE = {
	"admin_roles_take",
	"WITH h AS (SELECT u.id FROM user_roles g JOIN users u ON u.id = g.user_id"
	" WHERE g.role_id = $1 ORDER BY u.id FOR UPDATE OF u),"
	" n AS (UPDATE users SET rev = users.rev + 1, updated_at = now(),"
	" roles = array_remove(users.roles, $2) FROM h WHERE users.id = h.id"
	" RETURNING users.id),"
	" a AS (INSERT INTO audit (event, user_id, actor, detail)"
	" SELECT 'role_revoked', id, 'ctl', $2 FROM n)"
	" SELECT count(*) FROM n"};
static const struct pg_stmt DELETE = {
	"admin_roles_delete", "WITH r AS (DELETE FROM roles WHERE id = $1 RETURNING name)"
			      " INSERT INTO audit (event, actor, detail)"
			      " SELECT 'role_deleted', 'ctl', name FROM r"};

enum rc admin_roles_create(struct context *c, const char *name, const char *description,
			   const char **id)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &CREATE, c->arena, &rows,
			    PG_VALUES(name, role_name_key(c->arena, name), description));

	if (rc == RC_OK)
		*id = pg_cell(&rows, 0, 0);
	return rc;
}

enum rc admin_roles_list(struct context *c, struct admin_role **out, size_t *n)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &LIST, c->arena, &rows,
			    PG_VALUES(text_integer(c->arena, ADMIN_ROLES_MAX)));

	if (rc != RC_OK)
		return rc;
	*out = arena_alloc(c->arena, rows.n * sizeof **out);
	*n = rows.n;
	for (size_t i = 0; i < rows.n; i++)
		(*out)[i] = (struct admin_role){
			.id = pg_cell(&rows, i, 0),
			.name = pg_cell(&rows, i, 1),
			.description = pg_cell(&rows, i, 2),
			.users = pg_int(&rows, i, 3),
			.created_at = pg_int(&rows, i, 4),
		};
	return RC_OK;
}

/* The end of a transaction that came to `rc`. */
static enum rc end(struct context *c, enum rc rc)
{
	if (rc == RC_OK)
		return pg_commit(c->pg);
	pg_rollback(c->pg);
	return rc;
}

static enum rc take_and_delete(struct context *c, const char *key, int64_t *users)
{
	struct pg_rows role, taken;
	const char *id;
	enum rc rc = pg_run(c->pg, &LOCK, c->arena, &role, PG_VALUES(key));

	if (rc != RC_OK)
		return rc;
	id = pg_cell(&role, 0, 0);
	rc = pg_run(c->pg, &TAKE, c->arena, &taken, PG_VALUES(id, pg_cell(&role, 0, 1)));
	if (rc != RC_OK)
		return rc;
	rc = pg_run(c->pg, &DELETE, c->arena, NULL, PG_VALUES(id));
	if (rc == RC_OK)
		*users = pg_int(&taken, 0, 0);
	return rc;
}

enum rc admin_roles_delete(struct context *c, const char *name, int64_t *users)
{
	enum rc rc = pg_begin(c->pg);

	if (rc != RC_OK)
		return rc;
	return end(c, take_and_delete(c, role_name_key(c->arena, name), users));
}

struct held {
	const char *id, *name; /* of the role */
	bool by_user, fits;
};

static enum rc hold(struct context *c, const char *user_id, const char *name,
		    struct held *out)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &HOLD, c->arena, &rows,
			    PG_VALUES(user_id, role_name_key(c->arena, name),
				      text_integer(c->arena, ROLE_NAMES_MAX)));

	if (rc == RC_OK)
		*out = (struct held){pg_cell(&rows, 0, 0), pg_cell(&rows, 0, 1),
				     pg_bool(&rows, 0, 2), pg_bool(&rows, 0, 3)};
	return rc;
}

static enum rc grant(struct context *c, const char *user_id, const char *name,
		     enum admin_grant *what)
{
	struct held role;
	enum rc rc = hold(c, user_id, name, &role);

	if (rc != RC_OK)
		return rc;
	*what = role.fits ? ADMIN_GRANTED : ADMIN_GRANT_TOO_MANY;
	if (role.by_user)
		*what = ADMIN_GRANT_HELD;
	if (*what != ADMIN_GRANTED)
		return RC_OK;
	return pg_run(c->pg, &GRANT, c->arena, NULL,
		      PG_VALUES(user_id, role.id, role.name));
}

static enum rc revoke(struct context *c, const char *user_id, const char *name,
		      bool *held)
{
	struct held role;
	enum rc rc = hold(c, user_id, name, &role);

	if (rc != RC_OK)
		return rc;
	*held = role.by_user;
	if (!role.by_user)
		return RC_OK;
	return pg_run(c->pg, &REVOKE, c->arena, NULL,
		      PG_VALUES(user_id, role.id, role.name));
}

enum rc admin_roles_grant(struct context *c, const char *user_id, const char *name,
			  enum admin_grant *what)
{
	enum rc rc = pg_begin(c->pg);

	return rc == RC_OK ? end(c, grant(c, user_id, name, what)) : rc;
}

enum rc admin_roles_revoke(struct context *c, const char *user_id, const char *name,
			   bool *held)
{
	enum rc rc = pg_begin(c->pg);

	return rc == RC_OK ? end(c, revoke(c, user_id, name, held)) : rc;
}

enum rc admin_roles_missing(struct context *c, const char *const *names, size_t n,
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
