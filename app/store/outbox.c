#include "app/store/outbox.h"

#include "lib/clock.h"

static const struct pg_stmt REGISTRATION = {
	"outbox_registration",
	"WITH t AS (SELECT u.id, v.address FROM (VALUES ($1, $2)) AS v (address, email_key)"
	" LEFT JOIN users u ON u.email_key = v.email_key)"
	" INSERT INTO outbox (letter, user_id, address, nonce, key_id, not_after, ip, user_agent)"
	" SELECT 'registration_code', NULL, t.address, $3, $4, $5::timestamptz, $6, $7"
	" FROM t WHERE id IS NULL UNION ALL"
	" SELECT 'already_registered', id, NULL, NULL, NULL, NULL, $6, $7"
	" FROM t WHERE id IS NOT NULL"};

static const struct pg_stmt RECOVERY = {
	"outbox_recovery",
	"INSERT INTO outbox (letter, user_id, nonce, key_id, not_after, ip, user_agent)"
	" SELECT CASE WHEN u.id IS NULL THEN 'none' ELSE 'recovery_code' END, u.id, $2, $3,"
	" $4::timestamptz, $5, $6"
	" FROM (VALUES ($1::uuid)) AS t (id) LEFT JOIN users u ON u.id = t.id AND u.active"};

static const struct pg_stmt VERIFICATION = {
	"outbox_verification",
	"INSERT INTO outbox (letter, user_id, nonce, key_id, not_after, ip, user_agent)"
	" VALUES ('verification_code', $1, $2, $3, $4, $5, $6)"};

static const struct pg_stmt EMAIL_CHANGE = {
	"outbox_email_change",
	"WITH t AS (SELECT u.id, v.address FROM (VALUES ($2, $3)) AS v (address, email_key)"
	" LEFT JOIN users u ON u.email_key = v.email_key)"
	" INSERT INTO outbox (letter, user_id, address, nonce, key_id, not_after, ip, user_agent)"
	" SELECT 'email_change_code', NULL, address, $4, $5, $6::timestamptz, $7, $8"
	" FROM t WHERE id IS NULL UNION ALL"
	" SELECT 'already_registered', id, NULL, NULL, NULL, NULL, $7, $8"
	" FROM t WHERE id IS NOT NULL UNION ALL"
	" SELECT 'email_change_asked', $1::uuid, NULL, NULL, NULL, NULL, $7, $8"};

enum rc outbox_registration(struct context *c, const struct email *to,
			    const struct outbox_code *code)
{
	return pg_run(c->pg, &REGISTRATION, c->arena, NULL,
		      PG_VALUES(to->address, to->key, code->nonce, code->key_id,
				clock_rfc3339(c->arena, code->not_after),
				c->client.address, c->client.user_agent));
}

enum rc outbox_recovery(struct context *c, const char *user_id,
			const struct outbox_code *code)
{
	return pg_run(c->pg, &RECOVERY, c->arena, NULL,
		      PG_VALUES(user_id, code->nonce, code->key_id,
				clock_rfc3339(c->arena, code->not_after),
				c->client.address, c->client.user_agent));
}

enum rc outbox_verification(struct context *c, const char *user_id,
			    const struct outbox_code *code)
{
	return pg_run(c->pg, &VERIFICATION, c->arena, NULL,
		      PG_VALUES(user_id, code->nonce, code->key_id,
				clock_rfc3339(c->arena, code->not_after),
				c->client.address, c->client.user_agent));
}

enum rc outbox_email_change(struct context *c, const char *user_id,
			    const struct email *to, const struct outbox_code *code)
{
	return pg_run(c->pg, &EMAIL_CHANGE, c->arena, NULL,
		      PG_VALUES(user_id, to->address, to->key, code->nonce, code->key_id,
				clock_rfc3339(c->arena, code->not_after),
				c->client.address, c->client.user_agent));
}
