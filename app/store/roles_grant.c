/* Roles given to one user, and taken. */
#include "app/role_name.h"
#include "app/store/row.h"
#include "lib/text.h"

/* The role before the user, and both before the change: see LOCK of roles_change.c. */
static const struct pg_stmt HOLD = {
	"roles_hold",
	"WITH r AS (SELECT " ROLE_GIVEN " FROM roles WHERE id = $2 FOR SHARE)"
	" SELECT " ROLE_COLUMNS ", r.name = ANY (users.roles),"
	" octet_length(array_to_string(users.roles || r.name, '')) <= $3::int"
	" FROM r, users WHERE users.id = $1 FOR NO KEY UPDATE OF users"};
enum { COLUMN_HELD = ROLE_COLUMN_COUNT, COLUMN_FITS };

static const struct pg_stmt GRANT = {
	"roles_grant",
	"WITH g AS (INSERT INTO user_roles (user_id, role_id) VALUES ($1, $2)"
	" ON CONFLICT DO NOTHING),"
	" n AS (UPDATE users SET rev = rev + 1, updated_at = now(), roles ="
	" (SELECT array_agg(x ORDER BY x) FROM unnest(users.roles || $3::text) AS x)"
	" WHERE id = $1 RETURNING id)"
	" INSERT INTO audit (event, user_id, actor, ip, request_id, detail)"
	" SELECT 'role_granted', id, $4, $5::inet, $6, $3 FROM n"};

static const struct pg_stmt REVOKE = {
	"roles_revoke",
	"WITH g AS (DELETE FROM user_roles WHERE user_id = $1 AND role_id = $2),"
	" n AS (UPDATE users SET rev = rev + 1, updated_at = now(),"
	" roles = array_remove(roles, $3) WHERE id = $1 RETURNING id)"
	" INSERT INTO audit (event, user_id, actor, ip, request_id, detail)"
	" SELECT 'role_revoked', id, $4, $5::inet, $6, $3 FROM n"};

/* Who may not sign in has no role in effect. */
static const struct pg_stmt HELD = {
	"roles_held",
	"SELECT FROM user_roles g JOIN users u ON u.id = g.user_id AND u.active"
	" WHERE g.user_id = $1 AND g.role_id = $2"};

struct hold {
	struct role role;
	bool held, fits;
};

static enum rc hold(struct context *c, const char *user_id, const char *role_id,
		    struct hold *out)
{
	struct pg_rows rows;
	enum rc rc = pg_run(
		c->pg, &HOLD, c->arena, &rows,
		PG_VALUES(user_id, role_id, text_integer(c->arena, ROLE_NAMES_MAX)));

	if (rc != RC_OK)
		return rc;
	row_role(&rows, 0, 0, &out->role);
	out->held = pg_bool(&rows, 0, COLUMN_HELD);
	out->fits = pg_bool(&rows, 0, COLUMN_FITS);
	return RC_OK;
}

static enum rc change(struct context *c, const struct pg_stmt *stmt, const char *user_id,
		      const struct role *role)
{
	return pg_run(c->pg, stmt, c->arena, NULL,
		      PG_VALUES(user_id, role->id, role->name, ROW_BY(c)));
}

static enum roles_grant judge(const struct hold *hold)
{
	if (hold->held)
		return ROLES_HELD;
	return hold->fits ? ROLES_GRANTED : ROLES_TOO_MANY;
}

enum rc roles_grant(struct context *c, const char *user_id, const char *role_id,
		    enum roles_grant *what, struct role *out)
{
	struct hold found = {.held = false};
	enum rc rc = pg_begin(c->pg);

	if (rc != RC_OK)
		return rc;
	rc = hold(c, user_id, role_id, &found);
	if (rc == RC_OK && judge(&found) == ROLES_GRANTED)
		rc = change(c, &GRANT, user_id, &found.role);
	rc = pg_end(c->pg, rc);
	if (rc != RC_OK)
		return rc;
	*what = judge(&found);
	if (*what != ROLES_TOO_MANY)
		*out = found.role;
	return RC_OK;
}

enum rc roles_revoke(struct context *c, const char *user_id, const char *role_id,
		     bool *held)
{
	struct hold found = {.held = false};
	enum rc rc = pg_begin(c->pg);

	if (rc != RC_OK)
		return rc;
	rc = hold(c, user_id, role_id, &found);
	if (rc == RC_OK && found.held)
		rc = change(c, &REVOKE, user_id, &found.role);
	rc = pg_end(c->pg, rc);
	if (rc == RC_OK)
		*held = found.held;
	return rc;
}

enum rc roles_held(struct context *c, const char *user_id, const char *role_id)
{
	return pg_run(c->pg, &HELD, c->arena, NULL, PG_VALUES(user_id, role_id));
}
