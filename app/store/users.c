#include "app/store/users.h"

#include "app/store/row.h"
#include "app/username.h"
#include "lib/text.h"

static const struct pg_stmt FOR_LOGIN = {
	"users_for_login",
	"SELECT " USER_COLUMNS ", u.password_hash, EXISTS (SELECT FROM known_prefixes k"
	" WHERE k.user_id = u.id AND k.prefix = $2::cidr"
	" AND k.last_success > now() - interval '90 days')"
	" FROM users u WHERE u.email_key = $1 OR u.username_key = $1"};

static const struct pg_stmt BY_EMAIL = {
	"users_by_email", "SELECT " USER_COLUMNS " FROM users u WHERE u.email_key = $1"};

static const struct pg_stmt BY_ID = {"users_by_id", "SELECT " USER_COLUMNS
						    " FROM users u WHERE u.id = $1"};

static const struct pg_stmt TAKEN = {
	"users_taken", "SELECT EXISTS (SELECT FROM users WHERE email_key = $1),"
		       " EXISTS (SELECT FROM users WHERE username_key = $2)"};

static const struct pg_stmt INSERT = {
	"users_insert",
	"WITH u AS (INSERT INTO users (email, email_key, username, username_key,"
	" password_hash, email_verified, registration_jti)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *),"
	" a AS (INSERT INTO audit (event, user_id, actor, ip, request_id)"
	" SELECT 'registered', id, 'user', $8, $9 FROM u)"
	" SELECT " USER_COLUMNS " FROM u"};

static const struct pg_stmt BY_REGISTRATION = {
	"users_by_registration",
	"SELECT " USER_COLUMNS ", u.password_hash FROM users u"
	" WHERE u.registration_jti = $1 AND u.email_key = $2 AND u.active"};

static const struct pg_stmt RECOVER = {
	"users_recover",
	"WITH u AS (UPDATE users SET password_hash = $3, epoch = epoch + 1,"
	" email_verified = true, updated_at = now()"
	" WHERE id = $1 AND epoch = $2 AND active RETURNING *),"
	" o AS (INSERT INTO outbox (letter, user_id, ip, user_agent)"
	" SELECT 'password_changed', id, $4, $5 FROM u),"
	" a AS (INSERT INTO audit (event, user_id, actor, ip, request_id)"
	" SELECT 'password_recovered', id, 'user', $4::inet, $6 FROM u)"
	" SELECT " USER_COLUMNS " FROM u"};

enum rc users_for_login(struct context *c, const char *key, struct user_login *out)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &FOR_LOGIN, c->arena, &rows,
			    PG_VALUES(key, c->client.prefix));

	if (rc == RC_OK) {
		row_user(c, &rows, 0, &out->user);
		out->hash = pg_cell(&rows, 0, USER_COLUMN_COUNT);
		out->known_prefix = pg_bool(&rows, 0, USER_COLUMN_COUNT + 1);
	}
	return rc;
}

static enum rc user_by(struct context *c, const struct pg_stmt *stmt, const char *value,
		       struct user *out)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, stmt, c->arena, &rows, PG_VALUES(value));

	if (rc == RC_OK)
		row_user(c, &rows, 0, out);
	return rc;
}

enum rc users_by_email(struct context *c, const char *email_key, struct user *out)
{
	return user_by(c, &BY_EMAIL, email_key, out);
}

enum rc users_by_id(struct context *c, const char *id, struct user *out)
{
	return user_by(c, &BY_ID, id, out);
}

enum rc users_taken(struct context *c, const char *email_key, const char *username_key,
		    bool *email, bool *username)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &TAKEN, c->arena, &rows,
			    PG_VALUES(email_key, username_key));

	if (rc != RC_OK)
		return rc;
	*email = pg_bool(&rows, 0, 0);
	*username = pg_bool(&rows, 0, 1);
	return RC_OK;
}

enum rc users_insert(struct context *c, const struct user_new *in, struct user *out,
		     enum users_conflict *conflict)
{
	char *key = in->username ? username_key(c->arena, in->username) : NULL;
	struct pg_rows rows;
	enum rc rc =
		pg_run(c->pg, &INSERT, c->arena, &rows,
		       PG_VALUES(in->email.address, in->email.key, in->username, key,
				 in->hash, in->email_verified ? "t" : "f",
				 in->registration_jti, c->client.address, c->request_id));

	if (rc == RC_OK)
		row_user(c, &rows, 0, out);
	if (rc == RC_CONFLICT)
		*conflict = strcmp(pg_constraint(c->pg), "users_username_taken") == 0
				    ? USERS_USERNAME_TAKEN
				    : USERS_EMAIL_TAKEN;
	return rc;
}

enum rc users_by_registration(struct context *c, const char *jti, const char *email_key,
			      struct user *out, const char **hash)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &BY_REGISTRATION, c->arena, &rows,
			    PG_VALUES(jti, email_key));

	if (rc == RC_OK) {
		row_user(c, &rows, 0, out);
		*hash = pg_cell(&rows, 0, USER_COLUMN_COUNT);
	}
	return rc;
}

enum rc users_recover(struct context *c, const char *id, int64_t epoch, const char *hash,
		      struct user *out)
{
	struct pg_rows rows;
	enum rc rc =
		pg_run(c->pg, &RECOVER, c->arena, &rows,
		       PG_VALUES(id, text_integer(c->arena, epoch), hash,
				 c->client.address, c->client.user_agent, c->request_id));

	if (rc == RC_OK)
		row_user(c, &rows, 0, out);
	return rc;
}
