/* Social logins under way, in Redis: the state that a browser carries to the provider and
 * back, the identity that was found, and the one-time code of the way back to a page. All
 * of it is single-use and short-lived. What a state names is its owner's alone: others
 * neither get nor end it. */
#ifndef APP_STORE_STATES_H
#define APP_STORE_STATES_H

#include "app/context.h"
#include "lib/rc.h"

enum { STATE_TTL_S = 600, IDENTITY_TTL_S = 60, EXCHANGE_TTL_S = 60 };

struct states_owner {
	const char *provider; /* its name */
	const char *browser; /* the cookie's value */
};

/* What was asked, and by whom. */
struct social_state {
	const char *nonce, *verifier;
	const char *return_to; /* a page; "": the answer goes to the client itself */
	bool cookie; /* a browser session is wanted, no tokens */
	const char *session_id; /* of who links; "": a login */
};

/* Counts it for the client. `*wait_s` > 0: refused for so long, nothing was put. */
enum rc states_put(struct context *c, const char *state, const struct states_owner *owner,
		   const struct social_state *in, int64_t *wait_s) MUST_USE;
/* As it was before it was taken; best effort. */
void states_put_back(struct context *c, const char *state,
		     const struct states_owner *owner, const struct social_state *in);
/* RC_NONE: there is none of that owner. */
enum rc states_take(struct context *c, const char *state,
		    const struct states_owner *owner, struct social_state *out) MUST_USE;

/* What the provider said of who came back under that state, and what was asked. */
struct social_found {
	const char *return_to;
	bool cookie;
	const char *session_id;
	const char *issuer, *subject, *email; /* email: "" when none */
	bool email_verified;
};
enum rc states_put_found(struct context *c, const char *state,
			 const struct states_owner *owner,
			 const struct social_found *in) MUST_USE;
enum rc states_take_found(struct context *c, const char *state,
			  const struct states_owner *owner,
			  struct social_found *out) MUST_USE;

/* A login that a page picks up by its one-time code, whoever brings that. */
struct social_login {
	const char *user_id, *method;
	int64_t epoch;
};
enum rc states_put_login(struct context *c, const char *code,
			 const struct social_login *in) MUST_USE;
enum rc states_take_login(struct context *c, const char *code,
			  struct social_login *out) MUST_USE;

#endif
