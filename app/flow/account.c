#include "app/flow/account.h"

#include "app/code.h"
#include "app/flow/passwords.h"
#include "app/store/codes.h"
#include "app/store/ended.h"
#include "app/username.h"
#include "lib/secret.h"

/* Before any hashing or letter; the insert is what decides. */
static enum err taken(struct context *c, const struct account_new *in)
{
	const char *key = in->username ? username_key(c->arena, in->username) : NULL;
	bool email = false, username = false;

	if (users_taken(c, in->email.key, key, &email, &username) != RC_OK)
		return ERR_STORE_UNAVAILABLE;
	if (email)
		return ERR_EMAIL_TAKEN;
	return username ? ERR_USERNAME_TAKEN : ERR_NONE;
}

static enum err insert(struct context *c, const struct account_new *in, const char *id,
		       const struct codes_asked *asked, struct user *out)
{
	enum users_conflict conflict = USERS_NO_CONFLICT;
	const struct outbox_code code = {asked->nonce, asked->key_id, asked->expires_at};
	const struct user_new new = {
		.id = id,
		.email = in->email,
		.username = in->username,
		.hash = passwords_hash(c, in->password),
		.welcome = &code,
	};

	if (!new.hash)
		return ERR_OVERLOADED;
	switch (users_insert(c, &new, out, &conflict)) {
	case RC_OK:
		return ERR_NONE;
	case RC_CONFLICT:
		return conflict == USERS_USERNAME_TAKEN ? ERR_USERNAME_TAKEN
							: ERR_EMAIL_TAKEN;
	case RC_NONE:
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	return ERR_INTERNAL_ERROR;
}

enum err account_register(struct context *c, const struct account_new *in,
			  struct user *out)
{
	const struct codes_subject subject = {CODE_VERIFICATION, in->email.key,
					      secret_uuid(c->arena), 0};
	struct codes_asked asked;
	enum err err;

	if (strcmp(c->conf->accounts_registration, "open") != 0)
		return ERR_REGISTRATION_CLOSED;
	err = taken(c, in);
	if (err)
		return err;
	if (codes_ask(c, &subject, &asked) != RC_OK)
		return ERR_STORE_UNAVAILABLE;
	c->retry_after_s = asked.retry_after_s;
	if (asked.retry_after_s > 0)
		return asked.too_many ? ERR_TOO_MANY_REQUESTS : ERR_TOO_SOON;
	err = insert(c, in, subject.bound, &asked, out);
	if (err)
		codes_take_back(c, &subject, &asked);
	return err;
}

static enum err change_error(enum rc rc, enum err conflict)
{
	switch (rc) {
	case RC_OK:
		return ERR_NONE;
	case RC_NONE: /* gone, inactive or of another epoch since it was asked */
		return ERR_TOKEN_REFUSED;
	case RC_CONFLICT:
		return conflict;
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	return ERR_INTERNAL_ERROR;
}

enum err account_set_username(struct context *c, const struct caller *caller,
			      const char *username, struct user *out)
{
	return change_error(users_set_username(c, caller->user.id, username, out),
			    ERR_USERNAME_TAKEN);
}

enum err account_set_password(struct context *c, const struct caller *caller,
			      const char *old, const char *new)
{
	struct user user;
	const char *hash;
	enum err err = passwords_check_again(c, caller->user.id, old, &user);

	if (err)
		return err;
	hash = passwords_hash(c, new);
	if (!hash)
		return ERR_OVERLOADED;
	err = change_error(users_set_password(c, user.id, caller->user.epoch, NULL, hash,
					      USERS_PASSWORD_CHANGED, &user),
			   ERR_INTERNAL_ERROR);
	if (!err)
		ended_user(c, user.id);
	return err;
}

enum err account_confirm(struct context *c, const struct caller *caller,
			 const char *password, struct user *out)
{
	int64_t age_ms = c->now_ms - caller->login_at;

	if (caller->user.has_password)
		return passwords_check_again(c, caller->user.id, password ? password : "",
					     out);
	if (age_ms > c->conf->accounts_fresh_login_s * 1000)
		return ERR_LOGIN_TOO_OLD;
	*out = caller->user;
	return ERR_NONE;
}

enum err account_delete(struct context *c, const struct caller *caller,
			const char *password)
{
	struct user user;
	enum err err = account_confirm(c, caller, password, &user);

	if (!err)
		err = change_error(users_delete(c, user.id, caller->user.epoch),
				   ERR_INTERNAL_ERROR);
	if (!err)
		ended_user(c, caller->user.id);
	return err;
}
