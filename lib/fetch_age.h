/* How long an answer may be kept (RFC 9111 §5.2.2), in seconds. */
#ifndef LIB_FETCH_AGE_H
#define LIB_FETCH_AGE_H

#include "lib/base.h"

enum { FETCH_NO_AGE = -1 };

/* Of the value of one Cache-Control header: its max-age, at most 2^31; 0 for no-store,
 * no-cache, and a max-age that is none. FETCH_NO_AGE: it says nothing of it. */
int64_t fetch_age_of(const char *cache_control) MUST_USE;
/* Of two, each of which may be FETCH_NO_AGE. */
int64_t fetch_age_less(int64_t a, int64_t b) MUST_USE;

#endif
