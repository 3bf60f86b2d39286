#include "app/store/admin_sessions.h"

#include "app/store/row.h"
#include "lib/text.h"

#define IDLE_SINCE "now() - make_interval(days => $2::int)"
#define TIMES	   MS("s.created_at") ", " MS("s.last_used_at") ", " MS("s.expires_at")

static const struct pg_stmt LIST = {
	"admin_sessions_list",
	"SELECT s.id, s.method, s.user_agent, host(s.ip),"
	" CASE WHEN s.ended_at IS NOT NULL THEN coalesce(s.end_reason, 'ended')"
	" WHEN s.epoch <> u.epoch OR NOT u.active THEN 'revoked'"
	" WHEN s.expires_at <= now() THEN 'expired'"
	" WHEN s.last_used_at <= " IDLE_SINCE " THEN 'idle' ELSE 'live' END, " TIMES
	" FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.user_id = $1"
	" ORDER BY s.created_at DESC LIMIT $3"};

static const struct pg_stmt REVOKE = {
	"admin_sessions_revoke",
	"WITH before AS (SELECT id, epoch FROM users WHERE id = $1 FOR UPDATE),"
	" live AS (SELECT count(*) AS n FROM sessions s JOIN before b"
	" ON b.id = s.user_id AND b.epoch = s.epoch WHERE s.ended_at IS NULL"
	" AND s.expires_at > now() AND s.last_used_at > " IDLE_SINCE "),"
	" u AS (UPDATE users SET epoch = users.epoch + 1, updated_at = now() FROM before"
	" WHERE users.id = before.id RETURNING users.id),"
	" a AS (INSERT INTO audit (event, user_id, actor)"
	" SELECT 'sessions_revoked', id, 'ctl' FROM u)"
	" SELECT live.n FROM u, live"};

static void take_row(const struct pg_rows *rows, size_t i, struct admin_session *out)
{
	*out = (struct admin_session){
		.id = pg_cell(rows, i, 0),
		.method = pg_cell(rows, i, 1),
		.user_agent = pg_cell(rows, i, 2),
		.ip = pg_cell(rows, i, 3),
		.state = pg_cell(rows, i, 4),
		.created_at = pg_int(rows, i, 5),
		.last_used_at = pg_int(rows, i, 6),
		.expires_at = pg_int(rows, i, 7),
	};
}

static const char *idle_days(struct context *c)
{
	return text_integer(c->arena, c->conf->tokens_idle_ttl_days);
}

enum rc admin_sessions_list(struct context *c, const char *user_id,
			    struct admin_session **out, size_t *n)
{
	const char *most = text_integer(c->arena, ADMIN_SESSIONS_MAX);
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &LIST, c->arena, &rows,
			    PG_VALUES(user_id, idle_days(c), most));

	if (rc != RC_OK)
		return rc;
	*out = arena_alloc(c->arena, rows.n * sizeof **out);
	*n = rows.n;
	for (size_t i = 0; i < rows.n; i++)
		take_row(&rows, i, &(*out)[i]);
	return RC_OK;
}

enum rc admin_sessions_revoke(struct context *c, const char *user_id, int64_t *ended)
{
	struct pg_rows rows;
	enum rc rc =
		pg_run(c->pg, &REVOKE, c->arena, &rows, PG_VALUES(user_id, idle_days(c)));

	if (rc == RC_OK)
		*ended = pg_int(&rows, 0, 0);
	return rc;
}
