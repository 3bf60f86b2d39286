/* Roles, and who has them, as machines manage them. ERR_NOT_FOUND: no such role or user.
 */
#ifndef APP_FLOW_ROLES_H
#define APP_FLOW_ROLES_H

#include "app/error.h"
#include "app/store/roles.h"

/* By name. */
enum err roles_page(struct context *c, const struct page *page, const struct role **rows,
		    struct page_found *found) MUST_USE;
enum err roles_look(struct context *c, const char *id, struct role *out) MUST_USE;

/* ERR_ROLE_EXISTS, here and below: there is one of that name. */
enum err roles_create(struct context *c, const char *name, const char *description,
		      struct role *out) MUST_USE;
/* ERR_TOO_MANY_ROLES: some user's names would be too long together; nothing is done. */
enum err roles_change(struct context *c, const char *id, const struct role_change *change,
		      struct role *out) MUST_USE;
/* Takes it from all who have it. */
enum err roles_remove(struct context *c, const char *id) MUST_USE;

/* `*already`: the user had it. ERR_TOO_MANY_ROLES as above. */
enum err roles_assign(struct context *c, const char *user_id, const char *role_id,
		      bool *already, struct role *out) MUST_USE;
/* ERR_NOT_FOUND, here and below, also: the user has it not. */
enum err roles_withdraw(struct context *c, const char *user_id,
			const char *role_id) MUST_USE;
enum err roles_check(struct context *c, const char *user_id,
		     const char *role_id) MUST_USE;
enum err roles_page_of_user(struct context *c, const char *user_id,
			    const struct page *page, const struct role **rows,
			    struct page_found *found) MUST_USE;

#endif
