#include "app/ctl/who.h"
#include "app/role_name.h"
#include "app/store/roles.h"
#include "lib/text.h"

enum { SHOWN_MAX = 1000 };

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
	const char *name, *description;
	struct role role;
	enum ctl_exit end = take_options(ctl, &name, &description);

	if (end != CTL_DONE)
		return end;
	switch (roles_insert(&ctl->context, name, description, &role)) {
	case RC_OK:
		break;
	case RC_CONFLICT:
		return out_refuse(ctl, "there is a role of this name already");
	case RC_NONE:
	case RC_DOWN:
		return out_down(ctl);
	}
	const struct out_cell cells[] = {OUT_TEXT("id", 0, role.id),
					 OUT_TEXT("name", 0, role.name),
					 OUT_TEXT("description", 0, role.description)};

	out_record(ctl, cells, COUNT(cells));
	return CTL_DONE;
}

static enum ctl_exit print(struct ctl *ctl, const struct role *role)
{
	int64_t users = 0;

	if (roles_users(&ctl->context, role->id, &users) != RC_OK)
		return out_down(ctl);
	const struct out_cell cells[] = {
		OUT_TEXT("name", 20, role->name),
		OUT_NUMBER("users", 8, users),
		OUT_TEXT("id", 36, role->id),
		OUT_TEXT("created_at", 24, who_time(ctl, role->created_at)),
		OUT_TEXT("description", 0, role->description),
	};

	out_row(ctl, cells, COUNT(cells));
	return CTL_DONE;
}

enum ctl_exit ctl_role_list(struct ctl *ctl)
{
	const struct page page = {.number = 1, .size = SHOWN_MAX};
	struct page_found found;
	struct role *roles;
	enum ctl_exit end = CTL_DONE;

	if (roles_list(&ctl->context, &page, &roles, &found) != RC_OK)
		return out_down(ctl);
	out_list(ctl, "roles");
	for (size_t i = 0; end == CTL_DONE && i < found.n; i++)
		end = print(ctl, &roles[i]);
	if (!found.n)
		out_say(ctl, "no roles");
	if (found.total > SHOWN_MAX)
		out_warn(ctl, "only the first %d are shown", SHOWN_MAX);
	return end;
}

static void warn_of_default(struct ctl *ctl, const char *name)
{
	const struct words *defaults = &ctl->context.conf->accounts_default_roles;

	for (size_t i = 0; i < defaults->n; i++)
		if (!strcasecmp(defaults->at[i], name))
			out_warn(ctl, "accounts.default_roles still has %s", name);
}

static enum ctl_exit refuse(struct ctl *ctl, const char *name, enum rc rc)
{
	return rc == RC_NONE ? out_refuse(ctl, "there is no role '%s'", name)
			     : out_down(ctl);
}

static enum ctl_exit find(struct ctl *ctl, const char *name, struct role *out)
{
	enum rc rc = RC_NONE;

	if (role_name_valid(name))
		rc = roles_by_name(&ctl->context, name, out);
	return rc == RC_OK ? CTL_DONE : refuse(ctl, name, rc);
}

enum ctl_exit ctl_role_delete(struct ctl *ctl)
{
	const char *name = ctl->words[0];
	struct role role = {0};
	enum ctl_exit end = find(ctl, name, &role);
	int64_t users = 0;
	enum rc rc;

	if (end != CTL_DONE)
		return end;
	rc = roles_delete(&ctl->context, role.id, &users);
	if (rc != RC_OK)
		return refuse(ctl, name, rc);
	warn_of_default(ctl, name);
	const struct out_cell cells[] = {OUT_TEXT("deleted", 0, name),
					 OUT_NUMBER("users", 0, users)};

	out_record(ctl, cells, COUNT(cells));
	return CTL_DONE;
}

/* The user and the role that a command is about. */
struct pair {
	struct admin_user user;
	struct role role;
};

static enum ctl_exit find_pair(struct ctl *ctl, struct pair *out)
{
	enum ctl_exit end = who_find(ctl, &out->user);

	return end == CTL_DONE ? find(ctl, ctl->words[1], &out->role) : end;
}

static enum ctl_exit tell(struct ctl *ctl, const struct pair *pair, const char *result)
{
	const struct out_cell cells[] = {OUT_TEXT("id", 0, pair->user.user.id),
					 OUT_TEXT("role", 0, ctl->words[1]),
					 OUT_TEXT("result", 0, result)};

	out_record(ctl, cells, COUNT(cells));
	return CTL_DONE;
}

enum ctl_exit ctl_user_grant(struct ctl *ctl)
{
	enum roles_grant what = ROLES_GRANTED;
	struct pair pair;
	enum ctl_exit end = find_pair(ctl, &pair);
	enum rc rc;

	if (end != CTL_DONE)
		return end;
	rc = roles_grant(&ctl->context, pair.user.user.id, pair.role.id, &what,
			 &pair.role);
	if (rc != RC_OK)
		return refuse(ctl, ctl->words[1], rc);
	if (what == ROLES_TOO_MANY)
		return out_refuse(ctl, "the names of a user's roles are %d bytes at most",
				  ROLE_NAMES_MAX);
	return tell(ctl, &pair, what == ROLES_GRANTED ? "granted" : "had it already");
}

enum ctl_exit ctl_user_revoke(struct ctl *ctl)
{
	struct pair pair;
	enum ctl_exit end = find_pair(ctl, &pair);
	bool held = false;
	enum rc rc;

	if (end != CTL_DONE)
		return end;
	rc = roles_revoke(&ctl->context, pair.user.user.id, pair.role.id, &held);
	if (rc != RC_OK)
		return refuse(ctl, ctl->words[1], rc);
	return tell(ctl, &pair, held ? "revoked" : "did not have it");
}
