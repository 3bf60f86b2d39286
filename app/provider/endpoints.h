/* Where a provider is asked, and how: as the settings, else its type, else what discovery
 * found say. */
#ifndef APP_PROVIDER_ENDPOINTS_H
#define APP_PROVIDER_ENDPOINTS_H

#include "app/context.h"
#include "lib/rc.h"

struct endpoints {
	const char *authorize, *token;
	const char *userinfo; /* NULL: there is none */
	bool secret_in_body; /* client_secret_post, else client_secret_basic */
	bool sends_iss; /* RFC 9207 §3 */
};

/* RC_NONE: discovery has not yet succeeded; RC_DOWN: PostgreSQL. */
enum rc endpoints_find(struct context *c, const struct provider_conf *provider,
		       struct endpoints *out) MUST_USE;
/* The same with `metadata` (see discovery.h; NULL: none) at hand. RC_OK or RC_NONE. */
enum rc endpoints_read(struct arena *arena, const struct provider_conf *provider,
		       const char *metadata, struct endpoints *out) MUST_USE;

#endif
