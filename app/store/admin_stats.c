#include "app/store/admin_stats.h"

/* A row each, so that the statement is the list. */
static const struct pg_stmt STATS = {
	"admin_stats",
	"WITH u AS (SELECT count(*) AS all, count(*) FILTER (WHERE active) AS active,"
	" count(*) FILTER (WHERE email_verified) AS verified,"
	" count(*) FILTER (WHERE has_password) AS with_password,"
	" count(*) FILTER (WHERE created_at > now() - interval '1 day') AS new FROM users),"
	" s AS (SELECT count(*) AS living, count(DISTINCT s.user_id) AS people"
	" FROM sessions s JOIN users u ON u.id = s.user_id AND u.epoch = s.epoch"
	" WHERE s.ended_at IS NULL AND s.expires_at > now() AND u.active),"
	" h AS (SELECT count(*) FILTER (WHERE success) AS good,"
	" count(*) FILTER (WHERE NOT success) AS bad FROM login_history"
	" WHERE created_at > now() - interval '1 day'),"
	" o AS (SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting,"
	" count(*) FILTER (WHERE state = 'dead') AS dead,"
	" count(*) FILTER (WHERE state = 'expired') AS expired FROM outbox)"
	" SELECT x.name, x.value FROM u, s, h, o, LATERAL (VALUES"
	" ('users', u.all), ('users_active', u.active), ('users_verified', u.verified),"
	" ('users_with_password', u.with_password), ('users_new_24h', u.new),"
	" ('users_signed_in', s.people), ('sessions', s.living),"
	" ('logins_24h', h.good), ('logins_refused_24h', h.bad),"
	" ('letters_waiting', o.waiting), ('letters_dead', o.dead),"
	" ('letters_expired', o.expired),"
	" ('social_accounts', (SELECT count(*) FROM social_accounts)),"
	" ('roles', (SELECT count(*) FROM roles)),"
	" ('clients', (SELECT count(*) FROM clients)),"
	" ('database_bytes', pg_database_size(current_database())))"
	" AS x (name, value)"};

enum rc admin_stats(struct context *c, struct admin_stat out[ADMIN_STATS_MAX], size_t *n)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &STATS, c->arena, &rows, PG_NO_VALUES);

	if (rc != RC_OK)
		return rc;
	INVARIANT(rows.n <= ADMIN_STATS_MAX);
	for (size_t i = 0; i < rows.n; i++)
		out[i] = (struct admin_stat){pg_cell(&rows, i, 0), pg_int(&rows, i, 1)};
	*n = rows.n;
	return RC_OK;
}
