/* Accounts as the administrator sees and changes them: over the owner's connection, each
 * change one statement with its audit entry by `ctl`. Everything is the arena's. */
#ifndef APP_STORE_ADMIN_USERS_H
#define APP_STORE_ADMIN_USERS_H

#include "app/email.h"
#include "app/store/users.h"

struct admin_user {
	struct user user;
	bool has_password;
	int64_t updated_at, last_login_at; /* real ms; 0: never */
	int64_t live_sessions;
	const char *const *providers; /* of the linked accounts, in their order */
	size_t n_providers;
};

/* By one of the three; the others are NULL. */
struct admin_user_key {
	const char *id, *email_key, *username_key;
};

enum rc admin_users_find(struct context *c, const struct admin_user_key *key,
			 struct admin_user *out) MUST_USE;

struct admin_user_new {
	struct email email;
	const char *username, *hash; /* or NULL */
	bool email_verified;
};

/* RC_CONFLICT: `*conflict` says of what. */
enum rc admin_users_create(struct context *c, const struct admin_user_new *in,
			   const char **id, enum users_conflict *conflict) MUST_USE;
/* The account, its sessions, history and letters; the audit trail keeps the id. RC_NONE:
 * there is no such user. */
enum rc admin_users_delete(struct context *c, const char *id) MUST_USE;

#endif
