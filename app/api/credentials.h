/* The Authorization header. */
#ifndef APP_API_CREDENTIALS_H
#define APP_API_CREDENTIALS_H

#include "app/request.h"

enum { BASIC_MAX = 1536 /* bytes of the header */ };

/* RFC 6750 §2.1: a Bearer token. ERR_TOKEN_MISSING: no header of that scheme;
 * ERR_TOKEN_REFUSED: one that is no token. */
enum err credentials_bearer(const struct request *req, const char **token) MUST_USE;

/* RFC 7617 in UTF-8: strict base64, split at the first colon, no control character.
 * False: no such header, or one of another scheme or form. */
bool credentials_basic(const struct request *req, const char **user,
		       const char **password) MUST_USE;

/* A client's id and secret (RFC 6749 §2.3.1): by Basic, each form-encoded, or in the body
 * as client_id and client_secret. ERR_INVALID_REQUEST: by both; ERR_INVALID_CLIENT: by
 * none, or not well-formed. */
enum err credentials_client(const struct request *req, const char **id,
			    const char **secret) MUST_USE;

#endif
