/* Counters of wrong passwords, in Redis. A slot is taken before the hash is computed and
 * given back when the password was right. */
#ifndef APP_STORE_ATTEMPTS_H
#define APP_STORE_ATTEMPTS_H

#include "app/context.h"
#include "lib/rc.h"

/* `account` is the user's id, or what was typed when it is nobody's. `known_prefix`: the
 * account's own limit does not apply. `*wait_s` > 0: refused, try again then. */
enum rc attempts_take(struct context *c, const char *account, bool known_prefix,
		      int64_t *wait_s) MUST_USE;
/* The password was right. Best effort. */
void attempts_give_back(struct context *c, const char *account, bool known_prefix);
/* Nobody has looked at the password: that one slot is free again, the wrong ones before
 * it still count. Best effort. */
void attempts_undo(struct context *c, const char *account, bool known_prefix);

#endif
