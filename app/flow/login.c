#include "app/flow/login.h"

#include "app/flow/device.h"
#include "app/flow/passwords.h"
#include "app/store/codes.h"
#include "app/store/history.h"
#include "app/username.h"

/* What uniqueness is about, or the name as it is when it can be nobody's. */
static const char *name_key(struct context *c, const char *name)
{
	struct email email;

	if (!strchr(name, '@'))
		return username_key(c->arena, name);
	return email_parse(c->arena, name, &email) ? email.key
						   : username_key(c->arena, name);
}

static enum err find(struct context *c, const char *key, struct user_secret *out)
{
	switch (users_for_login(c, key, out)) {
	case RC_OK:
		if (!out->user.active)
			out->hash = NULL;
		return ERR_NONE;
	case RC_NONE:
		*out = (struct user_secret){.user = {.id = CODES_NOBODY}};
		return ERR_NONE;
	case RC_CONFLICT:
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	return ERR_INTERNAL_ERROR;
}

static enum err refuse(struct context *c, const struct login *in, const char *user_id)
{
	if (history_failure(c, user_id, in->method, device_type(&c->client)) != RC_OK)
		return ERR_STORE_UNAVAILABLE;
	return ERR_INVALID_CREDENTIALS;
}

static enum err open_session(struct context *c, const struct login *in,
			     const struct user *user, const struct session_cookie *cookie,
			     struct session *out)
{
	switch (sessions_open(c, user, in->method, device_type(&c->client), cookie,
			      out)) {
	case RC_OK:
		return ERR_NONE;
	case RC_NONE: /* deactivated or changed since the hash was read */
		return refuse(c, in, user->id);
	case RC_CONFLICT:
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	return ERR_INTERNAL_ERROR;
}

/* `cookie`: NULL, the session is not a browser's. */
static enum err sign_in(struct context *c, const struct login *in,
			const struct session_cookie *cookie, struct user *user,
			struct session *session)
{
	const char *key = name_key(c, in->name), *account;
	struct user_secret found;
	enum err err = find(c, key, &found);

	if (err)
		return err;
	account = strcmp(found.user.id, CODES_NOBODY) == 0 ? key : found.user.id;
	err = passwords_check(c, &found, account, in->password);
	if (err == ERR_INVALID_CREDENTIALS)
		return refuse(c, in, found.user.id);
	if (!err)
		err = open_session(c, in, &found.user, cookie, session);
	if (!err)
		*user = found.user;
	return err;
}

enum err login(struct context *c, const struct login *in, struct token_pair *out)
{
	struct session session;
	struct user user;
	enum err err = sign_in(c, in, NULL, &user, &session);

	if (!err)
		tokens_issue(c, &user, &session, true, true, out);
	return err;
}

enum err login_browser(struct context *c, const struct login *in, struct user *user,
		       struct browser_cookie *out)
{
	struct session_cookie cookie;
	struct session session;
	enum err err = browser_begin(c, &cookie, out);

	if (!err)
		err = sign_in(c, in, &cookie, user, &session);
	if (!err)
		browser_opened(c, &session, out);
	return err;
}
