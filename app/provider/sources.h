/* Whose documents are fetched: the outside issuers of the configuration, and its
 * providers of a type that discovers. */
#ifndef APP_PROVIDER_SOURCES_H
#define APP_PROVIDER_SOURCES_H

#include "app/conf.h"

struct source {
	const char *section; /* as store/issuers.h names it: "issuer NAME", … */
	const char *issuer;
	const char *jwks_url; /* "": as the discovery document says */
	bool needs_endpoints; /* where a login begins, and a code is exchanged */
	bool allow_http, allow_private; /* of struct fetch_request */
};

/* The iss claim of a provider's id_tokens; "" for one without. */
const char *source_issuer(const struct provider_conf *provider) MUST_USE;

/* What is fetched of a provider that has an issuer. */
struct source source_of_provider(struct arena *arena,
				 const struct provider_conf *provider) MUST_USE;

bool sources_exist(const struct conf *conf) MUST_USE;
/* How many there are; `*out` in the arena. */
size_t sources_list(struct arena *arena, const struct conf *conf,
		    const struct source **out) MUST_USE;

#endif
