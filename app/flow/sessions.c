#include "app/flow/sessions.h"

#include "app/store/ended.h"
#include "lib/log.h"

enum err sessions_living(struct context *c, const struct token_claims *claims,
			 struct caller *out)
{
	struct caller caller = {.session_id = claims->id};

	switch (sessions_user(c, claims->id, &caller.user, &caller.login_at)) {
	case RC_OK:
		break;
	case RC_NONE:
	case RC_CONFLICT:
		return ERR_TOKEN_REFUSED;
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	if (strcmp(caller.user.id, claims->subject) != 0)
		return ERR_TOKEN_REFUSED;
	if (caller.user.rev != claims->rev)
		return ERR_TOKEN_STALE;
	*out = caller;
	return ERR_NONE;
}

enum err sessions_authenticate(struct context *c, const char *access_token,
			       struct caller *out)
{
	struct token_claims claims;

	if (!tokens_check_access(c, access_token, &claims) || claims.kind != TOKEN_USER)
		return ERR_TOKEN_REFUSED;
	return sessions_living(c, &claims, out);
}

static enum err not_ended(struct context *c, const struct token_claims *claims,
			  struct caller *out)
{
	switch (ended_check(c, claims->id, claims->subject, claims->issued_s)) {
	case RC_OK:
		break;
	case RC_NONE:
	case RC_CONFLICT:
		return ERR_TOKEN_REFUSED;
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	*out = (struct caller){
		.user = {.id = claims->subject,
			 .email = "",
			 .roles = claims->names,
			 .n_roles = claims->n_names},
		.session_id = claims->id,
	};
	return ERR_NONE;
}

enum err sessions_verify(struct context *c, const struct token_claims *claims,
			 struct caller *out)
{
	enum err err = sessions_living(c, claims, out);

	if (err == ERR_STORE_UNAVAILABLE && c->conf->tokens_degraded_verify)
		return not_ended(c, claims, out);
	return err;
}

static enum err verdict_error(enum session_verdict verdict, const char *session_id)
{
	switch (verdict) {
	case SESSION_CURRENT:
	case SESSION_GRACE:
		return ERR_NONE;
	case SESSION_REUSE:
		log_warn("refresh_token_reused", "session", session_id);
		return ERR_TOKEN_REFUSED;
	case SESSION_ENDED:
	case SESSION_AHEAD:
		return ERR_TOKEN_REFUSED;
	}
	return ERR_TOKEN_REFUSED;
}

static enum err refresh(struct context *c, const char *refresh_token, bool rotate,
			struct token_pair *out)
{
	struct token_claims claims;
	enum session_verdict verdict;
	struct session session;
	struct user user;
	enum err err;

	if (!tokens_check_refresh(c, refresh_token, &claims))
		return ERR_TOKEN_REFUSED;
	switch (sessions_refresh(c, claims.id, claims.gen, rotate, &verdict, &session,
				 &user)) {
	case RC_OK:
		break;
	case RC_NONE:
	case RC_CONFLICT:
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	if (verdict == SESSION_REUSE)
		ended_session(c, claims.id);
	err = verdict_error(verdict, claims.id);
	if (!err && strcmp(user.id, claims.subject) != 0)
		err = ERR_TOKEN_REFUSED;
	if (!err)
		tokens_issue(c, &user, &session, false, rotate, out);
	return err;
}

enum err sessions_reissue(struct context *c, const char *refresh_token,
			  struct token_pair *out)
{
	return refresh(c, refresh_token, false, out);
}

enum err sessions_renew(struct context *c, const char *refresh_token,
			struct token_pair *out)
{
	return refresh(c, refresh_token, true, out);
}

static enum err end_one(struct context *c, const char *user_id, const char *session_id,
			const char *event, enum err when_none)
{
	switch (sessions_end(c, user_id, session_id, event)) {
	case RC_OK:
		ended_session(c, session_id);
		return ERR_NONE;
	case RC_NONE:
	case RC_CONFLICT:
		return when_none;
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	return ERR_INTERNAL_ERROR;
}

enum err sessions_logout(struct context *c, const struct caller *caller)
{
	/* none: somebody else ended it since it was looked at, which is as good */
	return end_one(c, caller->user.id, caller->session_id, "logout", ERR_NONE);
}

enum err sessions_revoke(struct context *c, const struct caller *caller,
			 const char *session_id)
{
	return end_one(c, caller->user.id, session_id, "session_revoked", ERR_NOT_FOUND);
}

enum err sessions_end_by_token(struct context *c, const char *user_id,
			       const char *session_id)
{
	return end_one(c, user_id, session_id, "token_revoked", ERR_NONE);
}

enum err sessions_logout_all(struct context *c, const struct caller *caller)
{
	switch (sessions_end_all(c, caller->user.id)) {
	case RC_OK:
		ended_user(c, caller->user.id);
		return ERR_NONE;
	case RC_NONE:
	case RC_CONFLICT:
		return ERR_NONE;
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	return ERR_INTERNAL_ERROR;
}
