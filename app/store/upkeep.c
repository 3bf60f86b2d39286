#include "app/store/upkeep.h"

#include "lib/text.h"

/* A script has no limit in time, but neither parameters nor rows: both pass through
 * settings of the session. */
static const struct pg_stmt PASS = {"upkeep_pass",
				    "SELECT set_config('latchkey.in', $1, false),"
				    " set_config('latchkey.out', '0', false)"};
static const struct pg_stmt COUNT_OUT = {
	"upkeep_count", "SELECT current_setting('latchkey.out')::bigint"};

#define IN "current_setting('latchkey.in')::int"
/* Nobody waits behind a lock that a partition waits for. One at a time: two hosts may do
 * this at the same moment. */
#define IN_PATIENCE(work)                                                                \
	"BEGIN; SET LOCAL lock_timeout = '5s';"                                          \
	" SELECT pg_advisory_xact_lock(hashtext('latchkey upkeep'));"                    \
	" SELECT set_config('latchkey.out', (" work ")::text, false); COMMIT"
#define A_BATCH_OF(table, condition)                                                     \
	"WITH gone AS (DELETE FROM " table " WHERE ctid IN (SELECT ctid FROM " table     \
	" WHERE " condition " LIMIT 1000) RETURNING 1)"                                  \
	" SELECT set_config('latchkey.out', count(*)::text, false) FROM gone"
#define DAYS_AGO "now() - make_interval(days => " IN ")"

enum { BATCH = 1000 };

enum input {
	MONTHS_AHEAD,
	HISTORY_MONTHS,
	AUDIT_MONTHS,
	SESSION_DAYS,
	LETTER_DAYS,
	PREFIX_DAYS,
	DEVICE_DAYS,
	TOKEN_DAYS,
};

static const struct piece {
	const char *script;
	enum input input;
	bool in_batches;
	size_t offset; /* in struct upkeep */
} pieces[] = {
	{IN_PATIENCE("SELECT partitions_ensure(" IN ")"), MONTHS_AHEAD, false,
	 offsetof(struct upkeep, partitions_made)},
	{IN_PATIENCE("SELECT partitions_drop('login_history', " IN ")"), HISTORY_MONTHS,
	 false, offsetof(struct upkeep, history_dropped)},
	{IN_PATIENCE("SELECT partitions_drop('audit', " IN ")"), AUDIT_MONTHS, false,
	 offsetof(struct upkeep, audit_dropped)},
	{A_BATCH_OF("sessions", "expires_at < " DAYS_AGO), SESSION_DAYS, true,
	 offsetof(struct upkeep, sessions)},
	{A_BATCH_OF("sessions", "ended_at < " DAYS_AGO), SESSION_DAYS, true,
	 offsetof(struct upkeep, sessions)},
	{A_BATCH_OF("outbox", "state <> 'waiting' AND ended_at < " DAYS_AGO), LETTER_DAYS,
	 true, offsetof(struct upkeep, letters)},
	{A_BATCH_OF("known_prefixes", "last_success < " DAYS_AGO), PREFIX_DAYS, true,
	 offsetof(struct upkeep, prefixes)},
	{A_BATCH_OF("known_devices", "last_success < " DAYS_AGO), DEVICE_DAYS, true,
	 offsetof(struct upkeep, devices)},
	{A_BATCH_OF("revoked_tokens", "expires_at < " DAYS_AGO), TOKEN_DAYS, true,
	 offsetof(struct upkeep, tokens)},
	{A_BATCH_OF("client_secrets", "expires_at < " DAYS_AGO), TOKEN_DAYS, true,
	 offsetof(struct upkeep, secrets)},
};

static const struct pg_stmt READY = {"upkeep_ready", "SELECT partitions_ready()"};

static const struct pg_stmt AUDIT = {
	"upkeep_audit",
	"INSERT INTO audit (event, actor, detail) VALUES ($1, 'ctl', $2)"};

