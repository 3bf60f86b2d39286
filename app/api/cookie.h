/* Cookies (RFC 6265): read strictly, set with the attributes that ours all have. */
#ifndef APP_API_COOKIE_H
#define APP_API_COOKIE_H

#include "app/response.h"

enum { COOKIE_HEADER_MAX = 8192 };

/* The value of the cookie `name`; NULL: none, given twice, or in a header that is longer
 * than COOKIE_HEADER_MAX or not well-formed. */
const char *cookie_find(const struct request *req, const char *name) MUST_USE;
/* Secure; HttpOnly; SameSite=Lax; Path=/; `value` is base64url. `max_age_s` 0 removes
 * it. */
void cookie_set(struct request *req, struct response *res, const char *name,
		const char *value, int64_t max_age_s);

/* Where the caller came by one: its session is over, so the cookie goes. */
void cookie_end(struct request *req, struct response *res);

#endif
