/* What a refresh token is worth: one rule, looked at with and without a lock. */
#include "app/store/row.h"
#include "lib/text.h"

/* The user is looked at as it was before a wait for the lock, the session as it is after:
 * every use of a token asks for the user anyway. */
#define ALIVE                                                                            \
	"s.ended_at IS NULL AND s.expires_at > clock_timestamp()"                        \
	" AND s.last_used_at > clock_timestamp() - make_interval(days => $3::int)"       \
	" AND u.active AND u.epoch = s.epoch"

/* `spent[n]` is when generation gen - n was spent. */
#define VERDICT(alive)                                                                   \
	"CASE WHEN NOT (" alive ") THEN 'ended'"                                         \
	" WHEN $2::int = s.gen THEN 'current' WHEN $2::int > s.gen THEN 'ahead'"         \
	" WHEN s.spent[s.gen - $2::int]"                                                 \
	" > clock_timestamp() - make_interval(secs => $4::int) THEN 'grace'"             \
	" ELSE 'reuse' END"

#define DUSTY "s.last_used_at < now() - interval '1 hour'"

#define FROM_SESSION " FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1"

static const struct pg_stmt LOOK = {
	"sessions_look",
	"SELECT " VERDICT(ALIVE) ", s.id, s.gen, " SESSION_REST ", " USER_COLUMNS
				 ", " DUSTY FROM_SESSION};

/* Of many at once exactly one finds its generation there: the others wait for the row and
 * look again (READ COMMITTED). */
static const struct pg_stmt ROTATE = {
	"sessions_rotate",
	"UPDATE sessions s SET gen = s.gen + 1, last_used_at = now(),"
	" spent = (clock_timestamp() || s.spent)[1:8] FROM users u"
	" WHERE s.id = $1 AND u.id = s.user_id AND s.gen = $2::int AND " ALIVE
	" RETURNING 'current', s.id, s.gen, " SESSION_REST ", " USER_COLUMNS};

/* Every verdict, with what comes of it; one statement, for the same reason. */
static const struct pg_stmt REFRESH = {
	"sessions_refresh",
	"WITH s AS (SELECT s.id, s.user_id, s.gen, s.spent, s.created_at, s.expires_at,"
	" s.last_used_at, s.method, " ALIVE " AS alive" FROM_SESSION " FOR UPDATE OF s),"
	" v AS (SELECT s.id, " VERDICT(
		"s.alive") " AS verdict, " DUSTY " AS dusty FROM s),"
			   " turned AS (UPDATE sessions t SET gen = s.gen + turns, last_used_at = now(),"
			   " spent = CASE turns WHEN 1 THEN (clock_timestamp() || s.spent)[1:8] ELSE s.spent END,"
			   " ended_at = CASE v.verdict WHEN 'reuse' THEN now() END,"
			   " end_reason = CASE v.verdict WHEN 'reuse' THEN 'reuse' END"
			   " FROM v JOIN s ON s.id = v.id,"
			   " LATERAL (SELECT (v.verdict = 'current' AND $5::boolean)::int) AS r (turns)"
			   " WHERE t.id = v.id AND (v.verdict = 'reuse' OR turns = 1"
			   " OR v.verdict = 'current' AND v.dusty)"
			   " RETURNING t.gen),"
			   " o AS (INSERT INTO outbox (letter, user_id, ip, user_agent)"
			   " SELECT 'refresh_reused', s.user_id, $6, $7 FROM v JOIN s ON s.id = v.id"
			   " WHERE v.verdict = 'reuse'),"
			   " a AS (INSERT INTO audit (event, user_id, actor, ip, request_id, detail)"
			   " SELECT 'refresh_reused', s.user_id, 'user', $6::inet, $8, 'session ' || s.id"
			   " FROM v JOIN s ON s.id = v.id WHERE v.verdict = 'reuse')"
			   " SELECT v.verdict, s.id, coalesce(turned.gen, s.gen), " SESSION_REST
			   ", " USER_COLUMNS
			   " FROM v JOIN s ON s.id = v.id JOIN users u ON u.id = s.user_id"
			   " LEFT JOIN turned ON true"};

