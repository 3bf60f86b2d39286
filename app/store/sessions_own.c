/* What users see and end of their sessions. */
#include "app/store/row.h"
#include "app/store/sessions.h"

/* A session lives by the same words everywhere: see sessions_user(). */
#define LIVING                                                                           \
	" FROM sessions s JOIN users u ON u.id = s.user_id AND u.epoch = s.epoch"        \
	" WHERE s.user_id = $3 AND s.ended_at IS NULL AND s.expires_at > now()"

static const struct pg_stmt LIST = {
	"sessions_list",
	ROW_PAGE("count(*)" LIVING, "s.id, s.user_agent, host(s.ip), s.device_type, " MS(
					    "s.created_at") ", " MS("s.last_used_at")
					    LIVING " ORDER BY s.created_at DESC, s.id")};

static const struct pg_stmt END = {
	"sessions_end",
	"WITH s AS (UPDATE sessions SET ended_at = now(), end_reason = $3"
	" WHERE id = $2 AND user_id = $1 AND ended_at IS NULL AND expires_at > now()"
	" RETURNING id, user_id),"
	" a AS (INSERT INTO audit (event, user_id, actor, ip, request_id, detail)"
	" SELECT $3, user_id, $6, $4::inet, $5, 'session ' || id FROM s)"
	" SELECT id FROM s"};

static const struct pg_stmt END_ALL = {
	"sessions_end_all",
	"WITH u AS (UPDATE users SET epoch = epoch + 1, updated_at = now() WHERE id = $1"
	" RETURNING id),"
	" a AS (INSERT INTO audit (event, user_id, actor, ip, request_id)"
	" SELECT 'logout_all', id, 'user', $2::inet, $3 FROM u)"
	" SELECT id FROM u"};

enum rc sessions_list(struct context *c, const char *user_id, const struct page *page,
		      struct session_row **out, struct page_found *found)
{
	struct pg_rows rows;
	struct session_row *list;
	enum rc rc = row_page(c, &LIST, user_id, page, &rows, found);

	if (rc != RC_OK)
		return rc;
	list = arena_alloc(c->arena, rows.n * sizeof *list);
	for (size_t i = 0; i < found->n; i++)
		list[i] = (struct session_row){
			.id = pg_cell(&rows, i, 1),
			.user_agent = pg_cell(&rows, i, 2),
			.ip = pg_cell(&rows, i, 3),
			.device_type = pg_cell(&rows, i, 4),
			.created_at = pg_int(&rows, i, 5),
			.last_used_at = pg_int(&rows, i, 6),
		};
	*out = list;
	return RC_OK;
}

enum rc sessions_end(struct context *c, const char *user_id, const char *session_id,
		     const char *reason)
{
	return pg_run(c->pg, &END, c->arena, NULL,
		      PG_VALUES(user_id, session_id, reason, c->client.address,
				c->request_id, c->actor));
}

enum rc sessions_end_all(struct context *c, const char *user_id)
{
	return pg_run(c->pg, &END_ALL, c->arena, NULL,
		      PG_VALUES(user_id, c->client.address, c->request_id));
}
