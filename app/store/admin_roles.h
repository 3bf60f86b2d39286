/* Roles as the administrator makes, gives and takes them: over the owner's connection,
 * each change one transaction with its audit entry by `ctl`. Everything is the arena's.
 */
#ifndef APP_STORE_ADMIN_ROLES_H
#define APP_STORE_ADMIN_ROLES_H

#include "app/context.h"
#include "lib/rc.h"

struct admin_role {
	const char *id, *name, *description;
	int64_t users, created_at; /* real ms */
};

enum { ADMIN_ROLES_MAX = 1000 };

/* RC_CONFLICT: there is one of that name. */
enum rc admin_roles_create(struct context *c, const char *name, const char *description,
			   const char **id) MUST_USE;
/* By name, ADMIN_ROLES_MAX at most. RC_NONE: none. */
enum rc admin_roles_list(struct context *c, struct admin_role **out, size_t *n) MUST_USE;
/* Takes it from the `*users` that have it, whose rev is raised. RC_NONE: no such role. */
enum rc admin_roles_delete(struct context *c, const char *name, int64_t *users) MUST_USE;

enum admin_grant { ADMIN_GRANTED, ADMIN_GRANT_HELD, ADMIN_GRANT_TOO_MANY };

/* Raises the user's rev when it changes something. RC_NONE: no such role, or the user is
 * gone. Too many: the user's names would be more than ROLE_NAMES_MAX bytes. */
enum rc admin_roles_grant(struct context *c, const char *user_id, const char *name,
			  enum admin_grant *what) MUST_USE;
/* `*held`: the user had it. RC_NONE as above. */
enum rc admin_roles_revoke(struct context *c, const char *user_id, const char *name,
			   bool *held) MUST_USE;

/* Those of `names` that are no role's. RC_NONE: there are none such. */
enum rc admin_roles_missing(struct context *c, const char *const *names, size_t n,
			    const char *const **out, size_t *n_out) MUST_USE;

#endif
