/* What a user's tokens are good for, asked of the session behind them. */
#ifndef APP_FLOW_SESSIONS_H
#define APP_FLOW_SESSIONS_H

#include "app/error.h"
#include "app/flow/tokens.h"

/* The user of an access token: its session lives and it shows the user as it is now. */
enum err sessions_authenticate(struct context *c, const char *access_token,
			       struct user *out) MUST_USE;

/* A new access token for a refresh token, which stays as it is (the three-step service).
 */
enum err sessions_reissue(struct context *c, const char *refresh_token,
			  struct token_pair *out) MUST_USE;

#endif
