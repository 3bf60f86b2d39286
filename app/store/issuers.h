/* What `latchkeyd outside` has fetched of outside issuers and providers: documents by
 * section of the configuration ("issuer NAME", "provider NAME"). The refresher writes;
 * everybody else reads, and may wish for newer keys. Times are real ms; 0: never. */
#ifndef APP_STORE_ISSUERS_H
#define APP_STORE_ISSUERS_H

#include "app/context.h"
#include "lib/rc.h"

struct issuer_documents {
	const char *section, *issuer;
	const char *metadata; /* JSON object; NULL: none was needed */
	const char *jwks; /* reduced (lib/jwk.h) */
	int64_t version; /* another one when either changed */
	int64_t fetched_at, good_until;
};

/* Bytes of both documents. What the refresher writes is smaller; who has its role could
 * write anything, and readers have only so much memory. */
enum { ISSUERS_DOCUMENTS_MAX = 256 * 1024 };
/* RC_NONE: nothing good was ever fetched for this section and issuer, or it is past its
 * good_until. */
enum rc issuers_read(struct context *c, const char *section, const char *issuer,
		     struct issuer_documents *out) MUST_USE;

/* A key was seen that is not there. `*pending`: a fetch was just asked for, is under way,
 * or ended so lately that the caller may have read what was there before; so it is worth
 * while to come again in a second. Else there was one a moment ago, without that key: the
 * next is allowed ISSUERS_WISH_S after the last. RC_NONE: `latchkeyd outside` does not
 * know of this section, or of another issuer there: its settings are older than ours. */
enum { ISSUERS_WISH_S = 30, ISSUERS_PENDING_S = 10, ISSUERS_SETTLE_S = 1 };
enum rc issuers_wish(struct context *c, const char *section, const char *issuer,
		     bool *pending) MUST_USE;

/* ---- for the refresher ---- */

struct issuer_section {
	const char *section, *issuer, *jwks_url;
};

struct issuer_sections {
	size_t n;
	const struct issuer_section *at;
};

/* Makes the rows of these sections; one whose issuer or jwks_url is another begins anew.
 * Rows of other sections go when they are good no more: another host may still have them
 * in its configuration. */
enum rc issuers_keep(struct context *c, const struct issuer_sections *sections) MUST_USE;

/* How long a fetch may take until another process may begin it anew; the wait after a
 * failure, doubled each time. */
enum { ISSUERS_LEASE_S = 10, ISSUERS_RETRY_S = 5, ISSUERS_RETRY_MAX_S = 300 };

struct issuer_claim {
	const char *section;
	size_t which; /* of the sections */
	const char *until; /* tells this claim from others */
	const char *last_error; /* NULL: the last fetch was good, or there was none */
};

/* Takes the one of these sections that has been due or wished for longest, for this
 * process alone: the next fetch is the caller's. It counts as a failure until it is a
 * success, so one that ends its process is not tried at once again. RC_NONE: none. */
enum rc issuers_claim(struct context *c, const struct issuer_sections *sections,
		      struct issuer_claim *out) MUST_USE;
/* How long until the next may be. RC_NONE: there are no rows for them. */
enum rc issuers_next(struct context *c, const struct issuer_sections *sections,
		     int64_t *ms) MUST_USE;

/* Fetched: good for ISSUERS_GOOD_H, due again after half of `ttl_s`. Documents that are
 * as before leave the version. RC_NONE: the claim was lost, nothing is changed. */
enum { ISSUERS_GOOD_H = 24 };
enum rc issuers_fetched(struct context *c, const struct issuer_claim *claim,
			const char *metadata, const char *jwks, int64_t ttl_s) MUST_USE;
/* Not fetched: what was there stays until its good_until. */
enum rc issuers_failed(struct context *c, const struct issuer_claim *claim,
		       const char *why) MUST_USE;

#endif
