/* The mailer's side of the outbox: claiming letters by lease, and what becomes of them.
 * All times are judged by the database's clock. */
#ifndef APP_STORE_OUTBOX_CLAIM_H
#define APP_STORE_OUTBOX_CLAIM_H

#include "app/context.h"
#include "lib/rc.h"

/* A claimed letter; NULL where the row has none. */
struct outbox_letter {
	const char *id, *letter;
	const char *user_id;
	const char
		*to; /* the user's stored address, else the row's; NULL: nobody (left) */
	const char *username;
	const char *nonce, *key_id;
	const char *ip, *user_agent, *provider;
	int64_t attempts; /* with this one; tells this claim from a later one */
	int64_t created_ms; /* real */
	int64_t age_s;
	bool cut_off; /* whoever claimed it before never said what became of it */
	bool ends; /* it has a time after which it is not sent … */
	int64_t left_s; /* … so many seconds from now (below 0: before) */
};

/* Takes the letter that is due the longest, for `lease_s`. At most one letter to the same
 * recipient is out at a time, so one whose server is slow holds up no others.
 * `fresh_only`: only one that was not tried before. RC_NONE: none is due. */
enum rc outbox_claim(struct context *c, int64_t lease_s, bool fresh_only,
		     struct outbox_letter *out) MUST_USE;
/* Milliseconds until the next one is due (0: now); RC_NONE: none is waiting. */
enum rc outbox_next_due(struct context *c, int64_t *ms) MUST_USE;

/* The row goes, also when the lease has run out meanwhile: it was sent, or nobody wants
 * it. */
enum rc outbox_remove(struct context *c, const char *id) MUST_USE;

/* The claim of `id` made with `attempts`. RC_NONE: it has run out, and another has it. */
struct outbox_claimed {
	const char *id;
	int64_t attempts;
};
/* Due again in `delay_ms`, but not after the time at which it ends. */
enum rc outbox_retry(struct context *c, const struct outbox_claimed *claim,
		     int64_t delay_ms, const char *error) MUST_USE;
enum rc outbox_bury(struct context *c, const struct outbox_claimed *claim,
		    const char *error) MUST_USE;
enum rc outbox_expire(struct context *c, const struct outbox_claimed *claim) MUST_USE;

#endif
