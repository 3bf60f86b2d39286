#include "app/flow/deliver.h"

#include "app/code.h"
#include "app/store/outbox_claim.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "lib/text.h"

static const char NONE[] = "none";

int64_t deliver_delay_ms(const struct conf *conf, int64_t attempts)
{
	int64_t most = conf->mail_retry_max_s * 1000, ms = conf->mail_retry_min_s * 1000;
	uint32_t random;

	for (int64_t i = 1; i < attempts && ms < most; i++)
		ms *= 2;
	if (ms > most)
		ms = most;
	secret_random(&random, sizeof random);
	return ms - (int64_t)(random % (uint32_t)(ms / 4 + 1));
}

static void put_error(struct deliver_outcome *outcome, const char *error)
{
	struct buf buf;

	buf_init(&buf, outcome->error, sizeof outcome->error);
	buf_puts(&buf, error);
}

static enum deliver_end dead(struct deliver_outcome *outcome, const char *error)
{
	put_error(outcome, error);
	return DELIVER_DEAD;
}

static bool is_given_up(const struct context *c, const struct outbox_letter *row,
			int64_t delay_ms)
{
	return row->age_s + delay_ms / 1000 >= c->conf->mail_give_up_h * 3600;
}

/* `outcome` has the reason. */
static enum deliver_end again(struct context *c, const struct outbox_letter *row,
			      struct deliver_outcome *outcome)
{
	outcome->delay_ms = deliver_delay_ms(c->conf, row->attempts);
	return is_given_up(c, row, outcome->delay_ms) ? DELIVER_DEAD : DELIVER_LATER;
}

/* NULL: there is no code key of that name here; one may come. */
static const char *make_code(struct context *c, const struct outbox_letter *row,
			     const char *purpose)
{
	char code[CODE_SIZE], *pretty = arena_alloc(c->arena, CODE_PRETTY_SIZE);
	const struct jwt_key *key =
		keys_by_kid(c->keys, KEY_CODE, row->key_id, c->now_ms);

	if (!key)
		return NULL;
	code_derive(key, purpose, text_lower(c->arena, row->to), row->nonce, code);
	code_pretty(code, pretty);
	secret_wipe(code, sizeof code);
	return pretty;
}

static bool has_code_parts(const struct outbox_letter *row)
{
	return row->nonce && row->key_id && strlen(row->nonce) <= CODE_NONCE_MAX;
}

static enum deliver_end send_letter(struct context *c, const struct deliver *d,
				    enum letter letter, const struct outbox_letter *row,
				    const char *code, struct deliver_outcome *outcome)
{
	const struct letter_facts facts = {
		.id = row->id,
		.created_ms = row->created_ms,
		.from = c->conf->mail_from,
		.to = row->to,
		.service = c->conf->web_service_name,
		.url = c->conf->web_public_url,
		.code = code,
		.minutes = row->left_s < 90 ? 1 : (row->left_s + 30) / 60,
		.username = row->username,
		.ip = row->ip,
		.user_agent = row->user_agent,
		.provider = row->provider,
	};
	const char *message = letter_render(c->arena, d->letters, letter, &facts);

	switch (smtp_send(&d->server, facts.from, facts.to, message, outcome->error,
			  sizeof outcome->error)) {
	case SMTP_SENT:
		return DELIVER_SENT;
	case SMTP_NEVER:
		return DELIVER_DEAD;
	case SMTP_LATER:
		break;
	}
	return again(c, row, outcome);
}

/* Everything that decides about a letter, in its order. */
static enum deliver_end decide(struct context *c, const struct deliver *d,
			       const struct outbox_letter *row,
			       struct deliver_outcome *outcome)
{
	const char *code = NULL, *purpose;
	enum letter letter;

	if (strcmp(row->letter, NONE) == 0 || !row->to)
		return DELIVER_UNWANTED;
	if (row->ends && row->left_s <= 0)
		return DELIVER_EXPIRED;
	if (row->cut_off && is_given_up(c, row, 0))
		return dead(outcome, "given up");
	if (!smtp_address_ok(row->to))
		return dead(outcome, "address not sendable");
	if (!letter_by_name(row->letter, &letter)) {
		/* a newer version's, while both run */
		put_error(outcome, "unknown letter");
		return again(c, row, outcome);
	}
	purpose = letter_purpose(letter);
	if (purpose && !has_code_parts(row))
		return dead(outcome, "nonce or key_id missing or too long");
	if (purpose)
		code = make_code(c, row, purpose);
	if (purpose && !code) {
		put_error(outcome, "code key not here");
		return again(c, row, outcome);
	}
	return send_letter(c, d, letter, row, code, outcome);
}

/* The reason without the words of the server, which may repeat the address */
static const char *reason(struct context *c, const char *error)
{
	const char *end = strstr(error, ": ");

	if (!*error)
		return NULL;
	return end ? arena_dupn(c->arena, error, (size_t)(end - error)) : error;
}

static void tell(struct context *c, const struct outbox_letter *row,
		 const struct deliver_outcome *outcome)
{
	static const struct {
		enum log_level level;
		const char *event;
	} EVENTS[] = {
		[DELIVER_SENT] = {LOG_LEVEL_INFO, "letter_sent"},
		[DELIVER_UNWANTED] = {LOG_LEVEL_DEBUG, "letter_unwanted"},
		[DELIVER_LATER] = {LOG_LEVEL_WARN, "letter_retry"},
		[DELIVER_DEAD] = {LOG_LEVEL_ERROR, "letter_dead"},
		[DELIVER_EXPIRED] = {LOG_LEVEL_WARN, "letter_expired"},
	};
	bool failed = outcome->end == DELIVER_LATER || outcome->end == DELIVER_DEAD;

	log_event(EVENTS[outcome->end].level, EVENTS[outcome->end].event, "id", row->id,
		  "letter", row->letter, "attempts", log_number(row->attempts), "reason",
		  failed ? reason(c, outcome->error) : NULL, "user_id", row->user_id,
		  (char *)NULL);
}

enum rc deliver_next(struct context *c, struct deliver *d)
{
	struct deliver_outcome *outcome = &d->outcome;
	struct outbox_letter row;
	struct buf id;
	enum rc rc;

	INVARIANT(!d->unsettled);
	rc = outbox_claim(c, d->lease_s, d->fresh_only, &row);
	if (rc != RC_OK)
		return rc;
	*outcome = (struct deliver_outcome){.attempts = row.attempts};
	buf_init(&id, outcome->id, sizeof outcome->id);
	buf_puts(&id, row.id);
	outcome->end = decide(c, d, &row, outcome);
	d->unsettled = true;
	tell(c, &row, outcome);
	return RC_OK;
}

static enum rc settle(struct context *c, const struct deliver_outcome *outcome)
{
	const struct outbox_claimed claim = {outcome->id, outcome->attempts};

	switch (outcome->end) {
	case DELIVER_SENT:
	case DELIVER_UNWANTED:
		return outbox_remove(c, claim.id);
	case DELIVER_LATER:
		return outbox_retry(c, &claim, outcome->delay_ms, outcome->error);
	case DELIVER_DEAD:
		return outbox_bury(c, &claim, outcome->error);
	case DELIVER_EXPIRED:
		return outbox_expire(c, &claim);
	}
	return RC_DOWN;
}

enum rc deliver_settle(struct context *c, struct deliver *d)
{
	enum rc rc;

	if (!d->unsettled)
		return RC_NONE;
	rc = settle(c, &d->outcome);
	d->unsettled = rc == RC_DOWN;
	if (rc == RC_NONE)
		log_warn("letter_lease_lost", "id", d->outcome.id);
	return rc;
}
