/* Logins by a provider, and accounts linked to one. */
#ifndef APP_FLOW_SOCIAL_H
#define APP_FLOW_SOCIAL_H

#include "app/flow/browser.h"
#include "app/store/social_accounts.h"

struct social_start {
	const char *provider; /* a name */
	const char *return_to; /* a page of a configured origin; "": none */
	bool cookie; /* a browser session is wanted */
	const struct caller *caller; /* who links; NULL: a login */
};
struct social_started {
	const char *url; /* the provider's */
	const char *state;
	const char *browser; /* what the browser must bring back with the state */
	int64_t expires_in; /* seconds */
};
/* ERR_PROVIDER_ERROR: discovery has not succeeded. ERR_EMAIL_UNVERIFIED: linking needs a
 * proven address. */
enum err social_start(struct context *c, const struct social_start *in,
		      struct social_started *out) MUST_USE;

/* What a browser brings back. */
struct social_callback {
	const char *provider; /* a name */
	const char *state;
	const char *browser; /* "": none came with that state */
	const char *code, *iss,
		*error; /* the provider's (RFC 6749 §4.1.2, 9207), or NULL */
};
/* In an outside worker: the identity is found, and kept for social_finish().
 * `*return_to` is set, also with an error, once the state is spent ("" where none was
 * asked); else it stays as it is, and the same may come again. */
enum err social_identify(struct context *c, const struct social_callback *in,
			 const char **return_to) MUST_USE;

struct social_finished {
	const char *return_to; /* as in social_identify() */
	/* one of the three: */
	struct browser_cookie cookie; /* a browser session; value NULL: not this one */
	const char *code; /* for social_exchange(); NULL: not this one */
	struct token_pair pair;
	struct user user;
};
/* In a fast worker: signs in, links, or makes the account. */
enum err social_finish(struct context *c, const struct social_callback *in,
		       struct social_finished *out) MUST_USE;
/* ERR_INVALID_CODE: unknown, expired, used, or the user changed since. */
enum err social_exchange(struct context *c, const char *code,
			 struct token_pair *out) MUST_USE;

enum err social_list(struct context *c, const struct caller *caller,
		     const struct page *page, const struct social_account **rows,
		     struct page_found *found) MUST_USE;
/* ERR_LAST_LOGIN_METHOD: no password and no other account. */
enum err social_unlink(struct context *c, const struct caller *caller,
		       const char *id) MUST_USE;

#endif
