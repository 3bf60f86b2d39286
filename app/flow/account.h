/* What people do with their own account. */
#ifndef APP_FLOW_ACCOUNT_H
#define APP_FLOW_ACCOUNT_H

#include "app/flow/sessions.h"

struct account_new {
	struct email email;
	const char *username; /* or NULL */
	const char *password; /* in normal form */
};
/* An account at once, its address not yet proven; a welcome letter brings the code. */
enum err account_register(struct context *c, const struct account_new *in,
			  struct user *out) MUST_USE;

enum err account_set_username(struct context *c, const struct caller *caller,
			      const char *username, struct user *out) MUST_USE;
/* Ends every session. `old` as typed, `new` in normal form. */
enum err account_set_password(struct context *c, const struct caller *caller,
			      const char *old, const char *new) MUST_USE;
/* `password` as typed; NULL for an account without one: then the login must be new. */
enum err account_delete(struct context *c, const struct caller *caller,
			const char *password) MUST_USE;

/* The caller is who it was when it logged in: by the password (as typed), or, for an
 * account without one, by a new login. `out` is the user as it is now. */
enum err account_confirm(struct context *c, const struct caller *caller,
			 const char *password, struct user *out) MUST_USE;

#endif
