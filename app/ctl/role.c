#include "app/ctl/who.h"
#include "app/role_name.h"
#include "app/store/admin_roles.h"
#include "lib/text.h"

static const char BAD_NAME[] = "'%s' is no name of a role: 1 to 80 letters, digits, '.', "
			       "'_', ':', '-', beginning with a letter or digit";

static enum ctl_exit take_options(struct ctl *ctl, const char **name,
				  const char **description)
{
	*name = ctl->option[CTL_NAME];
	*description = ctl->option[CTL_DESCRIPTION];
	if (!*name) {
		out_refuse(ctl, "--name is needed");
		return CTL_USAGE;
	}
	if (!*description)
		*description = "";
	if (!role_name_valid(*name))
		return out_refuse(ctl, BAD_NAME, *name);
	if (!text_is_utf8(*description, strlen(*description)) ||
	    text_has_control(*description) ||
	    text_code_points(*description) > ROLE_DESCRIPTION_MAX)
		return out_refuse(ctl, "a description is a line of at most %d characters",
				  ROLE_DESCRIPTION_MAX);
	return CTL_DONE;
}

enum ctl_exit ctl_role_create(struct ctl *ctl)
{
	const char *name, *description, *id = NULL;
	enum ctl_exit end = take_options(ctl, &name, &description);

	if (end != CTL_DONE)
		return end;
	switch (admin_roles_create(&ctl->context, name, description, &id)) {
	case RC_OK:
		break;
	case RC_CONFLICT:
		return out_refuse(ctl, "there is a role of this name already");
	case RC_NONE:
	case RC_DOWN:
		return out_down(ctl);
	}
	const struct out_cell cells[] = {OUT_TEXT("id", 0, id), OUT_TEXT("name", 0, name),
					 OUT_TEXT("description", 0, description)};

	out_record(ctl, cells, COUNT(cells));
	return CTL_DONE;
}

enum ctl_exit ctl_role_list(struct ctl *ctl)
{
	struct admin_role *roles = NULL;
	size_t n = 0;

	switch (admin_roles_list(&ctl->context, &roles, &n)) {
	case RC_OK:
	case RC_NONE:
		break;
	case RC_CONFLICT:
	case RC_DOWN:
		return out_down(ctl);
	}
	out_list(ctl, "roles");
	for (size_t i = 0; i < n; i++) {
		const struct out_cell cells[] = {
			OUT_TEXT("name", 20, roles[i].name),
			OUT_NUMBER("users", 8, roles[i].users),
			OUT_TEXT("id", 36, roles[i].id),
			OUT_TEXT("created_at", 24, who_time(ctl, roles[i].created_at)),
			OUT_TEXT("description", 0, roles[i].description),
		};

		out_row(ctl, cells, COUNT(cells));
	}
	if (!n)
		out_say(ctl, "no roles");
	if (n == ADMIN_ROLES_MAX)
		out_warn(ctl, "only the first %d are shown", ADMIN_ROLES_MAX);
	return CTL_DONE;
}

static void warn_of_default(struct ctl *ctl, const char *name)
{
	const struct words *defaults = &ctl->context.conf->accounts_default_roles;

	for (size_t i = 0; i < defaults->n; i++)
		if (!strcasecmp(defaults->at[i], name))
			out_warn(ctl, "accounts.default_roles still has %s", name);
}

enum ctl_exit ctl_role_delete(struct ctl *ctl)
{
	const char *name = ctl->words[0];
	int64_t users = 0;

	if (!role_name_valid(name))
		return out_refuse(ctl, "there is no role '%s'", name);
	switch (admin_roles_delete(&ctl->context, name, &users)) {
	case RC_OK:
		break;
	case RC_NONE:
		return out_refuse(ctl, "there is no role '%s'", name);
	case RC_CONFLICT:
	case RC_DOWN:
		return out_down(ctl);
	}
	warn_of_default(ctl, name);
	const struct out_cell cells[] = {OUT_TEXT("deleted", 0, name),
					 OUT_NUMBER("users", 0, users)};

	out_record(ctl, cells, COUNT(cells));
	return CTL_DONE;
}

static enum ctl_exit tell(struct ctl *ctl, const struct admin_user *user,
			  const char *result)
{
	const struct out_cell cells[] = {OUT_TEXT("id", 0, user->user.id),
					 OUT_TEXT("role", 0, ctl->words[1]),
					 OUT_TEXT("result", 0, result)};

	out_record(ctl, cells, COUNT(cells));
	return CTL_DONE;
}

static enum ctl_exit refuse(struct ctl *ctl, enum rc rc)
{
	return rc == RC_NONE ? out_refuse(ctl, "there is no role '%s'", ctl->words[1])
			     : out_down(ctl);
}

enum ctl_exit ctl_user_grant(struct ctl *ctl)
{
	enum admin_grant what = ADMIN_GRANTED;
	struct admin_user found;
	enum ctl_exit end = who_find(ctl, &found);
	enum rc rc;

	if (end != CTL_DONE)
		return end;
	if (!role_name_valid(ctl->words[1]))
		return refuse(ctl, RC_NONE);
	rc = admin_roles_grant(&ctl->context, found.user.id, ctl->words[1], &what);
	if (rc != RC_OK)
		return refuse(ctl, rc);
	if (what == ADMIN_GRANT_TOO_MANY)
		return out_refuse(ctl, "the names of a user's roles are %d bytes at most",
				  ROLE_NAMES_MAX);
	return tell(ctl, &found, what == ADMIN_GRANTED ? "granted" : "had it already");
}

enum ctl_exit ctl_user_revoke(struct ctl *ctl)
{
	struct admin_user found;
	enum ctl_exit end = who_find(ctl, &found);
	bool held = false;
	enum rc rc;

	if (end != CTL_DONE)
		return end;
	if (!role_name_valid(ctl->words[1]))
		return refuse(ctl, RC_NONE);
	rc = admin_roles_revoke(&ctl->context, found.user.id, ctl->words[1], &held);
	if (rc != RC_OK)
		return refuse(ctl, rc);
	return tell(ctl, &found, held ? "revoked" : "did not have it");
}
