/* Accounts. Times are real ms; ids are lower-case UUIDs; everything is the arena's. */
#ifndef APP_STORE_USERS_H
#define APP_STORE_USERS_H

#include "app/context.h"
#include "app/email.h"
#include "app/page.h"
#include "app/store/outbox.h"
#include "lib/rc.h"

struct user {
	const char *id, *email, *username; /* username: NULL when there is none */
	bool email_verified, active, has_password;
	int64_t created_at;
	const char *const *roles;
	size_t n_roles;
	int64_t epoch, rev;
};

/* What checking a password needs, in one statement. Only the slow workers' role may read
 * the hash. */
struct user_secret {
	struct user user;
	const char *hash; /* NULL: no password, or nobody */
	bool known_prefix; /* this client's prefix had a success in the last 90 days */
};

/* RC_NONE: nobody of that name. `key` is an e-mail key or, without '@', a user name's
 * key. Inactive users are found too. */
enum rc users_for_login(struct context *c, const char *key,
			struct user_secret *out) MUST_USE;
enum rc users_secret(struct context *c, const char *id, struct user_secret *out) MUST_USE;

enum rc users_by_email(struct context *c, const char *email_key,
		       struct user *out) MUST_USE;
enum rc users_by_username(struct context *c, const char *username_key,
			  struct user *out) MUST_USE;
enum rc users_by_id(struct context *c, const char *id, struct user *out) MUST_USE;
/* The newest first. */
enum rc users_list(struct context *c, const struct page *page, struct user **out,
		   struct page_found *found) MUST_USE;

/* Which of the two are in use; `username_key` may be NULL. Always RC_OK or RC_DOWN. */
enum rc users_taken(struct context *c, const char *email_key, const char *username_key,
		    bool *email, bool *username) MUST_USE;

enum users_conflict { USERS_NO_CONFLICT, USERS_EMAIL_TAKEN, USERS_USERNAME_TAKEN };

struct user_new {
	const char *id; /* a new UUID */
	struct email email;
	const char *username; /* or NULL */
	const char *hash; /* or NULL */
	bool email_verified;
	const char *registration_jti; /* or NULL */
	const struct outbox_code *welcome; /* its letter, with this code; NULL: none */
};

/* Makes the account with the default roles that exist, its letter and its audit entry.
 * RC_CONFLICT: `*conflict` says of what (the e-mail when it is of both). */
enum rc users_insert(struct context *c, const struct user_new *in, struct user *out,
		     enum users_conflict *conflict) MUST_USE;

/* The active account that this registration token made, with its hash: for a repeated
 * step 3. */
enum rc users_by_registration(struct context *c, const char *jti, const char *email_key,
			      struct user *out, const char **hash) MUST_USE;

enum users_password { USERS_PASSWORD_CHANGED, USERS_PASSWORD_RECOVERED };

/* Sets the password, raises the epoch (ends every session), queues the notice and writes
 * the audit entry: one statement. A recovery also proves the address; the first proof
 * removes the social accounts that were linked before it. RC_NONE: the user is gone,
 * inactive, of another epoch, or has another address than that of `email_key` (NULL:
 * whichever) by now. */
enum rc users_set_password(struct context *c, const char *id, int64_t epoch,
			   const char *email_key, const char *hash,
			   enum users_password how, struct user *out) MUST_USE;

/* A new hash of the same password. RC_NONE: it was changed meanwhile. */
enum rc users_rehash(struct context *c, const char *id, const char *old_hash,
		     const char *new_hash) MUST_USE;

/* The address is proven; the first time this raises the epoch, and removes the social
 * accounts that were linked before it. RC_NONE: the user is gone, inactive, of another
 * epoch or has another address by now. */
enum rc users_verify_email(struct context *c, const char *id, int64_t epoch,
			   const char *email_key, struct user *out) MUST_USE;
/* RC_CONFLICT: somebody else has the address. RC_NONE as above. */
enum rc users_set_email(struct context *c, const char *id, int64_t epoch,
			const struct email *email, struct user *out) MUST_USE;
/* RC_CONFLICT: somebody else has the name. RC_NONE: the user is gone or inactive. */
enum rc users_set_username(struct context *c, const char *id, const char *username,
			   struct user *out) MUST_USE;

/* Whether the account may be used; deactivating raises the epoch, which ends every
 * session. `*changed`: it was not so already. RC_NONE: no such user. */
enum rc users_set_active(struct context *c, const char *id, bool active, bool *changed,
			 struct user *out) MUST_USE;

/* The account, its history and its sessions; a last letter goes to its address, and the
 * audit trail keeps the id alone. RC_NONE: gone, or of another epoch. */
enum rc users_delete(struct context *c, const char *id, int64_t epoch) MUST_USE;

#endif
