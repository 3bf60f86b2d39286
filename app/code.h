/* Codes by mail: eight characters of Crockford's base32. They are stored nowhere: whoever
 * has the code key derives them from what the address's entry and the letter hold. */
#ifndef APP_CODE_H
#define APP_CODE_H

#include "lib/jwt.h"

enum {
	CODE_LEN = 8,
	CODE_SIZE = CODE_LEN + 1,
	CODE_PRETTY_SIZE = CODE_LEN + 2,
	CODE_PURPOSE_MAX = 32, /* bytes */
	CODE_EMAIL_KEY_MAX = 254, /* bytes */
	CODE_NONCE_MAX = 128, /* bytes */
};

#define CODE_REGISTRATION "registration"
#define CODE_VERIFICATION "verification" /* of the address an account was made with */
#define CODE_EMAIL_CHANGE "email_change"
#define CODE_RECOVERY	  "recovery"

/* The first 40 bits of HMAC-SHA256(key, purpose NUL email_key NUL nonce) in upper case.
 * Aborts when one of the three is longer than its maximum. */
void code_derive(const struct jwt_key *key, const char *purpose, const char *email_key,
		 const char *nonce, char out[CODE_SIZE]);

/* What a person typed or pasted, in the form code_derive() gives: in any case, with
 * spaces or hyphens anywhere, O for 0, I and L for 1. False: not eight characters of it.
 */
bool code_read(const char *typed, char out[CODE_SIZE]) MUST_USE;

/* As letters show it: K7QM-3XDP */
void code_pretty(const char code[CODE_SIZE], char out[CODE_PRETTY_SIZE]);

#endif
