/* A process that delivers one letter of the outbox after the other. */
#ifndef APP_DELIVERER_H
#define APP_DELIVERER_H

#include "app/conf.h"
#include "app/keys.h"
#include "app/letters.h"

struct deliverer {
	const struct conf *conf;
	const struct letters *letters;
	struct keys *keys; /* taken over */
	bool fresh_only; /* leaves alone what was tried before */
};

/* NULL: `conf` is fit for sending mail; else what is wrong with it. */
const char *deliverer_check(const struct conf *conf) MUST_USE;

/* Runs in the child, after process_child(), until SIGTERM: the letter in hand is still
 * delivered and written down. The exit status of the process. */
int deliverer_run(const struct deliverer *deliverer) MUST_USE;

#endif
