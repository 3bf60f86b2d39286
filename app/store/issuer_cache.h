/* What one worker keeps of the documents of outside issuers, with their keys parsed: read
 * anew every few seconds, so that a key that was withdrawn is soon refused everywhere.
 * While PostgreSQL is down what is there goes on until its good_until. */
#ifndef APP_STORE_ISSUER_CACHE_H
#define APP_STORE_ISSUER_CACHE_H

#include "app/store/issuers.h"
#include "lib/jwk.h"

enum { ISSUER_CACHE_MS = 2000, ISSUER_CACHE_PLACES = 32 };

struct issuer_cache;

struct issuer_cache *issuer_cache_new(void) MUST_USE;
void issuer_cache_free(struct issuer_cache **cache);

/* Valid until the next call. */
struct issuer_known {
	const struct jwk_set *keys; /* NULL: none */
	const char *metadata; /* JSON; NULL: none */
	bool fresh; /* was read for this call */
};

/* `anew`: reads it, however young it is. RC_NONE: nothing good is there; RC_DOWN: that is
 * not known. */
enum rc issuer_cache_get(struct context *c, const char *section, const char *issuer,
			 bool anew, struct issuer_known *out) MUST_USE;

#endif
