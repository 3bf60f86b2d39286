/* The one user of libunistring and libidn2. */
#ifndef LIB_UNICODE_H
#define LIB_UNICODE_H

#include "lib/arena.h"

/* NFC (UAX 15); NULL: not UTF-8. */
char *unicode_nfc(struct arena *arena, const char *utf8) MUST_USE;
/* What texts that differ in case or composition only have in common (Unicode §5.18), in
 * NFC; NULL: not UTF-8. */
char *unicode_fold(struct arena *arena, const char *utf8) MUST_USE;
/* A domain in ASCII, lower-case, IDNA 2008 (RFC 5891, UTS 46 non-transitional mapping).
 * NULL: not one of host labels (letters, digits, hyphens; 63 bytes each, 253 in all),
 * with a dot at its end, or an IPv4 address. One label is enough. */
char *unicode_domain(struct arena *arena, const char *utf8) MUST_USE;

#endif
