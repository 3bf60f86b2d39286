/* Changes of an account: each is one statement with its letter and its entry in the audit
 * trail. */
#include "app/store/row.h"
#include "app/store/users.h"
#include "app/username.h"
#include "lib/text.h"

/* A user as it is before the change u, locked: else what it was is not what the change
 * makes of it. */
#define WAS "id AS held, NOT email_verified AS unproven FROM users"

/* The first proof of an address ends what was begun before it: whoever made the account
 * with somebody else's is out, by any door. */
#define FORGET_UNPROVEN(ip, request_id)                                                  \
	"d AS (DELETE FROM social_accounts USING w, u"                                   \
	" WHERE user_id = held AND unproven AND u.email_verified"                        \
	" RETURNING user_id, provider),"                                                 \
	" da AS (INSERT INTO audit (event, user_id, actor, ip, request_id, detail)"      \
	" SELECT 'social_unlinked', user_id, 'user', " ip "::inet, " request_id          \
	", provider FROM d)"

static const struct pg_stmt SET_PASSWORD = {
	"users_set_password",
	"WITH w AS (SELECT " WAS " WHERE id = $1 AND epoch = $2 AND active"
	" AND ($8::text IS NULL OR email_key = $8) FOR NO KEY UPDATE),"
	" u AS (UPDATE users SET password_hash = $3, epoch = epoch + 1,"
	" email_verified = email_verified OR $7 = 'password_recovered', updated_at = now()"
	" FROM w WHERE id = held " RETURNING_USER "),"
	" o AS (INSERT INTO outbox (letter, user_id, ip, user_agent)"
	" SELECT 'password_changed', id, $4, $5 FROM u),"
	" a AS (INSERT INTO audit (event, user_id, actor, ip, request_id)"
	" SELECT $7, id, 'user', $4::inet, $6 FROM u),"
	" " FORGET_UNPROVEN("$4", "$6") " SELECT " USER_COLUMNS " FROM u"};

static const struct pg_stmt REHASH = {
	"users_rehash", "UPDATE users SET password_hash = $3, updated_at = now()"
			" WHERE id = $1 AND password_hash = $2"};

static const struct pg_stmt VERIFY_EMAIL = {
	"users_verify_email",
	"WITH w AS (SELECT " WAS
	" WHERE id = $1 AND epoch = $2 AND email_key = $3 AND active"
	" FOR NO KEY UPDATE),"
	" u AS (UPDATE users SET epoch = epoch + unproven::int, email_verified = true,"
	" updated_at = now() FROM w WHERE id = held " RETURNING_USER "),"
	" a AS (INSERT INTO audit (event, user_id, actor, ip, request_id)"
	" SELECT 'email_verified', id, 'user', $4::inet, $5 FROM u),"
	" " FORGET_UNPROVEN("$4", "$5") " SELECT " USER_COLUMNS " FROM u"};

static const struct pg_stmt SET_EMAIL = {
	"users_set_email",
	"WITH u AS (UPDATE users SET email = $3, email_key = $4, email_verified = true,"
	" rev = rev + 1, updated_at = now()"
	" WHERE id = $1 AND epoch = $2 AND active " RETURNING_USER "),"
	" a AS (INSERT INTO audit (event, user_id, actor, ip, request_id)"
	" SELECT 'email_changed', id, 'user', $5::inet, $6 FROM u)"
	" SELECT " USER_COLUMNS " FROM u"};

static const struct pg_stmt SET_USERNAME = {
	"users_set_username",
	"WITH u AS (UPDATE users SET username = $2, username_key = $3, rev = rev + 1,"
	" updated_at = now() WHERE id = $1 AND active " RETURNING_USER "),"
	" a AS (INSERT INTO audit (event, user_id, actor, ip, request_id)"
	" SELECT 'username_changed', id, 'user', $4::inet, $5 FROM u)"
	" SELECT " USER_COLUMNS " FROM u"};

