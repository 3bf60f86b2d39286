/* The tokens of users: what is in them and which pass. A token says who and which
 * session; whether that still holds is asked of the session's row (flow/sessions.h). */
#ifndef APP_FLOW_TOKENS_H
#define APP_FLOW_TOKENS_H

#include "app/store/sessions.h"
#include "app/token_cache.h"

/* The answer to a login or a refresh. */
struct token_pair {
	const char *access, *refresh; /* refresh: NULL where there is no new one */
	int64_t expires_in, refresh_expires_in; /* seconds */
};

/* `fresh`: from a login, not from a refresh. */
void tokens_issue(struct context *c, const struct user *user,
		  const struct session *session, bool fresh, bool with_refresh,
		  struct token_pair *out);

bool tokens_check_access(struct context *c, const char *token,
			 struct access_claims *out) MUST_USE;

struct refresh_claims {
	const char *session_id, *user_id;
	int64_t gen;
};
bool tokens_check_refresh(struct context *c, const char *token,
			  struct refresh_claims *out) MUST_USE;

/* What somebody proved by a code: that an address is theirs, for one purpose. */
struct proof {
	const char *purpose; /* of app/code.h, which are also the token_use */
	const char *email; /* as accepted by email_parse() */
	const char *user_id; /* recovery: bound to this user … */
	int64_t epoch; /* … of this epoch */
	const char *jti; /* set by the check */
};
char *tokens_issue_proof(struct context *c, const struct proof *proof) MUST_USE;
/* `purpose` is the only one accepted. */
bool tokens_check_proof(struct context *c, const char *purpose, const char *token,
			struct proof *out) MUST_USE;

#endif
