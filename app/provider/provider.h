/* Providers of social logins ([provider NAME]): where to send a browser, and who came
 * back. What differs between the types is a table. The calls to the provider are made by
 * the workers of `latchkeyd outside` alone. */
#ifndef APP_PROVIDER_PROVIDER_H
#define APP_PROVIDER_PROVIDER_H

#include "app/context.h"
#include "lib/rc.h"

/* NULL: there is none of that name. */
const struct provider_conf *provider_find(const struct conf *conf,
					  const char *name) MUST_USE;
/* "section.key: reason" for what of the settings keeps their calls from being made; NULL:
 * nothing does. */
const char *provider_objection(struct arena *arena, const struct conf *conf) MUST_USE;
/* PUBLIC_URL/api/v1/social/auth/NAME: to be registered with the provider. */
char *provider_callback_url(struct context *c,
			    const struct provider_conf *provider) MUST_USE;

/* RFC 6749 §4.1.1, RFC 7636 §4.3 (S256), OpenID Connect Core §3.1.2.1 */
struct provider_ask {
	const char *state, *nonce;
	const char *verifier; /* of PKCE: its challenge goes into the URL */
};
/* In a fast worker. RC_NONE: discovery has not yet succeeded; RC_DOWN: PostgreSQL. */
enum rc provider_authorize_url(struct context *c, const struct provider_conf *provider,
			       const struct provider_ask *ask, const char **url) MUST_USE;

/* Who somebody is at the provider. */
struct identity {
	const char *issuer, *subject; /* together unique for ever */
	const char *email; /* NULL: none, or none that could be one of ours */
	bool email_verified; /* the provider says so, and the settings let it */
};

struct provider_answer {
	const char *code;
	const char *iss; /* RFC 9207; NULL: not sent */
	const char *nonce, *verifier; /* of the question */
};

enum provider_verdict {
	PROVIDER_GOOD,
	PROVIDER_DOWN, /* or slow, or one whose answers cannot be used or trusted */
	PROVIDER_BUSY, /* GATE_FULL; it was told nothing: the same answer may come again
			*/
	PROVIDER_STORE_DOWN, /* our own PostgreSQL */
};
enum {
	PROVIDER_TOTAL_MS = 6000, /* for all that one identification asks, and the wait
				     for a place at the gate */
	PROVIDER_KEYS_MS = 2000, /* of it, the wait for a key just published */
	PROVIDER_KEYS_POLL_MS = 100,
};
/* In an outside worker: redeems the code, validates the ID token or asks for the user.
 * What was wrong is logged, never told. */
enum provider_verdict provider_identify(struct context *c,
					const struct provider_conf *provider,
					const struct provider_answer *answer,
					struct identity *out) MUST_USE;

#endif
