/* app/store/users.h */
#include "app/username.h"
#include "t/fake/world.h"

static enum rc give(const struct world_user *u, struct user *out)
{
	if (world.postgres_down)
		return RC_DOWN;
	if (!u)
		return RC_NONE;
	*out = u->user;
	return RC_OK;
}

/* The one that a change is about, if it is still what it was. */
static struct world_user *unchanged(const char *id, int64_t epoch)
{
	struct world_user *u = world_user(id);

	return u && u->user.active && u->user.epoch == epoch ? u : NULL;
}

static enum rc give_secret(const struct world_user *u, struct user_secret *out)
{
	if (world.postgres_down)
		return RC_DOWN;
	if (!u)
		return RC_NONE;
	*out = (struct user_secret){.user = u->user, .hash = u->hash};
	return RC_OK;
}

enum rc users_for_login(struct context *c UNUSED, const char *key,
			struct user_secret *out)
{
	WORLD_TOLD();
	return give_secret(world_user_by_key(key), out);
}

enum rc users_secret(struct context *c UNUSED, const char *id, struct user_secret *out)
{
	const struct world_user *u = world_user(id);

	WORLD_TOLD();
	return give_secret(u && u->user.active ? u : NULL, out);
}

enum rc users_by_email(struct context *c UNUSED, const char *email_key, struct user *out)
{
	WORLD_TOLD();
	return give(world_user_by_key(email_key), out);
}

enum rc users_by_username(struct context *c UNUSED, const char *username_key,
			  struct user *out)
{
	WORLD_TOLD();
	return give(world_user_by_key(username_key), out);
}

/* In the order in which they came, turned round. */
enum rc users_list(struct context *c, const struct page *page, struct user **out,
		   struct page_found *found)
{
	struct user *all = arena_alloc(c->arena, WORLD_MAX * sizeof *all);

	WORLD_TOLD();
	for (size_t i = 0; i < world.n_users; i++)
		all[i] = world.users[world.n_users - 1 - i].user;
	*out = all + world_page(page, world.n_users, found);
	return RC_OK;
}

enum rc users_set_active(struct context *c UNUSED, const char *id, bool active,
			 bool *changed, struct user *out)
{
	struct world_user *u = world_user(id);

	WORLD_TOLD();
	if (u) {
		*changed = u->user.active != active;
		u->user.epoch += u->user.active && !active;
		u->user.active = active;
	}
	return give(u, out);
}

enum rc users_by_id(struct context *c UNUSED, const char *id, struct user *out)
{
	WORLD_TOLD();
	return give(world_user(id), out);
}

enum rc users_taken(struct context *c UNUSED, const char *email_key,
		    const char *username_key, bool *email, bool *username)
{
	WORLD_TOLD();
	if (world.postgres_down)
		return RC_DOWN;
	*email = world_user_by_key(email_key) != NULL;
	*username = username_key && world_user_by_key(username_key) != NULL;
	return RC_OK;
}

enum rc users_insert(struct context *c, const struct user_new *in, struct user *out,
		     enum users_conflict *conflict)
{
	const char *key = in->username ? username_key(c->arena, in->username) : NULL;
	struct world_user *u = &world.users[world.n_users];

	*conflict = world.told_conflict;
	WORLD_TOLD();
	if (world.postgres_down)
		return RC_DOWN;
	*conflict = world_user_by_key(in->email.key) ? USERS_EMAIL_TAKEN
						     : USERS_USERNAME_TAKEN;
	if (world_user_by_key(in->email.key) || (key && world_user_by_key(key)))
		return RC_CONFLICT;
	INVARIANT(world.n_users++ < WORLD_MAX);
	*u = (struct world_user){
		.user = {.id = in->id,
			 .email = in->email.address,
			 .username = in->username,
			 .email_verified = in->email_verified,
			 .active = true,
			 .has_password = in->hash != NULL,
			 .created_at = c->now_ms},
		.email_key = in->email.key,
		.username_key = key,
		.hash = in->hash,
		.jti = in->registration_jti,
	};
	if (in->welcome)
		world_post("welcome", in->email.address, in->welcome->nonce);
	*out = u->user;
	return RC_OK;
}

enum rc users_by_registration(struct context *c UNUSED, const char *jti,
			      const char *email_key, struct user *out, const char **hash)
{
	const struct world_user *u = world_user_by_key(email_key);

	WORLD_TOLD();
	if (world.postgres_down)
		return RC_DOWN;
	if (!u || !u->jti || strcmp(u->jti, jti) != 0 || !u->user.active)
		return RC_NONE;
	*out = u->user;
	*hash = u->hash;
	return RC_OK;
}

enum rc users_set_password(struct context *c UNUSED, const char *id, int64_t epoch,
			   const char *email_key, const char *hash,
			   enum users_password how, struct user *out)
{
	struct world_user *u = unchanged(id, epoch);

	WORLD_TOLD();
	if (u && email_key && strcmp(u->email_key, email_key) != 0)
		u = NULL;
	if (u && !world.postgres_down) {
		u->hash = hash;
		u->user.has_password = true;
		u->user.epoch++;
		u->user.email_verified |= how == USERS_PASSWORD_RECOVERED;
		world_post("password_changed", id, NULL);
	}
	return give(u, out);
}

enum rc users_rehash(struct context *c UNUSED, const char *id, const char *old_hash,
		     const char *new_hash)
{
	struct world_user *u = world_user(id);

	WORLD_TOLD();
	if (world.postgres_down)
		return RC_DOWN;
	if (!u || !u->hash || strcmp(u->hash, old_hash) != 0)
		return RC_NONE;
	u->hash = new_hash;
	world.rehashed++;
	return RC_OK;
}

enum rc users_verify_email(struct context *c UNUSED, const char *id, int64_t epoch,
			   const char *email_key, struct user *out)
{
	struct world_user *u = unchanged(id, epoch);

	WORLD_TOLD();
	if (u && strcmp(u->email_key, email_key) != 0)
		u = NULL;
	if (u && !world.postgres_down) {
		u->user.epoch += !u->user.email_verified;
		u->user.email_verified = true;
	}
	return give(u, out);
}

enum rc users_set_email(struct context *c UNUSED, const char *id, int64_t epoch,
			const struct email *email, struct user *out)
{
	struct world_user *u = unchanged(id, epoch),
			  *other = world_user_by_key(email->key);

	WORLD_TOLD();
	if (world.postgres_down || !u)
		return give(u, out);
	if (other && other != u)
		return RC_CONFLICT;
	u->user.email = email->address;
	u->email_key = email->key;
	u->user.email_verified = true;
	u->user.rev++;
	return give(u, out);
}

enum rc users_set_username(struct context *c, const char *id, const char *username,
			   struct user *out)
{
	const char *key = username_key(c->arena, username);
	struct world_user *u = world_user(id), *other = world_user_by_key(key);

	WORLD_TOLD();
	if (world.postgres_down || !u || !u->user.active)
		return give(NULL, out);
	if (other && other != u)
		return RC_CONFLICT;
	u->user.username = username;
	u->username_key = key;
	u->user.rev++;
	return give(u, out);
}

enum rc users_delete(struct context *c UNUSED, const char *id, int64_t epoch)
{
	struct world_user *u = world_user(id);

	WORLD_TOLD();
	if (world.postgres_down)
		return RC_DOWN;
	if (!u || u->user.epoch != epoch)
		return RC_NONE;
	u->gone = true;
	world_post("account_deleted", u->user.email, NULL);
	return RC_OK;
}
