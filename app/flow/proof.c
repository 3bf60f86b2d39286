#include "app/flow/proof.h"

#include "lib/secret.h"

enum err proof_ask(struct context *c, const char *purpose, const struct email *to,
		   const char *user_id, int64_t epoch, proof_mail *mail,
		   struct proof_asked *out)
{
	struct codes_asked asked;

	if (codes_ask(c, purpose, to->key, user_id, epoch, &asked) != RC_OK)
		return ERR_STORE_UNAVAILABLE;
	if (asked.retry_after_s > 0) {
		c->retry_after_s = asked.retry_after_s;
		return asked.too_many ? ERR_TOO_MANY_REQUESTS : ERR_TOO_SOON;
	}
	if (mail(c, to, user_id, &asked) != RC_OK) {
		codes_take_back(c, purpose, to->key, &asked);
		return ERR_STORE_UNAVAILABLE;
	}
	*out = (struct proof_asked){
		.expires_in = c->conf->codes_ttl_s,
		.resend_after = c->conf->limits_code_resend_s,
	};
	return ERR_NONE;
}

/* The key may have been retired while the code lived: then nothing matches. */
static bool matches(struct context *c, const char *purpose, const struct email *from,
		    const struct codes_try *entry, const char *code)
{
	const struct jwt_key *key =
		keys_by_kid(c->keys, KEY_CODE, entry->key_id, c->now_ms);
	char right[CODE_SIZE];

	if (!key || strlen(code) != CODE_LEN)
		return false;
	code_derive(key, purpose, from->key, entry->nonce, right);
	return secret_equal(right, code, CODE_LEN);
}

enum err proof_give(struct context *c, const char *purpose, const struct email *from,
		    const char *code, const char **token)
{
	struct codes_try entry;

	switch (codes_count_try(c, purpose, from->key, &entry)) {
	case RC_OK:
		break;
	case RC_NONE:
	case RC_CONFLICT:
		return ERR_INVALID_CODE;
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	if (!matches(c, purpose, from, &entry, code))
		return ERR_INVALID_CODE;
	switch (codes_spend(c, purpose, from->key, entry.nonce)) {
	case RC_OK:
		break;
	case RC_NONE:
	case RC_CONFLICT:
		return ERR_INVALID_CODE;
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	*token = tokens_issue_proof(c, &(struct proof){
					       .purpose = purpose,
					       .email = from->address,
					       .user_id = entry.user_id,
					       .epoch = entry.epoch,
				       });
	return ERR_NONE;
}
