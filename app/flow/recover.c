#include "app/flow/recover.h"

#include "app/flow/passwords.h"
#include "app/store/ended.h"
#include "app/store/outbox.h"
#include "app/username.h"

static enum rc mail_code(struct context *c, const struct email *to UNUSED,
			 const struct codes_subject *subject,
			 const struct codes_asked *asked)
{
	return outbox_recovery(c, subject->bound,
			       &(struct outbox_code){
				       .nonce = asked->nonce,
				       .key_id = asked->key_id,
				       .not_after = asked->expires_at,
			       });
}

enum err recover_ask(struct context *c, const struct email *to, struct proof_asked *out)
{
	struct codes_subject subject = {.purpose = CODE_RECOVERY, .name = to->key};
	struct user user = {.id = CODES_NOBODY};

	switch (users_by_email(c, to->key, &user)) {
	case RC_OK:
		if (!user.active)
			user = (struct user){.id = CODES_NOBODY};
		break;
	case RC_NONE:
		break;
	case RC_CONFLICT:
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	subject.bound = user.id;
	subject.epoch = user.epoch;
	return proof_ask(c, &subject, to, mail_code, out);
}

enum err recover_prove(struct context *c, const struct email *from, const char *code,
		       const char **token)
{
	return proof_give(c, CODE_RECOVERY, from, code, token);
}

const char *recover_token_email(struct context *c, const char *token)
{
	struct proof proof;

	return tokens_check_proof(c, CODE_RECOVERY, token, &proof) ? proof.email : NULL;
}

static bool names(struct context *c, const struct user *user, const char *typed)
{
	struct email email, own;

	if (user->username)
		return strcmp(username_key(c->arena, user->username),
			      username_key(c->arena, typed)) == 0;
	return email_parse(c->arena, typed, &email) &&
	       email_parse(c->arena, user->email, &own) &&
	       strcmp(email.key, own.key) == 0;
}

/* Before any hashing: is there such a user, of that epoch, address and name? */
static enum err eligible(struct context *c, const struct proof_finish *in,
			 const struct proof *proof)
{
	struct user user;

	switch (users_by_id(c, proof->user_id, &user)) {
	case RC_OK:
		break;
	case RC_NONE:
	case RC_CONFLICT:
		return ERR_INVALID_TOKEN;
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	if (!user.active || user.epoch != proof->epoch ||
	    strcasecmp(user.email, proof->email) != 0 || !names(c, &user, in->username))
		return ERR_INVALID_TOKEN;
	return ERR_NONE;
}

static enum err change(struct context *c, const struct proof_finish *in,
		       const struct proof *proof, const char *email_key, struct user *out)
{
	const char *hash = passwords_hash(c, in->password);

	if (!hash)
		return ERR_OVERLOADED;
	switch (users_set_password(c, proof->user_id, proof->epoch, email_key, hash,
				   USERS_PASSWORD_RECOVERED, out)) {
	case RC_OK:
		return ERR_NONE;
	case RC_NONE:
	case RC_CONFLICT:
		return ERR_INVALID_TOKEN;
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	return ERR_INTERNAL_ERROR;
}

enum err recover_finish(struct context *c, const struct proof_finish *in,
			struct user *out)
{
	struct proof proof;
	struct email email;
	enum err err;

	if (!tokens_check_proof(c, CODE_RECOVERY, in->token, &proof) ||
	    !email_parse(c->arena, proof.email, &email))
		return ERR_INVALID_TOKEN;
	err = eligible(c, in, &proof);
	if (!err)
		err = change(c, in, &proof, email.key, out);
	if (err)
		return err;
	codes_forget(c, CODE_RECOVERY, email.key);
	ended_user(c, out->id);
	return ERR_NONE;
}
