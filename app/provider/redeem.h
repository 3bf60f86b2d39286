/* A code becomes tokens at the provider's token endpoint (RFC 6749 §4.1.3). */
#ifndef APP_PROVIDER_REDEEM_H
#define APP_PROVIDER_REDEEM_H

#include "app/provider/endpoints.h"
#include "app/provider/visit.h"

/* Of the visit's arena. */
struct provider_tokens {
	const char *access;
	const char *id; /* NULL: none was given */
};

enum provider_verdict redeem(struct visit *visit, const struct endpoints *endpoints,
			     const struct provider_answer *answer,
			     struct provider_tokens *out) MUST_USE;

#endif