static const struct pg_stmt EXCESS = {
	"upkeep_excess",
	"SELECT CASE WHEN r.rolsuper THEN 'is a superuser'"
	" WHEN r.rolcreaterole OR r.rolcreatedb THEN 'may create roles or databases'"
	" WHEN has_schema_privilege('public', 'CREATE') THEN 'may create tables'"
	" WHEN has_table_privilege('audit', 'UPDATE, DELETE, TRUNCATE')"
	" THEN 'may rewrite the audit trail'"
	" WHEN NOT $1::boolean AND has_column_privilege('users', 'password_hash', 'SELECT')"
	" THEN 'may read password hashes'"
	" WHEN NOT $2::boolean AND has_any_column_privilege('users', 'SELECT')"
	" THEN 'may read accounts' END"
	" FROM pg_roles r WHERE r.rolname = current_user"};

static int64_t input_value(const struct conf *conf, enum input input)
{
	switch (input) {
	case MONTHS_AHEAD:
		return UPKEEP_MONTHS_AHEAD;
	case HISTORY_MONTHS:
		return conf->retention_history_months;
	case AUDIT_MONTHS:
		return conf->retention_audit_months;
	case SESSION_DAYS:
		return conf->retention_session_days;
	case LETTER_DAYS:
		return conf->retention_letter_days;
	case PREFIX_DAYS:
		return UPKEEP_PREFIX_DAYS;
	case DEVICE_DAYS:
		return UPKEEP_DEVICE_DAYS;
	case TOKEN_DAYS:
		return UPKEEP_TOKEN_DAYS;
	}
	INVARIANT(false);
}

static const char *run_once(struct context *c, const struct piece *piece, int64_t *n)
{
	const char *in = text_integer(c->arena, input_value(c->conf, piece->input)), *why;
	struct pg_rows rows;

	if (pg_run(c->pg, &PASS, c->arena, NULL, PG_VALUES(in)) != RC_OK)
		return "PostgreSQL cannot be reached";
	why = pg_script(c->pg, c->arena, piece->script);
	if (why)
		return why;
	if (pg_run(c->pg, &COUNT_OUT, c->arena, &rows, PG_NO_VALUES) != RC_OK)
		return "PostgreSQL cannot be reached";
	*n = pg_int(&rows, 0, 0);
	return NULL;
}

static const char *run_piece(struct context *c, const struct piece *piece, int64_t *total)
{
	int64_t n;

	do {
		const char *why = run_once(c, piece, &n);

		if (why)
			return why;
		*total += n;
	} while (piece->in_batches && n == BATCH);
	return NULL;
}

const char *upkeep_run(struct context *c, struct upkeep *done)
{
	const char *first = NULL;

	*done = (struct upkeep){0};
	for (size_t i = 0; i < COUNT(pieces); i++) {
		int64_t n = 0, before;
		const char *why = run_piece(c, &pieces[i], &n);
		void *at = (char *)done + pieces[i].offset;

		memcpy(&before, at, sizeof before);
		n += before;
		memcpy(at, &n, sizeof n);
		if (!first)
			first = why;
	}
	return first;
}

enum rc upkeep_partitions_ready(struct context *c, bool *ready)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &READY, c->arena, &rows, PG_NO_VALUES);

	if (rc == RC_OK)
		*ready = pg_bool(&rows, 0, 0);
	return rc;
}

enum rc upkeep_audit(struct context *c, const char *event, const char *detail)
{
	return pg_run(c->pg, &AUDIT, c->arena, NULL, PG_VALUES(event, detail));
}

enum rc upkeep_role_excess(struct context *c, enum upkeep_reads reads,
			   const char **excess)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &EXCESS, c->arena, &rows,
			    PG_VALUES(reads == UPKEEP_READS_HASHES ? "t" : "f",
				      reads == UPKEEP_READS_NONE ? "f" : "t"));

	if (rc == RC_OK)
		*excess = pg_cell(&rows, 0, 0);
	return rc;
}
