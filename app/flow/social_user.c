#include "app/flow/social_user.h"

#include "app/code.h"
#include "app/flow/device.h"
#include "app/store/codes.h"
#include "app/store/history.h"
#include "app/store/sessions.h"
#include "lib/secret.h"

/* One visit: who came, and what became of it. */
struct visit {
	struct context *c;
	const struct social_found *found;
	struct social_identity identity;
	const char *method;
	const struct user *linker; /* NULL: a login */
	bool raced; /* somebody else was quicker: it is worth to look again */
};

/* `err`: the answer if another look finds the same. */
static enum err raced(struct visit *v, enum err err)
{
	v->raced = true;
	return err;
}

static enum err refuse(struct visit *v, const struct user *user)
{
	if (history_failure(v->c, user->id, v->method, device_type(&v->c->client)) !=
	    RC_OK)
		return ERR_STORE_UNAVAILABLE;
	return ERR_ACCOUNT_EXISTS;
}

/* `email_key`: the address that it must still have; NULL: any. */
static enum err link_to(struct visit *v, const struct user *user, const char *email_key,
			enum err when_none, struct user *out)
{
	switch (social_accounts_link(v->c, user->id, user->epoch, email_key, &v->identity,
				     out)) {
	case RC_OK:
		return ERR_NONE;
	case RC_NONE:
		return when_none;
	case RC_CONFLICT:
		return raced(v, ERR_STORE_UNAVAILABLE);
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	return ERR_INTERNAL_ERROR;
}

/* Whose it is already. */
static enum err known(struct visit *v, struct user *user)
{
	if (v->linker && strcmp(user->id, v->linker->id) != 0)
		return ERR_SOCIAL_ACCOUNT_CONFLICT;
	if (v->linker)
		*user = *v->linker; /* a session of that epoch is opened, or none */
	return user->active ? ERR_NONE : refuse(v, user);
}

/* A local account has the address: only one that has proven it is the same person's, and
 * only if the provider has proven it too. */
static enum err same_address(struct visit *v, const struct user *user,
			     const char *email_key, struct user *out)
{
	enum err err = ERR_ACCOUNT_EXISTS;

	if (v->found->email_verified && user->email_verified && user->active)
		err = link_to(v, user, email_key, ERR_ACCOUNT_EXISTS, out);
	return err == ERR_ACCOUNT_EXISTS ? refuse(v, user) : err;
}

static enum err insert(struct visit *v, const char *id, const struct email *email,
		       const struct outbox_code *code, struct user *out)
{
	const struct user_new new = {
		.id = id,
		.email = *email,
		.email_verified = v->found->email_verified,
		.welcome = code,
	};

	switch (social_accounts_register(v->c, &new, &v->identity, out)) {
	case RC_OK:
		return ERR_NONE;
	case RC_CONFLICT:
		return raced(v, ERR_STORE_UNAVAILABLE);
	case RC_NONE:
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	return ERR_INTERNAL_ERROR;
}

/* With a code to prove the address by, as any account of an address not yet proven. */
static enum err insert_unproven(struct visit *v, const char *id,
				const struct email *email, struct user *out)
{
	const struct codes_subject subject = {CODE_VERIFICATION, email->key, id, 0};
	struct codes_asked asked;
	enum err err;

	if (codes_ask(v->c, &subject, &asked) != RC_OK)
		return ERR_STORE_UNAVAILABLE;
	v->c->retry_after_s = asked.retry_after_s;
	if (asked.retry_after_s > 0)
		return asked.too_many ? ERR_TOO_MANY_REQUESTS : raced(v, ERR_TOO_SOON);
	err = insert(v, id, email,
		     &(struct outbox_code){asked.nonce, asked.key_id, asked.expires_at},
		     out);
	if (err)
		codes_take_back(v->c, &subject, &asked);
	return err;
}

static bool may_register(const struct visit *v)
{
	const char *registration = v->c->conf->accounts_registration;

	if (strcmp(registration, "verified") == 0)
		return v->found->email_verified;
	return strcmp(registration, "open") == 0;
}

static enum err make(struct visit *v, const struct email *email, struct user *out)
{
	const char *id = secret_uuid(v->c->arena);

	if (!may_register(v))
		return ERR_REGISTRATION_CLOSED;
	return v->found->email_verified ? insert(v, id, email, NULL, out)
					: insert_unproven(v, id, email, out);
}

static enum err unknown(struct visit *v, struct user *out)
{
	struct email email;
	struct user user;

	if (v->linker)
		return link_to(v, v->linker, NULL, ERR_INVALID_STATE, out);
	if (!email_parse(v->c->arena, v->found->email, &email))
		return ERR_SOCIAL_DENIED;
	switch (users_by_email(v->c, email.key, &user)) {
	case RC_OK:
		return same_address(v, &user, email.key, out);
	case RC_NONE:
		return make(v, &email, out);
	case RC_CONFLICT:
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	return ERR_INTERNAL_ERROR;
}

static enum err look(struct visit *v, struct user *out)
{
	struct user user;
	enum err err;

	v->raced = false;
	switch (social_accounts_user(v->c, v->identity.issuer, v->identity.subject,
				     &user)) {
	case RC_OK:
		err = known(v, &user);
		if (!err)
			*out = user;
		return err;
	case RC_NONE:
		return unknown(v, out);
	case RC_CONFLICT:
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	return ERR_INTERNAL_ERROR;
}

/* Whoever was put out by the end of the session that began a link comes not in again by
 * that link. */
static enum err find_linker(struct visit *v)
{
	struct user *user = arena_alloc(v->c->arena, sizeof *user);
	int64_t login_at;

	if (!*v->found->session_id)
		return ERR_NONE;
	switch (sessions_user(v->c, v->found->session_id, user, &login_at)) {
	case RC_OK:
		v->linker = user;
		return ERR_NONE;
	case RC_NONE:
		return ERR_INVALID_STATE;
	case RC_CONFLICT:
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	return ERR_INTERNAL_ERROR;
}

enum err social_user(struct context *c, const struct social_found *found,
		     const char *provider, const char *method, struct user *out)
{
	struct visit v = {
		.c = c,
		.found = found,
		.identity = {provider, found->issuer, found->subject,
			     *found->email ? found->email : NULL},
		.method = method,
	};
	enum err err = find_linker(&v);

	if (!err)
		err = look(&v, out);
	return v.raced ? look(&v, out) : err;
}
