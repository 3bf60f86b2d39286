/* Accounts. Times are real ms; ids are lower-case UUIDs; everything is the arena's. */
#ifndef APP_STORE_USERS_H
#define APP_STORE_USERS_H

#include "app/context.h"
#include "app/email.h"
#include "lib/rc.h"

struct user {
	const char *id, *email, *username; /* username: NULL when there is none */
	bool email_verified, active;
	int64_t created_at;
	const char *const *roles;
	size_t n_roles;
	int64_t epoch, rev;
};

/* What a login reads, known or not, in one statement. */
struct user_login {
	struct user user;
	const char *hash; /* NULL: no password, or nobody */
	bool known_prefix; /* this client's prefix had a success in the last 90 days */
};

/* Only the slow workers' role may read the hash. RC_NONE: nobody of that name. `key` is
 * an e-mail key or, without '@', a user name's key. Inactive users are found too. */
enum rc users_for_login(struct context *c, const char *key,
			struct user_login *out) MUST_USE;

enum rc users_by_email(struct context *c, const char *email_key,
		       struct user *out) MUST_USE;
enum rc users_by_id(struct context *c, const char *id, struct user *out) MUST_USE;

/* Which of the two are in use. Always RC_OK or RC_DOWN. */
enum rc users_taken(struct context *c, const char *email_key, const char *username_key,
		    bool *email, bool *username) MUST_USE;

enum users_conflict { USERS_NO_CONFLICT, USERS_EMAIL_TAKEN, USERS_USERNAME_TAKEN };

struct user_new {
	struct email email;
	const char *username; /* or NULL */
	const char *hash;
	bool email_verified;
	const char *registration_jti; /* or NULL */
};

/* Makes the account and its audit entry. RC_CONFLICT: `*conflict` says of what (the
 * e-mail when it is of both). */
enum rc users_insert(struct context *c, const struct user_new *in, struct user *out,
		     enum users_conflict *conflict) MUST_USE;

/* The active account that this registration token made, with its hash: for a repeated
 * step 3. */
enum rc users_by_registration(struct context *c, const char *jti, const char *email_key,
			      struct user *out, const char **hash) MUST_USE;

/* Sets the password, raises the epoch (ends every session), marks the address as proven,
 * queues the notice and writes the audit entry: one statement. RC_NONE: the user is gone,
 * inactive or of another epoch. */
enum rc users_recover(struct context *c, const char *id, int64_t epoch, const char *hash,
		      struct user *out) MUST_USE;

#endif
