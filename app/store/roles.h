/* Roles, and who has them. user_roles is the truth; users.roles repeats the names, and
 * users.rev tells tokens that show old ones: each change is one transaction of all three
 * and its audit entry. Everything is the arena's. */
#ifndef APP_STORE_ROLES_H
#define APP_STORE_ROLES_H

#include "app/context.h"
#include "app/page.h"
#include "lib/rc.h"

struct role {
	const char *id, *name, *description;
	int64_t created_at, updated_at; /* real ms */
};

/* By name. */
enum rc roles_list(struct context *c, const struct page *page, struct role **out,
		   struct page_found *found) MUST_USE;
enum rc roles_find(struct context *c, const char *id, struct role *out) MUST_USE;
enum rc roles_by_name(struct context *c, const char *name, struct role *out) MUST_USE;
/* How many have it; RC_OK also when nobody does. */
enum rc roles_users(struct context *c, const char *id, int64_t *users) MUST_USE;
/* Those of `names` that are no role's. RC_NONE: there are none such. */
enum rc roles_missing(struct context *c, const char *const *names, size_t n,
		      const char *const **out, size_t *n_out) MUST_USE;

/* RC_CONFLICT, here and below: there is one of that name. */
enum rc roles_insert(struct context *c, const char *name, const char *description,
		     struct role *out) MUST_USE;

struct role_change {
	const char *name, *description; /* NULL: as it is */
};

/* A new name reaches all who have the role, and raises their rev. `*too_many`: it is not
 * done, some user's names would be more than ROLE_NAMES_MAX bytes. RC_NONE: no such role.
 * This and roles_delete() may take ROLES_LONG_MS. */
enum { ROLES_LONG_MS = 7000 };
enum rc roles_update(struct context *c, const char *id, const struct role_change *change,
		     bool *too_many, struct role *out) MUST_USE;
/* Takes it from the `*users` that have it, whose rev is raised. RC_NONE: no such role. */
enum rc roles_delete(struct context *c, const char *id, int64_t *users) MUST_USE;

enum roles_grant { ROLES_GRANTED, ROLES_HELD, ROLES_TOO_MANY };

/* Raises the user's rev when it changes something. RC_NONE: no such role or user. Too
 * many: the user's names would be more than ROLE_NAMES_MAX bytes. */
enum rc roles_grant(struct context *c, const char *user_id, const char *role_id,
		    enum roles_grant *what, struct role *out) MUST_USE;
/* `*held`: the user had it. RC_NONE as above. */
enum rc roles_revoke(struct context *c, const char *user_id, const char *role_id,
		     bool *held) MUST_USE;
/* RC_NONE: the user has it not or is inactive, or one of the two is not there. */
enum rc roles_held(struct context *c, const char *user_id, const char *role_id) MUST_USE;
/* By name. RC_NONE: no such user. */
enum rc roles_of_user(struct context *c, const char *user_id, const struct page *page,
		      struct role **out, struct page_found *found) MUST_USE;

#endif
