#include "app/store/users.h"

#include "app/store/row.h"
#include "app/username.h"
#include "lib/clock.h"
#include "lib/text.h"

#define KNOWN_PREFIX                                                                     \
	"EXISTS (SELECT FROM known_prefixes k WHERE k.user_id = u.id"                    \
	" AND k.prefix = $2::cidr AND k.last_success > now() - interval '90 days')"

static const struct pg_stmt FOR_LOGIN = {
	"users_for_login", "SELECT " USER_COLUMNS ", u.password_hash, " KNOWN_PREFIX
			   " FROM users u WHERE u.email_key = $1 OR u.username_key = $1"};

static const struct pg_stmt SECRET = {
	"users_secret", "SELECT " USER_COLUMNS ", u.password_hash, " KNOWN_PREFIX
			" FROM users u WHERE u.id = $1 AND u.active"};

static const struct pg_stmt BY_EMAIL = {
	"users_by_email", "SELECT " USER_COLUMNS " FROM users u WHERE u.email_key = $1"};

static const struct pg_stmt BY_USERNAME = {"users_by_username",
					   "SELECT " USER_COLUMNS
					   " FROM users u WHERE u.username_key = $1"};

static const struct pg_stmt LIST = {
	"users_list", ROW_PAGE("count(*) FROM users", USER_COLUMNS
			       " FROM users u ORDER BY u.created_at DESC, u.id")};

static const struct pg_stmt BY_ID = {"users_by_id", "SELECT " USER_COLUMNS
						    " FROM users u WHERE u.id = $1"};

static const struct pg_stmt TAKEN = {
	"users_taken", "SELECT EXISTS (SELECT FROM users WHERE email_key = $1),"
		       " EXISTS (SELECT FROM users WHERE username_key = $2)"};

static const struct pg_stmt INSERT = {
	"users_insert",
	"WITH " ROLES_OF_NEW(
		"$8") ","
		      " u AS (INSERT INTO users (id, email, email_key, username, username_key,"
		      " password_hash, email_verified, registration_jti, roles)"
		      " VALUES ($1, $2, $3, $4, $5, $6, $7::boolean, $9::uuid, " ROLE_NAMES_OF_NEW
		      ") " RETURNING_USER "), " ROLES_GIVEN_TO_NEW ","
		      " o AS (INSERT INTO outbox"
		      " (letter, user_id, nonce, key_id, not_after, ip, user_agent)"
		      " SELECT 'welcome', id, $10, $11, $12::timestamptz, $13, $14 FROM u"
		      " WHERE $10::text IS NOT NULL),"
		      " a AS (INSERT INTO audit (event, user_id, actor, ip, request_id)"
		      " SELECT 'registered', id, 'user', $13::inet, $15 FROM u)"
		      " SELECT " USER_COLUMNS " FROM u"};

static const struct pg_stmt BY_REGISTRATION = {
	"users_by_registration", "SELECT " USER_COLUMNS ", u.password_hash FROM users u"
				 " WHERE u.registration_jti = $1 AND u.email_key = $2"
				 " AND u.active"};

enum rc users_for_login(struct context *c, const char *key, struct user_secret *out)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &FOR_LOGIN, c->arena, &rows,
			    PG_VALUES(key, c->client.prefix));

	if (rc == RC_OK)
		row_secret(c, &rows, out);
	return rc;
}

enum rc users_secret(struct context *c, const char *id, struct user_secret *out)
{
	struct pg_rows rows;
	enum rc rc =
		pg_run(c->pg, &SECRET, c->arena, &rows, PG_VALUES(id, c->client.prefix));

	if (rc == RC_OK)
		row_secret(c, &rows, out);
	return rc;
}

enum rc users_by_email(struct context *c, const char *email_key, struct user *out)
{
	return row_one_user(c, &BY_EMAIL, out, PG_VALUES(email_key));
}

enum rc users_by_username(struct context *c, const char *username_key, struct user *out)
{
	return row_one_user(c, &BY_USERNAME, out, PG_VALUES(username_key));
}

enum rc users_list(struct context *c, const struct page *page, struct user **out,
		   struct page_found *found)
{
	struct pg_rows rows;
	enum rc rc = row_page(c, &LIST, NULL, page, &rows, found);

	if (rc != RC_OK)
		return rc;
	*out = arena_alloc(c->arena, found->n * sizeof **out);
	for (size_t i = 0; i < found->n; i++)
		row_user(c, &rows, i, 1, &(*out)[i]);
	return RC_OK;
}

enum rc users_by_id(struct context *c, const char *id, struct user *out)
{
	return row_one_user(c, &BY_ID, out, PG_VALUES(id));
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
	static const struct outbox_code NO_CODE;
	const struct outbox_code *code = in->welcome ? in->welcome : &NO_CODE;
	char *key = in->username ? username_key(c->arena, in->username) : NULL;
	enum rc rc = row_one_user(
		c, &INSERT, out,
		PG_VALUES(in->id, in->email.address, in->email.key, in->username, key,
			  in->hash, in->email_verified ? "t" : "f", row_default_roles(c),
			  in->registration_jti, code->nonce, code->key_id,
			  code->nonce ? clock_rfc3339(c->arena, code->not_after) : NULL,
			  c->client.address, c->client.user_agent, c->request_id));

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
		row_user(c, &rows, 0, 0, out);
		*hash = pg_cell(&rows, 0, USER_COLUMN_COUNT);
	}
	return rc;
}
