/* The letters as the administrator sees, retries and drops them. */
#ifndef APP_STORE_ADMIN_OUTBOX_H
#define APP_STORE_ADMIN_OUTBOX_H

#include "app/context.h"

struct admin_letter {
	const char *id, *letter, *state; /* waiting, dead, expired */
	const char *to; /* NULL: the user is gone */
	const char *last_error; /* NULL: none */
	int64_t attempts, created_at, due_at; /* real ms */
};

enum { ADMIN_LETTERS_MAX = 1000 };

/* Those that are not sent: the dead first, then the oldest. RC_NONE: none. */
enum rc admin_outbox_list(struct context *c, struct admin_letter **out,
			  size_t *n) MUST_USE;
/* Makes a letter due now, or (NULL) every dead one; those being delivered, expired, or
 * with a code that no longer holds stay as they are. RC_NONE: there was none to retry. */
enum rc admin_outbox_retry(struct context *c, const char *id, int64_t *n) MUST_USE;
/* RC_NONE: there is none, or it is being delivered. */
enum rc admin_outbox_drop(struct context *c, const char *id) MUST_USE;

#endif
