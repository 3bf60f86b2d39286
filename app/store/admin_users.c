#include "app/store/admin_users.h"

#include "app/store/row.h"
#include "app/username.h"
#include "lib/text.h"

/* The last CTE of every change: what was done, to whom it was done, by whom. */
#define AUDIT(event)                                                                     \
	" a AS (INSERT INTO audit (event, user_id, actor)"                               \
	" SELECT '" event "', id, 'ctl' FROM u) SELECT id FROM u"

#define UPDATED	   MS("u.updated_at")
#define LAST_LOGIN MS("max(h.created_at)")

static const struct pg_stmt FIND = {
	"admin_users_find",
	"SELECT " USER_COLUMNS ", u.password_hash IS NOT NULL, " UPDATED ","
	" (SELECT " LAST_LOGIN
	" FROM login_history h WHERE h.user_id = u.id AND h.success),"
	" (SELECT count(*) FROM sessions s WHERE s.user_id = u.id AND u.active"
	" AND s.ended_at IS NULL AND s.epoch = u.epoch AND s.expires_at > now()"
	" AND s.last_used_at > now() - make_interval(days => $4::int)),"
	" ARRAY(SELECT l.provider FROM social_accounts l WHERE l.user_id = u.id"
	" ORDER BY l.created_at) FROM users u"
	" WHERE u.id = $1::uuid OR u.email_key = $2 OR u.username_key = $3"};

static const struct pg_stmt CREATE = {
	"admin_users_create",
	"WITH u AS (INSERT INTO users (email, email_key, username, username_key,"
	" password_hash, email_verified) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id)," AUDIT(
		"user_created")};

static const struct pg_stmt DELETE = {
	"admin_users_delete",
	"WITH u AS (DELETE FROM users WHERE id = $1 RETURNING id, email_key),"
	" f AS (SELECT user_forget(id) FROM u),"
	" o AS (DELETE FROM outbox WHERE lower(address) IN (SELECT email_key FROM u)"
	" AND user_id IS DISTINCT FROM $1::uuid)," AUDIT("user_deleted") ", f"};

enum rc admin_users_find(struct context *c, const struct admin_user_key *key,
			 struct admin_user *out)
{
	const char *idle = text_integer(c->arena, c->conf->tokens_idle_ttl_days);
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &FIND, c->arena, &rows,
			    PG_VALUES(key->id, key->email_key, key->username_key, idle));

	if (rc != RC_OK)
		return rc;
	row_user(c, &rows, 0, 0, &out->user);
	out->has_password = pg_bool(&rows, 0, USER_COLUMN_COUNT);
	out->updated_at = pg_int(&rows, 0, USER_COLUMN_COUNT + 1);
	out->last_login_at = pg_int(&rows, 0, USER_COLUMN_COUNT + 2);
	out->live_sessions = pg_int(&rows, 0, USER_COLUMN_COUNT + 3);
	out->n_providers =
		pg_words(c->arena, &rows, 0, USER_COLUMN_COUNT + 4, &out->providers);
	return RC_OK;
}

enum rc admin_users_create(struct context *c, const struct admin_user_new *in,
			   const char **id, enum users_conflict *conflict)
{
	const char *key = in->username ? username_key(c->arena, in->username) : NULL;
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &CREATE, c->arena, &rows,
			    PG_VALUES(in->email.address, in->email.key, in->username, key,
				      in->hash, in->email_verified ? "t" : "f"));

	if (rc == RC_OK)
		*id = pg_cell(&rows, 0, 0);
	if (rc == RC_CONFLICT)
		*conflict = !strcmp(pg_constraint(c->pg), "users_username_taken")
				    ? USERS_USERNAME_TAKEN
				    : USERS_EMAIL_TAKEN;
	return rc;
}

enum rc admin_users_delete(struct context *c, const char *id)
{
	return pg_run(c->pg, &DELETE, c->arena, NULL, PG_VALUES(id));
}
