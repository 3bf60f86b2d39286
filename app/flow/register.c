#include "app/flow/register.h"

#include "app/flow/passwords.h"
#include "app/store/outbox.h"
#include "app/username.h"
#include "lib/secret.h"

static enum rc mail_code(struct context *c, const struct email *to,
			 const struct codes_subject *subject UNUSED,
			 const struct codes_asked *asked)
{
	return outbox_registration(c, to,
				   &(struct outbox_code){
					   asked->nonce,
					   asked->key_id,
					   asked->expires_at,
				   });
}

enum err register_ask(struct context *c, const struct email *to, struct proof_asked *out)
{
	const struct codes_subject subject = {CODE_REGISTRATION, to->key, CODES_NOBODY,
					      0};

	if (strcmp(c->conf->accounts_registration, "closed") == 0)
		return ERR_REGISTRATION_CLOSED;
	return proof_ask(c, &subject, to, mail_code, out);
}

enum err register_prove(struct context *c, const struct email *from, const char *code,
			const char **token)
{
	return proof_give(c, CODE_REGISTRATION, from, code, token);
}

const char *register_token_email(struct context *c, const char *token)
{
	struct proof proof;

	return tokens_check_proof(c, CODE_REGISTRATION, token, &proof) ? proof.email
								       : NULL;
}

/* The answer to the first try was lost: the same token, name and password give the same
 * user; with others that token is used. Another token hears that the address is taken. */
static enum err repeated(struct context *c, const struct proof_finish *in,
			 const struct proof *proof, const char *email_key,
			 struct user *out)
{
	struct user_secret found = {0};
	enum err err;

	switch (users_by_registration(c, proof->jti, email_key, &found.user,
				      &found.hash)) {
	case RC_OK:
		break;
	case RC_NONE:
	case RC_CONFLICT:
		return ERR_EMAIL_TAKEN;
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	if (!found.user.username || strcmp(found.user.username, in->username) != 0)
		return ERR_INVALID_TOKEN;
	err = passwords_check(c, &found, found.user.id, in->password);
	if (err == ERR_INVALID_CREDENTIALS)
		return ERR_INVALID_TOKEN;
	if (!err)
		*out = found.user;
	return err;
}

/* Cheap, so that a name that is taken costs no hash; the insert is what decides. */
static enum err taken(struct context *c, const struct proof_finish *in,
		      const struct proof *proof, const char *email_key, struct user *out,
		      bool *done)
{
	bool email = false, username = false;

	if (users_taken(c, email_key, username_key(c->arena, in->username), &email,
			&username) != RC_OK)
		return ERR_STORE_UNAVAILABLE;
	*done = email;
	if (email)
		return repeated(c, in, proof, email_key, out);
	return username ? ERR_USERNAME_TAKEN : ERR_NONE;
}

static enum err insert(struct context *c, const struct proof_finish *in,
		       const struct proof *proof, const struct email *email,
		       struct user *out)
{
	enum users_conflict conflict = USERS_NO_CONFLICT;
	const struct user_new new = {
		.id = secret_uuid(c->arena),
		.email = *email,
		.username = in->username,
		.hash = passwords_hash(c, in->password),
		.email_verified = true,
		.registration_jti = proof->jti,
	};

	if (!new.hash)
		return ERR_OVERLOADED;
	switch (users_insert(c, &new, out, &conflict)) {
	case RC_OK:
		return ERR_NONE;
	case RC_CONFLICT:
		if (conflict == USERS_USERNAME_TAKEN)
			return ERR_USERNAME_TAKEN;
		return repeated(c, in, proof, email->key, out);
	case RC_NONE:
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	return ERR_INTERNAL_ERROR;
}

enum err register_finish(struct context *c, const struct proof_finish *in,
			 struct user *out)
{
	struct proof proof;
	struct email email;
	bool done = false;
	enum err err;

	if (!tokens_check_proof(c, CODE_REGISTRATION, in->token, &proof) ||
	    !email_parse(c->arena, proof.email, &email))
		return ERR_INVALID_TOKEN;
	err = taken(c, in, &proof, email.key, out, &done);
	if (!err && !done)
		err = insert(c, in, &proof, &email, out);
	if (!err)
		codes_forget(c, CODE_REGISTRATION, email.key);
	return err;
}