static const struct {
	const char *word;
	enum session_verdict verdict;
} verdicts[] = {
	{"ended", SESSION_ENDED}, {"current", SESSION_CURRENT}, {"grace", SESSION_GRACE},
	{"ahead", SESSION_AHEAD}, {"reuse", SESSION_REUSE},
};

struct judgement {
	enum session_verdict verdict;
	struct session session;
	struct user user;
	bool dusty; /* its use was not noted for an hour */
};

static enum session_verdict verdict_parse(const char *word)
{
	for (size_t i = 0; i < COUNT(verdicts); i++)
		if (strcmp(word, verdicts[i].word) == 0)
			return verdicts[i].verdict;
	return SESSION_ENDED;
}

static enum rc read_judgement(struct context *c, enum rc rc, const struct pg_rows *rows,
			      struct judgement *out)
{
	*out = (struct judgement){.verdict = SESSION_ENDED};
	if (rc != RC_OK)
		return rc == RC_NONE ? RC_OK : RC_DOWN;
	out->verdict = verdict_parse(pg_cell(rows, 0, 0));
	row_session(rows, 1, &out->session);
	row_user(c, rows, 0, 1 + SESSION_COLUMN_COUNT, &out->user);
	return RC_OK;
}

/* Most tokens are good and change nothing: those are not worth a lock. */
static enum rc look(struct context *c, const char *session_id, int64_t gen,
		    struct judgement *out)
{
	struct pg_rows rows;
	enum rc rc = pg_run(
		c->pg, &LOOK, c->arena, &rows,
		PG_VALUES(session_id, text_integer(c->arena, gen),
			  text_integer(c->arena, c->conf->tokens_idle_ttl_days),
			  text_integer(c->arena, c->conf->tokens_refresh_grace_s)));
	bool found = rc == RC_OK;

	rc = read_judgement(c, rc, &rows, out);
	if (found)
		out->dusty =
			pg_bool(&rows, 0, 1 + SESSION_COLUMN_COUNT + USER_COLUMN_COUNT);
	return rc;
}

/* What most renewals are, at a third of the price. RC_NONE: it is not that. */
static enum rc rotate(struct context *c, const char *session_id, int64_t gen,
		      struct judgement *out)
{
	struct pg_rows rows;
	enum rc rc =
		pg_run(c->pg, &ROTATE, c->arena, &rows,
		       PG_VALUES(session_id, text_integer(c->arena, gen),
				 text_integer(c->arena, c->conf->tokens_idle_ttl_days)));

	return rc == RC_NONE ? rc : read_judgement(c, rc, &rows, out);
}

static enum rc refresh(struct context *c, const char *session_id, int64_t gen,
		       bool rotates, struct judgement *out)
{
	struct pg_rows rows;
	enum rc rc =
		pg_run(c->pg, &REFRESH, c->arena, &rows,
		       PG_VALUES(session_id, text_integer(c->arena, gen),
				 text_integer(c->arena, c->conf->tokens_idle_ttl_days),
				 text_integer(c->arena, c->conf->tokens_refresh_grace_s),
				 rotates ? "t" : "f", c->client.address,
				 c->client.user_agent, c->request_id));

	return read_judgement(c, rc, &rows, out);
}

enum rc sessions_look(struct context *c, const char *session_id, int64_t gen,
		      enum session_verdict *verdict, struct session *session,
		      struct user *user)
{
	struct judgement found;
	enum rc rc = look(c, session_id, gen, &found);

	if (rc != RC_OK)
		return rc;
	*verdict = found.verdict;
	*session = found.session;
	*user = found.user;
	return RC_OK;
}

enum rc sessions_refresh(struct context *c, const char *session_id, int64_t gen,
			 bool rotates, enum session_verdict *verdict,
			 struct session *session, struct user *user)
{
	struct judgement found;
	enum rc rc = rotates ? rotate(c, session_id, gen, &found)
			     : look(c, session_id, gen, &found);
	bool acts =
		rotates ? rc == RC_NONE
			: rc == RC_OK && (found.verdict == SESSION_REUSE || found.dusty);

	if (acts)
		rc = refresh(c, session_id, gen, rotates, &found);
	if (rc != RC_OK)
		return rc;
	*verdict = found.verdict;
	*session = found.session;
	*user = found.user;
	return RC_OK;
}
