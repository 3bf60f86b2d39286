/* The tokens of users and machines: what is in them and which pass. A token says who and
 * which session; whether that still holds is asked of the session's row, or the client's
 * (flow/sessions.h, flow/machines.h). */
#ifndef APP_FLOW_TOKENS_H
#define APP_FLOW_TOKENS_H

#include "app/store/clients.h"
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

/* An access token for a client (RFC 9068), with these of its scopes. `*expires_in`:
 * seconds. */
char *tokens_issue_machine(struct context *c, const struct client_row *client,
			   const char *const *scopes, size_t n_scopes,
			   int64_t *expires_in) MUST_USE;

/* A user's access token, or a machine's: see kind. */
bool tokens_check_access(struct context *c, const char *token,
			 struct token_claims *out) MUST_USE;
bool tokens_check_refresh(struct context *c, const char *token,
			  struct token_claims *out) MUST_USE;

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
