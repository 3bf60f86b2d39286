#include "app/ctl/ended.h"
#include "app/ctl/who.h"
#include "lib/text.h"

enum ctl_exit ctl_user_show(struct ctl *ctl)
{
	struct admin_user found;
	enum ctl_exit end = who_find(ctl, &found);
	const struct user *user = &found.user;

	if (end != CTL_DONE)
		return end;
	const struct out_cell cells[] = {
		OUT_TEXT("id", 0, user->id),
		OUT_TEXT("email", 0, user->email),
		OUT_FLAG("email_verified", 0, user->email_verified),
		OUT_TEXT("username", 0, user->username),
		OUT_FLAG("active", 0, user->active),
		OUT_FLAG("has_password", 0, found.has_password),
		OUT_TEXT("roles", 0,
			 text_join(ctl->context.arena, user->roles, user->n_roles, " ")),
		OUT_TEXT("social_accounts", 0,
			 text_join(ctl->context.arena, found.providers, found.n_providers,
				   " ")),
		OUT_NUMBER("live_sessions", 0, found.live_sessions),
		OUT_TEXT("created_at", 0, who_time(ctl, user->created_at)),
		OUT_TEXT("updated_at", 0, who_time(ctl, found.updated_at)),
		OUT_TEXT("last_login_at", 0, who_time(ctl, found.last_login_at)),
	};

	out_record(ctl, cells, COUNT(cells));
	return CTL_DONE;
}

/* `*changed` stays false where it was so already. */
typedef enum rc user_change(struct context *c, const char *id, bool *changed);

static enum rc activate(struct context *c, const char *id, bool *changed)
{
	struct user user;

	return users_set_active(c, id, true, changed, &user);
}

static enum rc deactivate(struct context *c, const char *id, bool *changed)
{
	struct user user;

	return users_set_active(c, id, false, changed, &user);
}

static enum rc delete (struct context *c, const char *id, bool *changed) {
	enum rc rc = admin_users_delete(c, id);

	*changed = rc == RC_OK;
	return rc;
}

static enum ctl_exit change(struct ctl *ctl, user_change *make, const char *did,
			    const char *already, bool ends_sessions)
{
	struct admin_user found;
	enum ctl_exit end = who_find(ctl, &found);
	bool changed = false;

	if (end != CTL_DONE)
		return end;
	switch (make(&ctl->context, found.user.id, &changed)) {
	case RC_OK:
		break;
	case RC_NONE:
		already = "was gone already";
		break;
	case RC_CONFLICT:
	case RC_DOWN:
		return out_down(ctl);
	}
	if (changed && ends_sessions)
		ended_tell(ctl, found.user.id);
	const struct out_cell cells[] = {OUT_TEXT("id", 0, found.user.id),
					 OUT_TEXT("result", 0, changed ? did : already)};

	out_record(ctl, cells, COUNT(cells));
	return CTL_DONE;
}

enum ctl_exit ctl_user_activate(struct ctl *ctl)
{
	return change(ctl, activate, "activated", "was active already", false);
}

enum ctl_exit ctl_user_deactivate(struct ctl *ctl)
{
	return change(ctl, deactivate, "deactivated", "was inactive already", true);
}

enum ctl_exit ctl_user_delete(struct ctl *ctl)
{
	return change(ctl, delete, "deleted", "was gone already", true);
}
