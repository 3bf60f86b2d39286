#include "app/store/history.h"

/* Not waiting for the disk: else a wrong password would take longer for a user than for
 * nobody, who leaves no row. */
static const struct pg_stmt FAILURE = {
	"history_failure",
	"INSERT INTO login_history (user_id, user_agent, ip, device_type, method, success)"
	" SELECT id, $2, $3, $4, $5, false"
	" FROM set_config('synchronous_commit', 'off', true), users WHERE id = $1"};

enum rc history_failure(struct context *c, const char *user_id, const char *method,
			const char *device_type)
{
	enum rc rc = pg_run(c->pg, &FAILURE, c->arena, NULL,
			    PG_VALUES(user_id, c->client.user_agent, c->client.address,
				      device_type, method));

	return rc == RC_NONE ? RC_OK : rc;
}
