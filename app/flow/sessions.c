#include "app/flow/sessions.h"

#include "lib/log.h"

enum err sessions_authenticate(struct context *c, const char *access_token,
			       struct user *out)
{
	struct access_claims claims;
	struct user user;

	if (!tokens_check_access(c, access_token, &claims))
		return ERR_TOKEN_REFUSED;
	switch (sessions_user(c, claims.session_id, &user)) {
	case RC_OK:
		break;
	case RC_NONE:
	case RC_CONFLICT:
		return ERR_TOKEN_REFUSED;
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	if (strcmp(user.id, claims.user_id) != 0)
		return ERR_TOKEN_REFUSED;
	if (user.rev != claims.rev)
		return ERR_TOKEN_STALE;
	*out = user;
	return ERR_NONE;
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

enum err sessions_reissue(struct context *c, const char *refresh_token,
			  struct token_pair *out)
{
	struct refresh_claims claims;
	enum session_verdict verdict;
	struct session session;
	struct user user;
	enum err err;

	if (!tokens_check_refresh(c, refresh_token, &claims))
		return ERR_TOKEN_REFUSED;
	switch (sessions_refresh(c, claims.session_id, claims.gen, false, &verdict,
				 &session, &user)) {
	case RC_OK:
		break;
	case RC_NONE:
	case RC_CONFLICT:
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	err = verdict_error(verdict, claims.session_id);
	if (!err)
		tokens_issue(c, &user, &session, false, false, out);
	return err;
}
