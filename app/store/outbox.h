/* Letters to send. Most are queued inside the statement of their cause; these are the
 * ones whose cause is the asking itself. */
#ifndef APP_STORE_OUTBOX_H
#define APP_STORE_OUTBOX_H

#include "app/context.h"
#include "app/email.h"
#include "lib/rc.h"

/* What a code is derived from, and until when it may be mailed (real ms). */
struct outbox_code {
	const char *nonce, *key_id;
	int64_t not_after;
};

/* A registration code to a new address, or word that it has an account: which, the one
 * statement decides. */
enum rc outbox_registration(struct context *c, const struct email *to,
			    const struct outbox_code *code) MUST_USE;
/* A recovery code to the user of that id and epoch; for nobody (the nil UUID) a row that
 * is thrown away. */
enum rc outbox_recovery(struct context *c, const char *user_id,
			const struct outbox_code *code) MUST_USE;
/* The code that proves the address an account was made with. */
enum rc outbox_verification(struct context *c, const char *user_id,
			    const struct outbox_code *code) MUST_USE;
/* A code to an address that the user wants instead, or word that it has an account; and a
 * notice to the one it has. */
enum rc outbox_email_change(struct context *c, const char *user_id,
			    const struct email *to,
			    const struct outbox_code *code) MUST_USE;

#endif
