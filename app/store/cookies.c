#include "app/store/cookies.h"

#include "app/store/row.h"
#include "lib/text.h"

static const struct pg_stmt USER = {
	"cookies_user",
	"SELECT " USER_COLUMNS
	", " MS("s.created_at") ", encode(s.cookie_digest, 'hex'), s.cookie_key,"
				" s.last_used_at < now() - interval '1 hour'"
				" FROM sessions s JOIN users u ON u.id = s.user_id AND u.epoch = s.epoch"
				" WHERE s.id = $1 AND s.ended_at IS NULL AND s.expires_at > now()"
				" AND s.last_used_at > now() - make_interval(days => $2::int)"
				" AND s.cookie_digest IS NOT NULL AND u.active"};

static const struct pg_stmt USED = {
	"cookies_used", "UPDATE sessions SET last_used_at = now() WHERE id = $1"};

enum rc cookies_user(struct context *c, const char *session_id,
		     struct cookie_session *out)
{
	struct pg_rows rows;
	enum rc rc =
		pg_run(c->pg, &USER, c->arena, &rows,
		       PG_VALUES(session_id,
				 text_integer(c->arena, c->conf->tokens_idle_ttl_days)));

	if (rc != RC_OK)
		return rc;
	row_user(c, &rows, 0, 0, &out->user);
	out->login_at = pg_int(&rows, 0, USER_COLUMN_COUNT);
	out->hex = pg_cell(&rows, 0, USER_COLUMN_COUNT + 1);
	out->kid = pg_cell(&rows, 0, USER_COLUMN_COUNT + 2);
	out->dusty = pg_bool(&rows, 0, USER_COLUMN_COUNT + 3);
	return RC_OK;
}

void cookies_used(struct context *c, const char *session_id)
{
	(void)!pg_run(c->pg, &USED, c->arena, NULL, PG_VALUES(session_id));
}
