/* Changes of an account by its owner: each is one statement with its letter and its entry
 * in the audit trail. */
#include "app/store/row.h"
#include "app/store/users.h"
#include "app/username.h"
#include "lib/text.h"

static const struct pg_stmt SET_PASSWORD = {
	"users_set_password",
	"WITH u AS (UPDATE users SET password_hash = $3, epoch = epoch + 1,"
	" email_verified = email_verified OR $7 = 'password_recovered', updated_at = now()"
	" WHERE id = $1 AND epoch = $2 AND active"
	" AND ($8::text IS NULL OR email_key = $8) " RETURNING_USER "),"
	" o AS (INSERT INTO outbox (letter, user_id, ip, user_agent)"
	" SELECT 'password_changed', id, $4, $5 FROM u),"
	" a AS (INSERT INTO audit (event, user_id, actor, ip, request_id)"
	" SELECT $7, id, 'user', $4::inet, $6 FROM u)"
	" SELECT " USER_COLUMNS " FROM u"};

static const struct pg_stmt REHASH = {
	"users_rehash", "UPDATE users SET password_hash = $3, updated_at = now()"
			" WHERE id = $1 AND password_hash = $2"};

/* The first proof ends what was begun before it: whoever made the account with somebody
 * else's address is out. */
static const struct pg_stmt VERIFY_EMAIL = {
	"users_verify_email",
	"WITH u AS (UPDATE users SET epoch = epoch + (NOT email_verified)::int,"
	" email_verified = true, updated_at = now()"
	" WHERE id = $1 AND epoch = $2 AND email_key = $3 AND active " RETURNING_USER "),"
	" a AS (INSERT INTO audit (event, user_id, actor, ip, request_id)"
	" SELECT 'email_verified', id, 'user', $4::inet, $5 FROM u)"
	" SELECT " USER_COLUMNS " FROM u"};

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

enum rc users_delete(struct context *c, const char *id, int64_t epoch)
{
	return pg_run(c->pg, &DELETE, c->arena, NULL,
		      PG_VALUES(id, text_integer(c->arena, epoch), c->client.address,
				c->client.user_agent));
}
