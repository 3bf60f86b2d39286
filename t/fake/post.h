/* An outbox with one row, a mail server that says what it is told, and one code key, in
 * place of app/store/outbox_claim, lib/smtp and app/keys. */
#ifndef T_FAKE_POST_H
#define T_FAKE_POST_H

#include "app/store/outbox_claim.h"
#include "lib/smtp.h"

struct post {
	/* what is there */
	bool waiting;
	struct outbox_letter row;
	bool down; /* no database for what is to be written down */
	bool lost; /* the lease has run out */
	const char *kid; /* of the one key; NULL: none */
	enum smtp_verdict verdict;
	const char *why;
	/* what was done */
	int sent;
	char to[300], message[65536];
	const char *settled; /* remove, retry, bury or expire; NULL: nothing */
	char id[64], error[SMTP_WHY_SIZE];
	int64_t attempts, delay_ms;
	bool fresh_only;
};

extern struct post post;

#endif
