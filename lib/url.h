/* Addresses on the web, as far as they are ours to judge (RFC 3986). */
#ifndef LIB_URL_H
#define LIB_URL_H

#include "lib/arena.h"

/* What stands behind https:// or http://; NULL: neither */
const char *url_after_scheme(const char *url) MUST_USE;
/* HOST[:PORT] and nothing else, in the one form in which browsers send it (RFC 6454
 * §6.2): in lower case, without a user. */
bool url_is_authority(const char *text) MUST_USE;
/* http[s]://HOST[:PORT][/PATH][?QUERY]: no user, no fragment, only characters that a URL
 * can have. */
bool url_is_sound(const char *url) MUST_USE;

/* Percent-encoded but for A-Z, a-z, 0-9, '-', '.', '_': reads the same in a URL and in a
 * form. */
char *url_encode(struct arena *arena, const char *text) MUST_USE;

struct url_pair {
	const char *name, *value; /* value NULL: left out */
};
/* "name=value&...": a query, or a body of application/x-www-form-urlencoded */
char *url_form(struct arena *arena, const struct url_pair *pairs, size_t n) MUST_USE;
/* A sound URL with them added to its query (RFC 6749 §3.1) */
char *url_with(struct arena *arena, const char *url, const struct url_pair *pairs,
	       size_t n) MUST_USE;

#endif
