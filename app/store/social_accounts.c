#include "app/store/social_accounts.h"

#include "app/store/row.h"
#include "lib/clock.h"
#include "lib/text.h"

static const struct pg_stmt USER = {
	"social_accounts_user",
	"SELECT " USER_COLUMNS " FROM social_accounts s JOIN users u ON u.id = s.user_id"
	" WHERE s.issuer = $1 AND s.subject = $2"};

/* FOR SHARE: nothing is linked to a user that a change of the password or the address, or
 * the first proof of that, has just made another. */
static const struct pg_stmt LINK = {
	"social_accounts_link",
	"WITH u AS (SELECT " USER_GIVEN " FROM users WHERE id = $1 AND epoch = $2"
	" AND active AND email_verified AND ($10::text IS NULL OR email_key = $10)"
	" FOR SHARE),"
	" s AS (INSERT INTO social_accounts (user_id, provider, issuer, subject, email)"
	" SELECT id, $3, $4, $5, $6 FROM u),"
	" o AS (INSERT INTO outbox (letter, user_id, provider, ip, user_agent)"
	" SELECT 'social_linked', id, $3, $7, $8 FROM u),"
	" a AS (INSERT INTO audit (event, user_id, actor, ip, request_id, detail)"
	" SELECT 'social_linked', id, 'user', $7::inet, $9, $3 FROM u)"
	" SELECT " USER_COLUMNS " FROM u"};

static const struct pg_stmt REGISTER = {
	"social_accounts_register",
	"WITH " ROLES_OF_NEW(
		"$5") ","
		      " u AS (INSERT INTO users (id, email, email_key, email_verified, roles)"
		      " VALUES ($1, $2, $3, $4::boolean, " ROLE_NAMES_OF_NEW
		      ") " RETURNING_USER "), " ROLES_GIVEN_TO_NEW ","
		      " s AS (INSERT INTO social_accounts (user_id, provider, issuer, subject, email)"
		      " SELECT id, $6, $7, $8, $9 FROM u),"
		      " o AS (INSERT INTO outbox"
		      " (letter, user_id, provider, nonce, key_id, not_after, ip, user_agent)"
		      " SELECT CASE WHEN $10::text IS NULL THEN 'welcome_social' ELSE 'welcome' END,"
		      " id, $6, $10, $11, $12::timestamptz, $13, $14 FROM u),"
		      " a AS (INSERT INTO audit (event, user_id, actor, ip, request_id, detail)"
		      " SELECT 'registered', id, 'user', $13::inet, $15, $6 FROM u)"
		      " SELECT " USER_COLUMNS " FROM u"};

static const struct pg_stmt LIST = {
	"social_accounts_list",
	ROW_PAGE(
		"count(*) FROM social_accounts WHERE user_id = $3",
		"id, provider, subject, email, " MS(
			"created_at") " FROM social_accounts"
				      " WHERE user_id = $3 ORDER BY created_at DESC, id")};

/* A statement of its own before the look: of two accounts that go at once, the one that
 * waited here sees that it has become the last. */
static const struct pg_stmt HOLD = {
	"social_accounts_hold",
	"SELECT FROM users WHERE id = $1 AND active FOR NO KEY UPDATE"};

static const struct pg_stmt UNLINK = {
	"social_accounts_unlink",
	"WITH k AS (SELECT s.id, s.user_id, s.provider, NOT u.has_password AND NOT EXISTS"
	" (SELECT FROM social_accounts o WHERE o.user_id = u.id AND o.id <> s.id) AS last"
	" FROM social_accounts s JOIN users u ON u.id = s.user_id"
	" WHERE s.user_id = $1 AND s.id = $2),"
	" d AS (DELETE FROM social_accounts WHERE id IN (SELECT id FROM k WHERE NOT last)),"
	" o AS (INSERT INTO outbox (letter, user_id, provider, ip, user_agent)"
	" SELECT 'social_unlinked', user_id, provider, $4, $6 FROM k WHERE NOT last),"
	" a AS (INSERT INTO audit (event, user_id, actor, ip, request_id, detail)"
	" SELECT 'social_unlinked', user_id, $3, $4::inet, $5, provider FROM k WHERE NOT last)"
	" SELECT last FROM k"};

enum rc social_accounts_user(struct context *c, const char *issuer, const char *subject,
			     struct user *out)
{
	return row_one_user(c, &USER, out, PG_VALUES(issuer, subject));
}

enum rc social_accounts_link(struct context *c, const char *user_id, int64_t epoch,
			     const char *email_key,
			     const struct social_identity *identity, struct user *out)
{
	return row_one_user(c, &LINK, out,
			    PG_VALUES(user_id, text_integer(c->arena, epoch),
				      identity->provider, identity->issuer,
				      identity->subject, identity->email,
				      c->client.address, c->client.user_agent,
				      c->request_id, email_key));
}

enum rc social_accounts_register(struct context *c, const struct user_new *in,
				 const struct social_identity *identity, struct user *out)
{
	static const struct outbox_code NO_CODE;
	const struct outbox_code *code = in->welcome ? in->welcome : &NO_CODE;

	return row_one_user(
		c, &REGISTER, out,
		PG_VALUES(in->id, in->email.address, in->email.key,
			  in->email_verified ? "t" : "f", row_default_roles(c),
			  identity->provider, identity->issuer, identity->subject,
			  identity->email, code->nonce, code->key_id,
			  code->nonce ? clock_rfc3339(c->arena, code->not_after) : NULL,
			  c->client.address, c->client.user_agent, c->request_id));
}

enum rc social_accounts_list(struct context *c, const char *user_id,
			     const struct page *page, struct social_account **out,
			     struct page_found *found)
{
	struct pg_rows rows;
	struct social_account *list;
	enum rc rc = row_page(c, &LIST, user_id, page, &rows, found);

	if (rc != RC_OK)
		return rc;
	list = arena_alloc(c->arena, rows.n * sizeof *list);
	for (size_t i = 0; i < found->n; i++)
		list[i] = (struct social_account){
			.id = pg_cell(&rows, i, 1),
			.provider = pg_cell(&rows, i, 2),
			.subject = pg_cell(&rows, i, 3),
			.email = pg_cell(&rows, i, 4),
			.created_at = pg_int(&rows, i, 5),
		};
	*out = list;
	return RC_OK;
}

static enum rc unlink_held(struct context *c, const char *user_id, const char *id,
			   bool *last)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &HOLD, c->arena, NULL, PG_VALUES(user_id));

	if (rc == RC_OK)
		rc = pg_run(c->pg, &UNLINK, c->arena, &rows,
			    PG_VALUES(user_id, id, ROW_BY(c), c->client.user_agent));
	if (rc == RC_OK)
		*last = pg_bool(&rows, 0, 0);
	return rc;
}

enum rc social_accounts_unlink(struct context *c, const char *user_id, const char *id,
			       bool *last)
{
	bool is_last = false;
	enum rc rc = pg_begin(c->pg);

	if (rc != RC_OK)
		return rc;
	rc = pg_end(c->pg, unlink_held(c, user_id, id, &is_last));
	if (rc == RC_OK)
		*last = is_last;
	return rc;
}
