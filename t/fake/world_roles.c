/* app/store/roles.h: answers as it is told; what it would have found is in the world. */
#include "t/fake/world.h"

enum rc roles_list(struct context *c, const struct page *page, struct role **out,
		   struct page_found *found)
{
	struct role *all = arena_alloc(c->arena, sizeof *all);

	WORLD_TOLD();
	*all = world.role;
	*out = all + world_page(page, 1, found);
	return RC_OK;
}

enum rc roles_of_user(struct context *c, const char *user_id UNUSED,
		      const struct page *page, struct role **out,
		      struct page_found *found)
{
	WORLD_TOLD();
	return roles_list(c, page, out, found);
}

static enum rc give(struct role *out)
{
	*out = world.role;
	return RC_OK;
}

enum rc roles_find(struct context *c UNUSED, const char *id UNUSED, struct role *out)
{
	WORLD_TOLD();
	return give(out);
}

enum rc roles_insert(struct context *c UNUSED, const char *name, const char *description,
		     struct role *out)
{
	WORLD_TOLD();
	world.role.name = name;
	world.role.description = description;
	return give(out);
}

enum rc roles_update(struct context *c UNUSED, const char *id UNUSED,
		     const struct role_change *change, bool *too_many, struct role *out)
{
	WORLD_TOLD();
	*too_many = world.grant == ROLES_TOO_MANY;
	if (*too_many)
		return RC_OK;
	world.role.name = change->name;
	return give(out);
}

enum rc roles_delete(struct context *c UNUSED, const char *id UNUSED, int64_t *users)
{
	WORLD_TOLD();
	*users = 1;
	return RC_OK;
}

enum rc roles_grant(struct context *c UNUSED, const char *user_id UNUSED,
		    const char *role_id UNUSED, enum roles_grant *what, struct role *out)
{
	WORLD_TOLD();
	*what = world.grant;
	return world.grant == ROLES_TOO_MANY ? RC_OK : give(out);
}

enum rc roles_revoke(struct context *c UNUSED, const char *user_id UNUSED,
		     const char *role_id UNUSED, bool *held)
{
	WORLD_TOLD();
	*held = world.grant == ROLES_HELD;
	return RC_OK;
}

enum rc roles_held(struct context *c UNUSED, const char *user_id UNUSED,
		   const char *role_id UNUSED)
{
	WORLD_TOLD();
	return world.grant == ROLES_HELD ? RC_OK : RC_NONE;
}
