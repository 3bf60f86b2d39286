/* What an ID token says of somebody (OpenID Connect Core §3.1.3.7). */
#ifndef APP_PROVIDER_ID_TOKEN_H
#define APP_PROVIDER_ID_TOKEN_H

#include "app/provider/visit.h"
#include "lib/jwt.h"

/* Validated by the provider's keys; newer ones are wished for and waited for. */
enum provider_verdict id_token_check(const struct visit *visit, const char *token,
				     const char *nonce,
				     const struct jwt_claims **claims) MUST_USE;

#endif
