/* Accounts at providers that sign in to accounts here. */
#ifndef APP_STORE_SOCIAL_ACCOUNTS_H
#define APP_STORE_SOCIAL_ACCOUNTS_H

#include "app/page.h"
#include "app/store/users.h"

struct social_account {
	const char *id, *provider, *subject, *email; /* email: NULL when none */
	int64_t created_at; /* real ms */
};

struct social_identity {
	const char *provider, *issuer, *subject, *email; /* email: NULL when none */
};

/* The user whose account it is. */
enum rc social_accounts_user(struct context *c, const char *issuer, const char *subject,
			     struct user *out) MUST_USE;
/* Links it to an active user of that epoch with a proven address, `email_key` (NULL:
 * any), with letter and audit entry. RC_CONFLICT: it is somebody's already; RC_NONE: the
 * user is not (or no longer) such a one. */
enum rc social_accounts_link(struct context *c, const char *user_id, int64_t epoch,
			     const char *email_key,
			     const struct social_identity *identity,
			     struct user *out) MUST_USE;
/* Makes an account without user name and password, and its link, else as users_insert().
 * The letter is a welcome, with a code where there is one. RC_CONFLICT: the address or
 * the identity is somebody's already. */
enum rc social_accounts_register(struct context *c, const struct user_new *in,
				 const struct social_identity *identity,
				 struct user *out) MUST_USE;

/* The newest first. */
enum rc social_accounts_list(struct context *c, const char *user_id,
			     const struct page *page, struct social_account **out,
			     struct page_found *found) MUST_USE;
/* With letter and audit entry. RC_NONE: the user has none of that id. `*last`: it is the
 * only way to sign in, so it stays. */
enum rc social_accounts_unlink(struct context *c, const char *user_id, const char *id,
			       bool *last) MUST_USE;

#endif
