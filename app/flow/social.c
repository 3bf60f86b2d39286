#include "app/flow/social.h"

#include "app/flow/device.h"
#include "app/flow/social_user.h"
#include "app/provider/provider.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "lib/text.h"

enum { SECRET_BYTES = 32, ERROR_MAX = 40 };

/* 43 characters of base64url: a state, a cookie, a nonce, a verifier (RFC 7636 §4.1), a
 * code. */
static char *new_secret(struct context *c)
{
	uint8_t bytes[SECRET_BYTES];
	char *text;

	secret_random(bytes, sizeof bytes);
	text = base64url_encode(c->arena, bytes, sizeof bytes);
	secret_wipe(bytes, sizeof bytes);
	return text;
}

static enum err ask(struct context *c, const struct provider_conf *provider,
		    const struct provider_ask *ask, const char **url)
{
	switch (provider_authorize_url(c, provider, ask, url)) {
	case RC_OK:
		return ERR_NONE;
	case RC_NONE:
	case RC_CONFLICT:
		return ERR_PROVIDER_ERROR;
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	return ERR_INTERNAL_ERROR;
}

static enum err keep(struct context *c, const struct social_start *in,
		     const struct provider_ask *ask, const char *browser)
{
	const struct states_owner owner = {in->provider, browser};
	const struct social_state asked = {
		.nonce = ask->nonce,
		.verifier = ask->verifier,
		.return_to = in->return_to,
		.cookie = in->cookie,
		.session_id = in->caller ? in->caller->session_id : "",
	};
	int64_t wait_s;

	if (states_put(c, ask->state, &owner, &asked, &wait_s) != RC_OK)
		return ERR_STORE_UNAVAILABLE;
	c->retry_after_s = wait_s;
	return wait_s > 0 ? ERR_TOO_MANY_REQUESTS : ERR_NONE;
}

enum err social_start(struct context *c, const struct social_start *in,
		      struct social_started *out)
{
	const struct provider_conf *provider = provider_find(c->conf, in->provider);
	const struct provider_ask question = {new_secret(c), new_secret(c),
					      new_secret(c)};
	const char *browser = new_secret(c), *url = NULL;
	enum err err;

	if (!provider)
		return ERR_SOCIAL_PROVIDER_UNKNOWN;
	if (in->caller && !in->caller->user.email_verified)
		return ERR_EMAIL_UNVERIFIED;
	err = ask(c, provider, &question, &url);
	if (!err)
		err = keep(c, in, &question, browser);
	if (!err)
		*out = (struct social_started){url, question.state, browser, STATE_TTL_S};
	return err;
}

static enum err taken(enum rc rc)
{
	switch (rc) {
	case RC_OK:
		return ERR_NONE;
	case RC_NONE:
	case RC_CONFLICT:
		return ERR_INVALID_STATE;
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	return ERR_INTERNAL_ERROR;
}

/* RFC 6749 §4.1.2.1. Any other text is the visitor's. */
static const char *error_word(const char *error)
{
	return error && strlen(error) <= ERROR_MAX &&
			       text_only(error, "abcdefghijklmnopqrstuvwxyz_")
		       ? error
		       : NULL;
}

static enum err identify(struct context *c, const struct provider_conf *provider,
			 const struct social_callback *in,
			 const struct social_state *asked, struct identity *who)
{
	const struct provider_answer answer = {in->code, in->iss, asked->nonce,
					       asked->verifier};

	if (in->error || !in->code) {
		log_info("social_denied", "provider", in->provider, "error",
			 error_word(in->error));
		return ERR_SOCIAL_DENIED;
	}
	switch (provider_identify(c, provider, &answer, who)) {
	case PROVIDER_GOOD:
		return ERR_NONE;
	case PROVIDER_DOWN:
		return ERR_PROVIDER_ERROR;
	case PROVIDER_BUSY:
		return ERR_OVERLOADED;
	case PROVIDER_STORE_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	return ERR_INTERNAL_ERROR;
}

static enum err keep_found(struct context *c, const struct social_callback *in,
			   const struct states_owner *owner,
			   const struct social_state *asked, const struct identity *who)
{
	const struct social_found found = {
		.return_to = asked->return_to,
		.cookie = asked->cookie,
		.session_id = asked->session_id,
		.issuer = who->issuer,
		.subject = who->subject,
		.email = who->email ? who->email : "",
		.email_verified = who->email && who->email_verified,
	};

	return states_put_found(c, in->state, owner, &found) == RC_OK
		       ? ERR_NONE
		       : ERR_STORE_UNAVAILABLE;
}

enum err social_identify(struct context *c, const struct social_callback *in,
			 const char **return_to)
{
	const struct provider_conf *provider = provider_find(c->conf, in->provider);
	const struct states_owner owner = {in->provider, in->browser};
	struct social_state asked;
	struct identity who;
	enum err err;

	if (!provider)
		return ERR_SOCIAL_PROVIDER_UNKNOWN;
	if (!*in->browser)
		return ERR_INVALID_STATE;
	err = taken(states_take(c, in->state, &owner, &asked));
	if (err)
		return err;
	err = identify(c, provider, in, &asked, &who);
	if (err == ERR_OVERLOADED) {
		/* nobody was asked: the browser may come again */
		states_put_back(c, in->state, &owner, &asked);
		return err;
	}
	*return_to = asked.return_to;
	return err ? err : keep_found(c, in, &owner, &asked, &who);
}

/* `when_none`: the user is gone, inactive or of another epoch by now. */
static enum err open_session(struct context *c, const struct user *user,
			     const char *method, const struct session_cookie *cookie,
			     enum err when_none, struct session *out)
{
	switch (sessions_open(c, user, method, device_type(&c->client), cookie, out)) {
	case RC_OK:
		return ERR_NONE;
	case RC_NONE:
		return when_none;
	case RC_CONFLICT:
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	return ERR_INTERNAL_ERROR;
}

static enum err give_cookie(struct context *c, const char *method,
			    struct social_finished *out)
{
	struct session_cookie cookie;
	struct session session;
	enum err err = browser_begin(c, &cookie, &out->cookie);

	if (!err)
		err = open_session(c, &out->user, method, &cookie, ERR_INVALID_STATE,
				   &session);
	if (!err)
		browser_opened(c, &session, &out->cookie);
	return err;
}

static enum err give_tokens(struct context *c, const struct user *user,
			    const char *method, enum err when_none,
			    struct token_pair *out)
{
	struct session session;
	enum err err = open_session(c, user, method, NULL, when_none, &session);

	if (!err)
		tokens_issue(c, user, &session, true, true, out);
	return err;
}

/* The page that asked picks the login up: tokens never stand in an address. */
static enum err give_code(struct context *c, const char *method,
			  struct social_finished *out)
{
	const struct social_login login = {out->user.id, method, out->user.epoch};
	const char *secret = new_secret(c);

	if (states_put_login(c, secret, &login) != RC_OK)
		return ERR_STORE_UNAVAILABLE;
	out->code = secret;
	return ERR_NONE;
}

enum err social_finish(struct context *c, const struct social_callback *in,
		       struct social_finished *out)
{
	const char *method = arena_printf(c->arena, "social:%s", in->provider);
	const struct states_owner owner = {in->provider, in->browser};
	struct social_found found;
	enum err err = *in->browser
			       ? taken(states_take_found(c, in->state, &owner, &found))
			       : ERR_INVALID_STATE;

	if (err)
		return err;
	*out = (struct social_finished){.return_to = found.return_to};
	err = social_user(c, &found, in->provider, method, &out->user);
	if (err)
		return err;
	if (found.cookie)
		return give_cookie(c, method, out);
	if (*found.return_to)
		return give_code(c, method, out);
	return give_tokens(c, &out->user, method, ERR_INVALID_STATE, &out->pair);
}

enum err social_exchange(struct context *c, const char *code, struct token_pair *out)
{
	struct social_login login;
	struct user user;
	enum rc rc = states_take_login(c, code, &login);

	if (rc == RC_OK)
		rc = users_by_id(c, login.user_id, &user);
	if (rc != RC_OK)
		return rc == RC_DOWN ? ERR_STORE_UNAVAILABLE : ERR_INVALID_CODE;
	user.epoch = login.epoch; /* the session is of that of the login, or not opened */
	return give_tokens(c, &user, login.method, ERR_INVALID_CODE, out);
}

enum err social_list(struct context *c, const struct caller *caller,
		     const struct page *page, const struct social_account **rows,
		     struct page_found *found)
{
	struct social_account *list;

	if (social_accounts_list(c, caller->user.id, page, &list, found) != RC_OK)
		return ERR_STORE_UNAVAILABLE;
	*rows = list;
	return ERR_NONE;
}

enum err social_unlink(struct context *c, const struct caller *caller, const char *id)
{
	bool last = false;

	switch (social_accounts_unlink(c, caller->user.id, id, &last)) {
	case RC_OK:
		return last ? ERR_LAST_LOGIN_METHOD : ERR_NONE;
	case RC_NONE:
	case RC_CONFLICT:
		return ERR_NOT_FOUND;
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	return ERR_INTERNAL_ERROR;
}
