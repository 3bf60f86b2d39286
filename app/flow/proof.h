/* Proving that an address is one's own: a code is mailed; the code, or the token that it
 * gives, is the proof. */
#ifndef APP_FLOW_PROOF_H
#define APP_FLOW_PROOF_H

#include "app/code.h"
#include "app/error.h"
#include "app/flow/tokens.h"
#include "app/store/codes.h"

struct proof_asked {
	int64_t expires_in, resend_after; /* seconds */
};

/* Queues the letter that `asked` is about. */
typedef enum rc proof_mail(struct context *c, const struct email *to,
			   const struct codes_subject *subject,
			   const struct codes_asked *asked);

/* Throttles, makes or finds the code and has it mailed. The same work, and the same
 * answer, whether or not the address is somebody's: it is bound to CODES_NOBODY then. */
enum err proof_ask(struct context *c, const struct codes_subject *subject,
		   const struct email *to, proof_mail *mail,
		   struct proof_asked *out) MUST_USE;

/* Counts the guess and compares: the code stays good, what it opens must end it. `code`
 * as code_read() gives it; "": not a code at all. `email_key` is that of the letter;
 * NULL: of the address it is bound to. */
enum err proof_check(struct context *c, const char *purpose, const char *subject,
		     const char *email_key, const char *code,
		     struct codes_try *out) MUST_USE;

/* A code for a token; the code is spent. */
enum err proof_give(struct context *c, const char *purpose, const struct email *from,
		    const char *code, const char **token) MUST_USE;

/* The third step of registration and of recovery. */
struct proof_finish {
	const char *token, *username;
	const char *password; /* in normal form */
};

#endif
