#include "app/store/admin_audit.h"

#include "app/store/codes.h"
#include "app/store/row.h"
#include "lib/clock.h"
#include "lib/text.h"

/* Each table gives as many as are asked for at most, and the newest of both are taken.
 * What PostgreSQL plans without a user is of no use with one: two statements. */
#define OF_BOTH(condition)                                                                                        \
	"SELECT " MS(                                                                                             \
		"x.created_at") ", x.event, x.user_id, u.email, x.actor,"                                         \
				" host(x.ip), x.request_id, x.detail FROM"                                        \
				" ((SELECT created_at, id AS n, event, user_id, actor, ip, request_id, detail"    \
				" FROM audit WHERE created_at >= $1" condition                                    \
				" ORDER BY created_at DESC, id DESC LIMIT $2)"                                    \
				" UNION ALL"                                                                      \
				" (SELECT created_at, 0, CASE WHEN success THEN 'login' ELSE 'login_failed' END," \
				" NULLIF(user_id, '" CODES_NOBODY                                                 \
				"'), 'user', ip, NULL,"                                                           \
				" concat_ws(' ', method, device_type, user_agent)"                                \
				" FROM login_history WHERE created_at >= $1" condition                            \
				" ORDER BY created_at DESC LIMIT $2)) AS x"                                       \
				" LEFT JOIN users u ON u.id = x.user_id"                                          \
				" ORDER BY x.created_at DESC, x.n DESC LIMIT $2"

static const struct pg_stmt OF_ALL = {"admin_audit_all", OF_BOTH("")};
static const struct pg_stmt OF_USER = {"admin_audit_user",
				       OF_BOTH(" AND user_id = $3::uuid")};

static void take_row(const struct pg_rows *rows, size_t i, struct admin_event *out)
{
	*out = (struct admin_event){
		.at = pg_int(rows, i, 0),
		.event = pg_cell(rows, i, 1),
		.user_id = pg_cell(rows, i, 2),
		.email = pg_cell(rows, i, 3),
		.actor = pg_cell(rows, i, 4),
		.ip = pg_cell(rows, i, 5),
		.request_id = pg_cell(rows, i, 6),
		.detail = pg_cell(rows, i, 7),
	};
}

enum rc admin_audit_list(struct context *c, const struct admin_audit_query *query,
			 struct admin_event **out, size_t *n)
{
	const struct pg_stmt *stmt = query->user_id ? &OF_USER : &OF_ALL;
	struct pg_rows rows;
	enum rc rc =
		pg_run(c->pg, stmt, c->arena, &rows, query->user_id ? 3 : 2,
		       (const char *const[]){clock_rfc3339(c->arena, query->since_ms),
					     text_integer(c->arena, query->limit),
					     query->user_id});

	if (rc != RC_OK)
		return rc;
	*out = arena_alloc(c->arena, rows.n * sizeof **out);
	*n = rows.n;
	for (size_t i = 0; i < rows.n; i++)
		take_row(&rows, i, &(*out)[i]);
	return RC_OK;
}
