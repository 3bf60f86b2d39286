/* E-mail addresses, in one place: what is accepted, what is written to, what is unique.
 */
#ifndef APP_EMAIL_H
#define APP_EMAIL_H

#include "lib/arena.h"

enum { EMAIL_MAX = 254, EMAIL_LOCAL_MAX = 64 };

struct email {
	const char
		*address; /* local part as typed, domain in ASCII lower-case (RFC 5891) */
	const char *key; /* the whole in lower-case: unique */
};

/* White space around it is dropped. The local part is an ASCII dot-atom (RFC 5322
 * §3.2.3), the domain has two labels or more. False: not such an address; `out`
 * untouched. */
bool email_parse(struct arena *arena, const char *typed, struct email *out) MUST_USE;

#endif
