/* What delivering a letter means: claim it, render it, send it, settle what became of it.
 */
#ifndef APP_FLOW_DELIVER_H
#define APP_FLOW_DELIVER_H

#include "app/context.h"
#include "app/letters.h"
#include "lib/rc.h"
#include "lib/smtp.h"

enum deliver_end {
	DELIVER_SENT,
	DELIVER_UNWANTED, /* of kind `none`, or its user is gone or inactive */
	DELIVER_LATER,
	DELIVER_DEAD,
	DELIVER_EXPIRED,
};

/* What became of a letter, until the database knows it too. Outlives the arena. */
struct deliver_outcome {
	enum deliver_end end;
	char id[40]; /* a UUID */
	int64_t attempts;
	int64_t delay_ms; /* of DELIVER_LATER */
	char error[SMTP_WHY_SIZE];
};

struct deliver {
	const struct letters *letters;
	struct smtp_server server;
	int64_t lease_s; /* longer than any delivery takes */
	bool fresh_only; /* leaves alone what was tried before */
	bool unsettled; /* `outcome` is not in the database yet */
	struct deliver_outcome outcome;
};

/* Claims the next letter and delivers it. Its outcome is then unsettled. RC_NONE: nothing
 * is due; RC_DOWN: no database. Nothing may be unsettled before. */
enum rc deliver_next(struct context *c, struct deliver *d) MUST_USE;
/* Writes the outcome down. RC_DOWN: it is still unsettled, to be tried again: of a letter
 * that was sent and not written down another copy would follow. */
enum rc deliver_settle(struct context *c, struct deliver *d) MUST_USE;

/* Milliseconds until the next attempt after `attempts`: doubling from mail.retry_min_s to
 * mail.retry_max_s, less up to a quarter at random. */
int64_t deliver_delay_ms(const struct conf *conf, int64_t attempts) MUST_USE;

#endif
