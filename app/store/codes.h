/* Codes by mail, in Redis: throttle, nonce, tries. The code itself is nowhere. One entry
 * for each subject and purpose (of app/code.h); its name is an HMAC. */
#ifndef APP_STORE_CODES_H
#define APP_STORE_CODES_H

#include "app/context.h"
#include "app/email.h"
#include "lib/rc.h"

/* The user of an address that nobody has */
#define CODES_NOBODY "00000000-0000-0000-0000-000000000000"

struct codes_asked {
	int64_t retry_after_s; /* > 0: refused */
	bool too_many; /* refused for the hour, not just too soon */
	const char *nonce, *key_id;
	int64_t expires_at; /* real ms */
	const char *undo; /* for codes_take_back() */
};

/* Whose code it is (an e-mail key, or a user's id where the address is what is asked
 * for), and what it is bound to: asked for anew with something else, it is another code.
 */
struct codes_subject {
	const char *purpose, *name;
	const char *bound; /* a user's id or CODES_NOBODY, or an address */
	int64_t epoch; /* the user's; 0 for nobody */
};

/* Counts the letter and makes a code, or gives the one that lives more time, in one
 * script. */
enum rc codes_ask(struct context *c, const struct codes_subject *subject,
		  struct codes_asked *out) MUST_USE;
/* The letter could not be queued: throttle and count are as before. Best effort. */
void codes_take_back(struct context *c, const struct codes_subject *subject,
		     const struct codes_asked *asked);

struct codes_try {
	const char *nonce, *key_id, *bound;
	int64_t epoch;
};

/* Counts one guess from this client, before anything is compared. RC_NONE: there is no
 * code, or it is dead for this client or for all. */
enum rc codes_count_try(struct context *c, const char *purpose, const char *name,
			struct codes_try *out) MUST_USE;
/* The guess was right: spends the code. RC_NONE: somebody else just did. */
enum rc codes_spend(struct context *c, const char *purpose, const char *name,
		    const char *nonce) MUST_USE;
/* The whole entry, once its purpose is fulfilled. Best effort. */
void codes_forget(struct context *c, const char *purpose, const char *name);

#endif