/* Locked first, so that what it was is what the change makes of it. */
static const struct pg_stmt SET_ACTIVE = {
	"users_set_active",
	"WITH o AS (SELECT id AS held, active AS was FROM users WHERE id = $1"
	" FOR NO KEY UPDATE),"
	" u AS (UPDATE users SET active = $2::boolean,"
	" epoch = epoch + (was AND NOT $2::boolean)::int,"
	" updated_at = CASE WHEN was = $2::boolean THEN updated_at ELSE now() END"
	" FROM o WHERE id = held " RETURNING_USER ", was <> active AS changed),"
	" a AS (INSERT INTO audit (event, user_id, actor, ip, request_id)"
	" SELECT CASE WHEN active THEN 'user_activated' ELSE 'user_deactivated' END,"
	" id, $3, $4::inet, $5 FROM u WHERE changed)"
	" SELECT " USER_COLUMNS ", u.changed FROM u"};

static const struct pg_stmt DELETE = {
	"users_delete",
	"WITH u AS (DELETE FROM users WHERE id = $1 AND epoch = $2 RETURNING id, email),"
	" o AS (INSERT INTO outbox (letter, address, ip, user_agent)"
	" SELECT 'account_deleted', email, $3, $4 FROM u),"
	" a AS (INSERT INTO audit (event, user_id, actor)"
	" SELECT 'account_deleted', id, 'user' FROM u)"
	" SELECT user_forget(id) FROM u"};

enum rc users_set_password(struct context *c, const char *id, int64_t epoch,
			   const char *email_key, const char *hash,
			   enum users_password how, struct user *out)
{
	static const char *const events[] = {
		[USERS_PASSWORD_CHANGED] = "password_changed",
		[USERS_PASSWORD_RECOVERED] = "password_recovered",
	};

	return row_one_user(c, &SET_PASSWORD, out,
			    PG_VALUES(id, text_integer(c->arena, epoch), hash,
				      c->client.address, c->client.user_agent,
				      c->request_id, events[how], email_key));
}

enum rc users_rehash(struct context *c, const char *id, const char *old_hash,
		     const char *new_hash)
{
	return pg_run(c->pg, &REHASH, c->arena, NULL, PG_VALUES(id, old_hash, new_hash));
}

enum rc users_verify_email(struct context *c, const char *id, int64_t epoch,
			   const char *email_key, struct user *out)
{
	return row_one_user(c, &VERIFY_EMAIL, out,
			    PG_VALUES(id, text_integer(c->arena, epoch), email_key,
				      c->client.address, c->request_id));
}

enum rc users_set_email(struct context *c, const char *id, int64_t epoch,
			const struct email *email, struct user *out)
{
	return row_one_user(c, &SET_EMAIL, out,
			    PG_VALUES(id, text_integer(c->arena, epoch), email->address,
				      email->key, c->client.address, c->request_id));
}

enum rc users_set_username(struct context *c, const char *id, const char *username,
			   struct user *out)
{
	return row_one_user(c, &SET_USERNAME, out,
			    PG_VALUES(id, username, username_key(c->arena, username),
				      c->client.address, c->request_id));
}

enum rc users_set_active(struct context *c, const char *id, bool active, bool *changed,
			 struct user *out)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &SET_ACTIVE, c->arena, &rows,
			    PG_VALUES(id, active ? "t" : "f", ROW_BY(c)));

	if (rc != RC_OK)
		return rc;
	row_user(c, &rows, 0, 0, out);
	*changed = pg_bool(&rows, 0, USER_COLUMN_COUNT);
	return RC_OK;
}

enum rc users_delete(struct context *c, const char *id, int64_t epoch)
{
	return pg_run(c->pg, &DELETE, c->arena, NULL,
		      PG_VALUES(id, text_integer(c->arena, epoch), c->client.address,
				c->client.user_agent));
}
