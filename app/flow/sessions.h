/* What a user's tokens are good for, asked of the session behind them. */
#ifndef APP_FLOW_SESSIONS_H
#define APP_FLOW_SESSIONS_H

#include "app/error.h"
#include "app/flow/tokens.h"

/* Who asks: the user of a token, or of a living session, as it is now. */
struct caller {
	struct user user;
	const char *session_id;
	int64_t login_at; /* real ms */
};

/* A user's access token: its session lives and it shows the user as it is now. */
enum err sessions_authenticate(struct context *c, const char *access_token,
			       struct caller *out) MUST_USE;
/* The same of what such a token said */
enum err sessions_living(struct context *c, const struct token_claims *claims,
			 struct caller *out) MUST_USE;
/* The same where PostgreSQL may be down and the settings let the signature and the list
 * of ended sessions do: then only id and roles of the user are known. */
enum err sessions_verify(struct context *c, const struct token_claims *claims,
			 struct caller *out) MUST_USE;

/* A new access token for a refresh token, which stays as it is (the three-step service).
 */
enum err sessions_reissue(struct context *c, const char *refresh_token,
			  struct token_pair *out) MUST_USE;
/* A new pair for a refresh token, which is spent by it; one that was spent a moment ago
 * gets the current pair again, one spent before that ends the session. */
enum err sessions_renew(struct context *c, const char *refresh_token,
			struct token_pair *out) MUST_USE;

enum err sessions_logout(struct context *c, const struct caller *caller) MUST_USE;
enum err sessions_logout_all(struct context *c, const struct caller *caller) MUST_USE;
/* ERR_NOT_FOUND: no such living session of the caller's user. */
enum err sessions_revoke(struct context *c, const struct caller *caller,
			 const char *session_id) MUST_USE;

/* Whoever holds a token of it may end a session; one that is over already is no error. */
enum err sessions_end_by_token(struct context *c, const char *user_id,
			       const char *session_id) MUST_USE;

#endif
