#include "app/store/sessions.h"

#include "app/store/row.h"
#include "lib/text.h"

/* FOR SHARE: a password change that commits meanwhile is seen, and nothing is opened. */
static const struct pg_stmt OPEN = {
	"sessions_open",
	"WITH u AS (SELECT id, epoch FROM users"
	" WHERE id = $1 AND epoch = $2 AND active FOR SHARE),"
	" s AS (INSERT INTO sessions"
	" (id, user_id, epoch, method, user_agent, ip, device_type, expires_at,"
	" cookie_digest, cookie_key)"
	" SELECT coalesce($10::uuid, gen_random_uuid()), id, epoch, $3, $4, $5::inet, $7,"
	" now() + make_interval(days => $6::int), decode($11, 'hex'), $12 FROM u"
	" RETURNING id, gen, created_at, expires_at, last_used_at, method),"
	" h AS (INSERT INTO login_history"
	" (user_id, user_agent, ip, device_type, method, success)"
	" SELECT id, $4, $5::inet, $7, $3, true FROM u),"
	" k AS (INSERT INTO known_prefixes AS k (user_id, prefix, last_success)"
	" SELECT id, $8::cidr, now() FROM u ON CONFLICT (user_id, prefix)"
	" DO UPDATE SET last_success = now()"
	" WHERE k.last_success < now() - interval '1 day'),"
	" n AS (INSERT INTO known_devices AS k (user_id, device, last_success)"
	" SELECT id, sha256(convert_to($4, 'UTF8')), now() FROM u"
	" ON CONFLICT (user_id, device) DO UPDATE SET last_success = now()"
	" WHERE k.last_success < now() - interval '1 day' RETURNING xmax = 0 AS new),"
	" o AS (INSERT INTO outbox (letter, user_id, ip, user_agent)"
	" SELECT 'new_device', u.id, host($5::inet), $4 FROM u, n"
	" WHERE n.new AND $9::boolean"
	" AND EXISTS (SELECT FROM known_devices k WHERE k.user_id = u.id))"
	" SELECT s.id, s.gen, " SESSION_REST " FROM s"};

static const struct pg_stmt USER = {
	"sessions_user",
	"SELECT " USER_COLUMNS
	", " MS("s.created_at") " FROM sessions s JOIN users u ON u.id = s.user_id AND u.epoch = s.epoch"
				" WHERE s.id = $1 AND s.ended_at IS NULL AND s.expires_at > now() AND u.active"};

enum rc sessions_open(struct context *c, const struct user *user, const char *method,
		      const char *device_type, const struct session_cookie *cookie,
		      struct session *out)
{
	static const struct session_cookie none;
	const struct session_cookie *with = cookie ? cookie : &none;
	struct pg_rows rows;
	enum rc rc =
		pg_run(c->pg, &OPEN, c->arena, &rows,
		       PG_VALUES(user->id, text_integer(c->arena, user->epoch), method,
				 c->client.user_agent, c->client.address,
				 text_integer(c->arena, c->conf->tokens_session_ttl_days),
				 device_type, c->client.prefix,
				 c->conf->mail_new_device ? "t" : "f", with->session_id,
				 with->hex, with->kid));

	if (rc == RC_OK)
		row_session(&rows, 0, out);
	return rc;
}

enum rc sessions_user(struct context *c, const char *session_id, struct user *out,
		      int64_t *login_at)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &USER, c->arena, &rows, PG_VALUES(session_id));

	if (rc == RC_OK) {
		row_user(c, &rows, 0, 0, out);
		*login_at = pg_int(&rows, 0, USER_COLUMN_COUNT);
	}
	return rc;
}
