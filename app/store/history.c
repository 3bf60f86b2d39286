#include "app/store/history.h"

#include "app/store/codes.h"
#include "app/store/row.h"

/* Nobody leaves a row, too: else a wrong password would take longer for a user. For the
 * same reason none waits for the disk. Who was deleted meanwhile leaves none. */
static const struct pg_stmt FAILURE = {
	"history_failure",
	"INSERT INTO login_history (user_id, user_agent, ip, device_type, method, success)"
	" SELECT $1::uuid, $2, $3, $4, $5, false"
	" FROM set_config('synchronous_commit', 'off', true),"
	" (SELECT count(*) AS n FROM users WHERE id = $1::uuid) AS u"
	" WHERE u.n = 1 OR $1::uuid = '" CODES_NOBODY "'"};

enum rc history_failure(struct context *c, const char *user_id, const char *method,
			const char *device_type)
{
	enum rc rc = pg_run(c->pg, &FAILURE, c->arena, NULL,
			    PG_VALUES(user_id, c->client.user_agent, c->client.address,
				      device_type, method));

	return rc == RC_NONE ? RC_OK : rc;
}

static const struct pg_stmt LIST = {
	"history_list",
	ROW_PAGE(
		"count(*) FROM login_history WHERE user_id = $3",
		"id, user_agent, host(ip), device_type, method, " MS(
			"created_at") ", success FROM login_history"
				      " WHERE user_id = $3 ORDER BY created_at DESC, id")};

enum rc history_list(struct context *c, const char *user_id, const struct page *page,
		     struct history_row **out, struct page_found *found)
{
	struct pg_rows rows;
	struct history_row *list;
	enum rc rc = row_page(c, &LIST, user_id, page, &rows, found);

	if (rc != RC_OK)
		return rc;
	list = arena_alloc(c->arena, rows.n * sizeof *list);
	for (size_t i = 0; i < found->n; i++)
		list[i] = (struct history_row){
			.id = pg_cell(&rows, i, 1),
			.user_agent = pg_cell(&rows, i, 2),
			.ip = pg_cell(&rows, i, 3),
			.device_type = pg_cell(&rows, i, 4),
			.method = pg_cell(&rows, i, 5),
			.created_at = pg_int(&rows, i, 6),
			.success = pg_bool(&rows, i, 7),
		};
	*out = list;
	return RC_OK;
}
