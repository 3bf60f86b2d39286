#include "app/store/outbox_claim.h"

#include "app/store/row.h"
#include "lib/text.h"

/* One claim at a time: each sees those before it, so that two never go to one recipient.
 * A statement of its own, for the next has then a snapshot from after it; and its time is
 * that of the statement, for a transaction that began first may come by the lock last. */
static const struct pg_stmt LOCK = {
	"outbox_lock",
	"SELECT pg_advisory_xact_lock(hashtextextended('outbox_claim', 0))"};

/* A claim moves due_at behind the lease: the letter of a deliverer that died is simply
 * due again then. */
static const struct pg_stmt CLAIM = {
	"outbox_claim",
	"WITH busy AS MATERIALIZED (SELECT user_id, address FROM outbox"
	" WHERE state = 'waiting' AND due_at > statement_timestamp() AND due_at <= statement_timestamp() + $1::int * interval '1 s'"
	" AND claimed_until > statement_timestamp()),"
	" next AS MATERIALIZED (SELECT id, claimed_until IS NOT NULL AS cut_off FROM outbox o"
	" WHERE state = 'waiting' AND due_at <= statement_timestamp() AND (NOT $2::boolean OR attempts = 0)"
	" AND NOT EXISTS (SELECT FROM busy b WHERE b.user_id = o.user_id OR b.address = o.address)"
	" ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED),"
	" c AS (UPDATE outbox o SET attempts = o.attempts + 1,"
	" claimed_until = statement_timestamp() + $1::int * interval '1 s', due_at = statement_timestamp() + $1::int * interval '1 s'"
	" FROM next WHERE o.id = next.id RETURNING o.id, o.letter, o.user_id, o.address, o.nonce,"
	" o.key_id, o.not_after, o.ip, o.user_agent, o.provider, o.created_at, o.attempts, next.cut_off)"
	" SELECT c.id, c.letter, c.user_id,"
	" CASE WHEN c.user_id IS NULL THEN c.address WHEN u.active THEN u.email END,"
	" u.username, c.nonce, c.key_id, c.ip, c.user_agent, c.attempts, " MS(
		"c.created_at") ", extract(epoch FROM now() - c.created_at)::bigint, c.not_after IS NOT NULL,"
				" ceil(extract(epoch FROM c.not_after - now()))::bigint, c.cut_off, c.provider"
				" FROM c LEFT JOIN users u ON u.id = c.user_id"};

static const struct pg_stmt NEXT_DUE = {
	"outbox_next_due",
	"SELECT ceil(greatest(extract(epoch FROM due_at - now()), 0) * 1000)::bigint"
	" FROM outbox WHERE state = 'waiting' ORDER BY due_at LIMIT 1"};

static const struct pg_stmt REMOVE = {"outbox_remove",
				      "DELETE FROM outbox WHERE id = $1::uuid"};

#define CLAIMED " WHERE id = $1::uuid AND attempts = $2::int AND state = 'waiting'"

static const struct pg_stmt RETRY = {
	"outbox_retry",
	"WITH o AS (UPDATE outbox SET claimed_until = NULL, last_error = $4,"
	" due_at = least(now() + $3::bigint * interval '1 ms', not_after)" CLAIMED
	" RETURNING id) SELECT pg_notify('outbox', '') FROM o"};

static const struct pg_stmt BURY = {
	"outbox_bury", "UPDATE outbox SET state = 'dead', claimed_until = NULL,"
		       " ended_at = now(), last_error = $3" CLAIMED};

static const struct pg_stmt EXPIRE = {
	"outbox_expire", "UPDATE outbox SET state = 'expired', claimed_until = NULL,"
			 " ended_at = now()" CLAIMED};

static void read_letter(const struct pg_rows *rows, struct outbox_letter *out)
{
	*out = (struct outbox_letter){
		.id = pg_cell(rows, 0, 0),
		.letter = pg_cell(rows, 0, 1),
		.user_id = pg_cell(rows, 0, 2),
		.to = pg_cell(rows, 0, 3),
		.username = pg_cell(rows, 0, 4),
		.nonce = pg_cell(rows, 0, 5),
		.key_id = pg_cell(rows, 0, 6),
		.ip = pg_cell(rows, 0, 7),
		.user_agent = pg_cell(rows, 0, 8),
		.attempts = pg_int(rows, 0, 9),
		.created_ms = pg_int(rows, 0, 10),
		.age_s = pg_int(rows, 0, 11),
		.ends = pg_bool(rows, 0, 12),
		.left_s = pg_int(rows, 0, 13),
		.cut_off = pg_bool(rows, 0, 14),
		.provider = pg_cell(rows, 0, 15),
	};
}

static enum rc claim_locked(struct context *c, int64_t lease_s, bool fresh_only,
			    struct pg_rows *rows)
{
	enum rc rc = pg_run(c->pg, &LOCK, c->arena, NULL, PG_NO_VALUES);

	if (rc != RC_OK)
		return RC_DOWN;
	return pg_run(c->pg, &CLAIM, c->arena, rows,
		      PG_VALUES(text_integer(c->arena, lease_s),
				fresh_only ? "true" : "false"));
}

enum rc outbox_claim(struct context *c, int64_t lease_s, bool fresh_only,
		     struct outbox_letter *out)
{
	struct pg_rows rows;
	enum rc rc = pg_begin(c->pg);

	if (rc != RC_OK)
		return rc;
	rc = claim_locked(c, lease_s, fresh_only, &rows);
	if (rc != RC_OK) {
		pg_rollback(c->pg);
		return rc;
	}
	rc = pg_commit(c->pg);
	if (rc == RC_OK)
		read_letter(&rows, out);
	return rc;
}

enum rc outbox_next_due(struct context *c, int64_t *ms)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &NEXT_DUE, c->arena, &rows, PG_NO_VALUES);

	if (rc == RC_OK)
		*ms = pg_int(&rows, 0, 0);
	return rc;
}

enum rc outbox_remove(struct context *c, const char *id)
{
	return pg_run(c->pg, &REMOVE, NULL, NULL, PG_VALUES(id));
}

enum rc outbox_retry(struct context *c, const struct outbox_claimed *claim,
		     int64_t delay_ms, const char *error)
{
	return pg_run(c->pg, &RETRY, NULL, NULL,
		      PG_VALUES(claim->id, text_integer(c->arena, claim->attempts),
				text_integer(c->arena, delay_ms), error));
}

enum rc outbox_bury(struct context *c, const struct outbox_claimed *claim,
		    const char *error)
{
	return pg_run(
		c->pg, &BURY, NULL, NULL,
		PG_VALUES(claim->id, text_integer(c->arena, claim->attempts), error));
}

enum rc outbox_expire(struct context *c, const struct outbox_claimed *claim)
{
	return pg_run(c->pg, &EXPIRE, NULL, NULL,
		      PG_VALUES(claim->id, text_integer(c->arena, claim->attempts)));
}
