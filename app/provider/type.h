/* What differs between the types of providers, a row each. */
#ifndef APP_PROVIDER_TYPE_H
#define APP_PROVIDER_TYPE_H

#include "app/conf.h"

struct provider_type {
	const char *name; /* provider.type */
	/* OpenID Connect: discovery at the issuer, a nonce, and an id_token */
	bool discovers;
	bool secret_in_body; /* at the token endpoint; else by Basic, unless discovery
				knows it better */
	const char *scheme; /* of the access token in Authorization */
	const char *issuer; /* of identities, where the settings have none; NULL: see
			       provider_issuer() */
	const char *authorize_url, *token_url, *userinfo_url; /* NULL: no default */
	const char *scope;
	/* Members of the user-info answer; NULL: as the settings say */
	const char *subject_field, *email_field, *email_verified_field;
	const char *email_verified; /* what by-type means: claim or no */
};

const struct provider_type *provider_type(const struct provider_conf *provider) MUST_USE;

/* The issuer of its identities: the setting, else the type's, else the address of its
 * user info without the query, since two services of one host may both have a user 1. */
const char *provider_issuer(struct arena *arena,
			    const struct provider_conf *provider) MUST_USE;
const char *provider_scope(const struct provider_conf *provider) MUST_USE;
/* Whether addresses count as verified: claim, yes or no. */
const char *provider_email_verified(const struct provider_conf *provider) MUST_USE;

#endif
