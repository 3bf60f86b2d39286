/* Checking a password: the counters before it, the one hash, the upgrade after it. */
#ifndef APP_FLOW_PASSWORDS_H
#define APP_FLOW_PASSWORDS_H

#include "app/error.h"
#include "app/store/users.h"

/* `found` as the store gave it (its hash NULL where no password can be right), `account`
 * what wrong tries are counted by, `typed` as it came. Takes a slot first; one hash,
 * whatever the outcome; a hash that is not of today's kind and cost is replaced when the
 * password is right. ERR_INVALID_CREDENTIALS: it is wrong. */
enum err passwords_check(struct context *c, const struct user_secret *found,
			 const char *account, const char *typed) MUST_USE;

/* A new hash of today's kind and cost, of a password in normal form, from the arena.
 * NULL: no memory for one. */
char *passwords_hash(struct context *c, const char *normal) MUST_USE;

/* For somebody who is logged in: ERR_WRONG_PASSWORD. `out` is the user as it is now. */
enum err passwords_check_again(struct context *c, const char *user_id, const char *typed,
			       struct user *out) MUST_USE;

#endif
