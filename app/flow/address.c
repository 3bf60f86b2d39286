#include "app/flow/address.h"

#include "app/flow/account.h"
#include "app/store/ended.h"

static struct outbox_code code_of(const struct codes_asked *asked)
{
	return (struct outbox_code){asked->nonce, asked->key_id, asked->expires_at};
}

static enum rc mail_verification(struct context *c, const struct email *to UNUSED,
				 const struct codes_subject *subject,
				 const struct codes_asked *asked)
{
	const struct outbox_code code = code_of(asked);

	return outbox_verification(c, subject->bound, &code);
}

static enum rc mail_change(struct context *c, const struct email *to,
			   const struct codes_subject *subject,
			   const struct codes_asked *asked)
{
	const struct outbox_code code = code_of(asked);

	return outbox_email_change(c, subject->name, to, &code);
}

enum err address_ask_code(struct context *c, const struct caller *caller,
			  struct proof_asked *out, bool *done)
{
	const struct user *user = &caller->user;
	struct codes_subject subject = {CODE_VERIFICATION, NULL, user->id, user->epoch};
	struct email email;

	INVARIANT(email_parse(c->arena, user->email, &email));
	*done = user->email_verified;
	if (*done)
		return ERR_NONE;
	subject.name = email.key;
	return proof_ask(c, &subject, &email, mail_verification, out);
}

static enum err verified(enum rc rc, enum err conflict)
{
	switch (rc) {
	case RC_OK:
		return ERR_NONE;
	case RC_NONE: /* the user changed since the code was mailed */
		return ERR_INVALID_CODE;
	case RC_CONFLICT:
		return conflict;
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	return ERR_INTERNAL_ERROR;
}

enum err address_verify(struct context *c, const struct email *email, const char *code,
			struct user *out)
{
	struct codes_try entry;
	enum err err =
		proof_check(c, CODE_VERIFICATION, email->key, email->key, code, &entry);

	if (err)
		return err;
	err = verified(users_verify_email(c, entry.bound, entry.epoch, email->key, out),
		       ERR_INTERNAL_ERROR);
	if (err)
		return err;
	codes_forget(c, CODE_VERIFICATION, email->key);
	if (out->epoch != entry.epoch)
		ended_user(c, out->id);
	return ERR_NONE;
}

enum err address_change(struct context *c, const struct caller *caller,
			const struct email *to, const char *password,
			struct proof_asked *out)
{
	struct codes_subject subject = {CODE_EMAIL_CHANGE, caller->user.id, to->address,
					caller->user.epoch};
	struct user user;
	enum err err = account_confirm(c, caller, password, &user);

	if (err)
		return err;
	return proof_ask(c, &subject, to, mail_change, out);
}

enum err address_confirm(struct context *c, const struct caller *caller, const char *code,
			 struct user *out)
{
	struct codes_try entry;
	struct email email;
	enum err err =
		proof_check(c, CODE_EMAIL_CHANGE, caller->user.id, NULL, code, &entry);

	if (err)
		return err;
	if (!email_parse(c->arena, entry.bound, &email))
		return ERR_INVALID_CODE;
	err = verified(users_set_email(c, caller->user.id, entry.epoch, &email, out),
		       ERR_EMAIL_TAKEN);
	if (!err)
		codes_forget(c, CODE_EMAIL_CHANGE, caller->user.id);
	return err;
}
