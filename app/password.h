/* Passwords before they are hashed: normal form, length, strength. */
#ifndef APP_PASSWORD_H
#define APP_PASSWORD_H

#include "app/conf.h"
#include "lib/pwhash.h"

enum {
	PASSWORD_MIN = 8,
	PASSWORD_MAX = 256 /* code points */,
	PASSWORD_BYTES_MAX = 1024
};

enum password_flaw {
	PASSWORD_FINE,
	PASSWORD_TOO_SHORT,
	PASSWORD_TOO_LONG,
	PASSWORD_TOO_WEAK,
	PASSWORD_HAS_CONTROL, /* Basic could not carry it (RFC 7617 §2) */
};

/* NFC (RFC 8265 §4.2 in its essence), as every password is before hashing; NULL: longer
 * than PASSWORD_BYTES_MAX, or it cannot be normalised. */
char *password_normal(struct arena *arena, const char *typed) MUST_USE;
/* Judges a new password in normal form; `email` and `username` (either may be NULL) are
 * words that its owner's attackers know. */
enum password_flaw password_judge(struct arena *arena, const struct conf *conf,
				  const char *password, const char *email,
				  const char *username) MUST_USE;
/* What a new hash costs, by configuration. */
struct pwhash_cost password_cost(const struct conf *conf) MUST_USE;

#endif
