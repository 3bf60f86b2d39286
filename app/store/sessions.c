#include "app/store/sessions.h"

#include "app/store/row.h"
#include "lib/text.h"

#define SESSION_COLUMNS                                                                  \
	MS("s.created_at") ", " MS("s.expires_at") ", " MS("s.last_used_at")

/* FOR SHARE: a password change that commits meanwhile is seen, and nothing is opened. */
static const struct pg_stmt OPEN = {
	"sessions_open",
	"WITH u AS (SELECT id, epoch FROM users"
	" WHERE id = $1 AND epoch = $2 AND active FOR SHARE),"
	" s AS (INSERT INTO sessions (user_id, epoch, method, user_agent, ip, expires_at)"
	" SELECT id, epoch, $3, $4, $5, now() + make_interval(days => $6::int) FROM u"
	" RETURNING *),"
	" h AS (INSERT INTO login_history"
	" (user_id, user_agent, ip, device_type, method, success)"
	" SELECT id, $4, $5, $7, $3, true FROM u),"
	" k AS (INSERT INTO known_prefixes AS k (user_id, prefix, last_success)"
	" SELECT id, $8::cidr, now() FROM u ON CONFLICT (user_id, prefix)"
	" DO UPDATE SET last_success = now()"
	" WHERE k.last_success < now() - interval '1 day')"
	" SELECT s.id, s.gen, " SESSION_COLUMNS " FROM s"};

static const struct pg_stmt USER = {
	"sessions_user",
	"SELECT " USER_COLUMNS
	" FROM sessions s JOIN users u ON u.id = s.user_id AND u.epoch = s.epoch"
	" WHERE s.id = $1 AND s.ended_at IS NULL AND s.expires_at > now() AND u.active"};

/* One statement, so that of many at once exactly one rotates. The row is locked first;
 * the times are those after the wait. `spent[n]` is when generation gen - n was spent. */
static const struct pg_stmt REFRESH = {
	"sessions_refresh",
	"WITH s AS (SELECT s.*, s.ended_at IS NULL AND s.expires_at > now()"
	" AND s.last_used_at > now() - make_interval(days => $4::int)"
	" AND u.active AND u.epoch = s.epoch AS alive"
	" FROM sessions s JOIN users u ON u.id = s.user_id"
	" WHERE s.id = $1 FOR UPDATE OF s),"
	" v AS (SELECT s.*, CASE WHEN NOT s.alive THEN 'ended'"
	" WHEN $2::int = s.gen THEN 'current'"
	" WHEN $2::int > s.gen THEN 'ahead'"
	" WHEN s.spent[s.gen - $2::int]"
	" > clock_timestamp() - make_interval(secs => $5::int) THEN 'grace'"
	" ELSE 'reuse' END AS verdict FROM s),"
	" turned AS (UPDATE sessions t SET"
	" gen = v.gen + turns, last_used_at = now(),"
	" spent = CASE turns WHEN 1 THEN (clock_timestamp() || v.spent)[1:8] ELSE v.spent END,"
	" ended_at = CASE v.verdict WHEN 'reuse' THEN now() END,"
	" end_reason = CASE v.verdict WHEN 'reuse' THEN 'reuse' END"
	" FROM v, LATERAL (SELECT (v.verdict = 'current' AND $3::boolean)::int) AS r (turns)"
	" WHERE t.id = v.id AND (v.verdict = 'reuse' OR turns = 1"
	" OR v.verdict = 'current' AND v.last_used_at < now() - interval '1 hour')"
	" RETURNING t.gen),"
	" o AS (INSERT INTO outbox (letter, user_id, ip, user_agent)"
	" SELECT 'refresh_reused', user_id, $6, $7 FROM v WHERE verdict = 'reuse'),"
	" a AS (INSERT INTO audit (event, user_id, actor, ip, request_id, detail)"
	" SELECT 'refresh_reused', user_id, 'user', $6::inet, $8, 'session ' || id"
	" FROM v WHERE verdict = 'reuse')"
	" SELECT v.verdict, s.id, coalesce(turned.gen, s.gen), " SESSION_COLUMNS
	", " USER_COLUMNS " FROM v JOIN s ON s.id = v.id JOIN users u ON u.id = s.user_id"
	" LEFT JOIN turned ON true"};

static const struct {
	const char *word;
	enum session_verdict verdict;
} verdicts[] = {
	{"ended", SESSION_ENDED}, {"current", SESSION_CURRENT}, {"grace", SESSION_GRACE},
	{"ahead", SESSION_AHEAD}, {"reuse", SESSION_REUSE},
};

enum { SESSION_COLUMN_COUNT = 5 };

static void row_session(const struct pg_rows *rows, size_t i, struct session *out)
{
	*out = (struct session){
		.id = pg_cell(rows, 0, i),
		.gen = pg_int(rows, 0, i + 1),
		.created_at = pg_int(rows, 0, i + 2),
		.expires_at = pg_int(rows, 0, i + 3),
		.last_used_at = pg_int(rows, 0, i + 4),
	};
}

enum rc sessions_open(struct context *c, const struct user *user, const char *method,
		      const char *device_type, struct session *out)
{
	struct pg_rows rows;
	enum rc rc =
		pg_run(c->pg, &OPEN, c->arena, &rows,
		       PG_VALUES(user->id, text_integer(c->arena, user->epoch), method,
				 c->client.user_agent, c->client.address,
				 text_integer(c->arena, c->conf->tokens_session_ttl_days),
				 device_type, c->client.prefix));

	if (rc == RC_OK)
		row_session(&rows, 0, out);
	return rc;
}

enum rc sessions_user(struct context *c, const char *session_id, struct user *out)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &USER, c->arena, &rows, PG_VALUES(session_id));

	if (rc == RC_OK)
		row_user(c, &rows, 0, out);
	return rc;
}

static enum session_verdict verdict_parse(const char *word)
{
	for (size_t i = 0; i < COUNT(verdicts); i++)
		if (strcmp(word, verdicts[i].word) == 0)
			return verdicts[i].verdict;
	return SESSION_ENDED;
}

enum rc sessions_refresh(struct context *c, const char *session_id, int64_t gen,
			 bool rotate, enum session_verdict *verdict,
			 struct session *session, struct user *user)
{
	struct pg_rows rows;
	enum rc rc = pg_run(
		c->pg, &REFRESH, c->arena, &rows,
		PG_VALUES(session_id, text_integer(c->arena, gen), rotate ? "t" : "f",
			  text_integer(c->arena, c->conf->tokens_idle_ttl_days),
			  text_integer(c->arena, c->conf->tokens_refresh_grace_s),
			  c->client.address, c->client.user_agent, c->request_id));

	if (rc == RC_OK) {
		*verdict = verdict_parse(pg_cell(&rows, 0, 0));
		row_session(&rows, 1, session);
		row_user(c, &rows, 1 + SESSION_COLUMN_COUNT, user);
	}
	if (rc == RC_NONE)
		*verdict = SESSION_ENDED;
	return rc == RC_NONE ? RC_OK : rc;
}
