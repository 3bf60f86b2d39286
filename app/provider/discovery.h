/* What an issuer publishes of itself (OpenID Connect Discovery 1.0, RFC 8414, RFC 7517):
 * fetched, judged, and reduced to what is used. */
#ifndef APP_PROVIDER_DISCOVERY_H
#define APP_PROVIDER_DISCOVERY_H

#include "app/provider/sources.h"
#include "lib/fetch.h"

enum {
	DISCOVERY_TTL_MIN_S = 300,
	DISCOVERY_TTL_MAX_S = 86400,
	/* Enough for one run: two answers of FETCH_BODY_MAX that are all zeros and commas
	 * take 23 MiB. Reserved, not used. */
	DISCOVERY_ARENA_BYTES = 40 << 20,
};

struct discovery {
	/* JSON of the members below as far as they are there, with the types of the
	 * specification; NULL: the source tells all there is to know.
	 *   issuer authorization_endpoint token_endpoint userinfo_endpoint jwks_uri
	 *   token_endpoint_auth_methods_supported id_token_signing_alg_values_supported
	 *   authorization_response_iss_parameter_supported */
	const char *metadata;
	const char *jwks; /* reduced: see lib/jwk.h */
	size_t n_keys;
	int64_t ttl_s; /* the key set's max-age, within the limits above */
};

/* False: `*why` says what failed and how, in the arena. It takes FETCH_TOTAL_MS at most.
 */
bool discovery_run(struct fetch *fetch, struct arena *arena, const struct source *source,
		   struct discovery *out, const char **why) MUST_USE;

#endif
