#include "app/flow/people.h"

#include "app/store/ended.h"
#include "app/username.h"

static enum err error_of(enum rc rc)
{
	switch (rc) {
	case RC_OK:
		return ERR_NONE;
	case RC_NONE:
		return ERR_NOT_FOUND;
	case RC_CONFLICT: /* nothing here is about uniqueness */
		return ERR_INTERNAL_ERROR;
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	return ERR_INTERNAL_ERROR;
}

enum err people_page(struct context *c, const struct page *page, const struct user **rows,
		     struct page_found *found)
{
	struct user *list;
	enum err err = error_of(users_list(c, page, &list, found));

	if (!err)
		*rows = list;
	return err;
}

enum err people_look(struct context *c, const char *id, struct user *out)
{
	return error_of(users_by_id(c, id, out));
}

enum err people_by_email(struct context *c, const struct email *email, struct user *out)
{
	return error_of(users_by_email(c, email->key, out));
}

enum err people_by_username(struct context *c, const char *username, struct user *out)
{
	return error_of(users_by_username(c, username_key(c->arena, username), out));
}

enum err people_set_active(struct context *c, const char *id, bool active,
			   struct user *out)
{
	bool changed;
	enum err err = error_of(users_set_active(c, id, active, &changed, out));

	/* also when it was so already: the list may have missed it then */
	if (!err && !active)
		ended_user(c, id);
	return err;
}
