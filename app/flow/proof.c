#include "app/flow/proof.h"

#include "lib/secret.h"
#include "lib/text.h"

enum err proof_ask(struct context *c, const struct codes_subject *subject,
		   const struct email *to, proof_mail *mail, struct proof_asked *out)
{
	struct codes_asked asked;

	if (codes_ask(c, subject, &asked) != RC_OK)
		return ERR_STORE_UNAVAILABLE;
	if (asked.retry_after_s > 0) {
		c->retry_after_s = asked.retry_after_s;
		return asked.too_many ? ERR_TOO_MANY_REQUESTS : ERR_TOO_SOON;
	}
	if (mail(c, to, subject, &asked) != RC_OK) {
		codes_take_back(c, subject, &asked);
		return ERR_STORE_UNAVAILABLE;
	}
	*out = (struct proof_asked){
		.expires_in = (asked.expires_at - c->now_ms) / 1000,
		.resend_after = c->conf->limits_code_resend_s,
	};
	return ERR_NONE;
}

/* The key may have been retired while the code lived: then nothing matches. */
static bool matches(struct context *c, const char *purpose, const char *email_key,
		    const struct codes_try *entry, const char *code)
{
	const struct jwt_key *key =
		keys_by_kid(c->keys, KEY_CODE, entry->key_id, c->now_ms);
	char right[CODE_SIZE];
	bool same;

	if (!key || strlen(code) != CODE_LEN)
		return false;
	code_derive(key, purpose, email_key, entry->nonce, right);
	same = secret_equal(right, code, CODE_LEN);
	secret_wipe(right, sizeof right);
	return same;
}

static enum err code_error(enum rc rc)
{
	switch (rc) {
	case RC_OK:
		return ERR_NONE;
	case RC_NONE:
	case RC_CONFLICT:
		return ERR_INVALID_CODE;
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	return ERR_INTERNAL_ERROR;
}

enum err proof_check(struct context *c, const char *purpose, const char *subject,
		     const char *email_key, const char *code, struct codes_try *out)
{
	struct codes_try entry;
	enum err err = code_error(codes_count_try(c, purpose, subject, &entry));

	if (err)
		return err;
	if (!email_key)
		email_key = text_lower(c->arena, entry.bound);
	if (!matches(c, purpose, email_key, &entry, code))
		return ERR_INVALID_CODE;
	*out = entry;
	return ERR_NONE;
}

enum err proof_give(struct context *c, const char *purpose, const struct email *from,
		    const char *code, const char **token)
{
	struct codes_try entry;
	enum err err = proof_check(c, purpose, from->key, from->key, code, &entry);

	if (!err)
		err = code_error(codes_spend(c, purpose, from->key, entry.nonce));
	if (!err)
		*token = tokens_issue_proof(c, &(struct proof){
						       .purpose = purpose,
						       .email = from->address,
						       .user_id = entry.bound,
						       .epoch = entry.epoch,
					       });
	return err;
}
