#include "app/flow/roles.h"

static enum err error_of(enum rc rc)
{
	switch (rc) {
	case RC_OK:
		return ERR_NONE;
	case RC_NONE:
		return ERR_NOT_FOUND;
	case RC_CONFLICT:
		return ERR_ROLE_EXISTS;
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	return ERR_INTERNAL_ERROR;
}

enum err roles_page(struct context *c, const struct page *page, const struct role **rows,
		    struct page_found *found)
{
	struct role *list;
	enum err err = error_of(roles_list(c, page, &list, found));

	if (!err)
		*rows = list;
	return err;
}

enum err roles_page_of_user(struct context *c, const char *user_id,
			    const struct page *page, const struct role **rows,
			    struct page_found *found)
{
	struct role *list;
	enum err err = error_of(roles_of_user(c, user_id, page, &list, found));

	if (!err)
		*rows = list;
	return err;
}

enum err roles_look(struct context *c, const char *id, struct role *out)
{
	return error_of(roles_find(c, id, out));
}

enum err roles_create(struct context *c, const char *name, const char *description,
		      struct role *out)
{
	return error_of(roles_insert(c, name, description, out));
}

enum err roles_change(struct context *c, const char *id, const struct role_change *change,
		      struct role *out)
{
	bool too_many = false;
	enum err err = error_of(roles_update(c, id, change, &too_many, out));

	return !err && too_many ? ERR_TOO_MANY_ROLES : err;
}

enum err roles_remove(struct context *c, const char *id)
{
	int64_t users;

	return error_of(roles_delete(c, id, &users));
}

enum err roles_assign(struct context *c, const char *user_id, const char *role_id,
		      bool *already, struct role *out)
{
	enum roles_grant what;
	enum err err = error_of(roles_grant(c, user_id, role_id, &what, out));

	if (err)
		return err;
	if (what == ROLES_TOO_MANY)
		return ERR_TOO_MANY_ROLES;
	*already = what == ROLES_HELD;
	return ERR_NONE;
}

enum err roles_withdraw(struct context *c, const char *user_id, const char *role_id)
{
	bool held = false;
	enum err err = error_of(roles_revoke(c, user_id, role_id, &held));

	return !err && !held ? ERR_NOT_FOUND : err;
}

enum err roles_check(struct context *c, const char *user_id, const char *role_id)
{
	return error_of(roles_held(c, user_id, role_id));
}
