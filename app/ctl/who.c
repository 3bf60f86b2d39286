#include "app/ctl/who.h"

#include "app/username.h"
#include "lib/clock.h"
#include "lib/text.h"

static bool read_key(struct arena *arena, const char *word, struct admin_user_key *out)
{
	struct email email;

	*out = (struct admin_user_key){0};
	if (text_is_uuid(text_lower(arena, word)))
		out->id = text_lower(arena, word);
	else if (strchr(word, '@') && email_parse(arena, word, &email))
		out->email_key = email.key;
	else if (username_valid(word))
		out->username_key = username_key(arena, word);
	return out->id || out->email_key || out->username_key;
}

static enum ctl_exit find(struct ctl *ctl, const char *word, struct admin_user *out)
{
	struct admin_user_key key;

	if (!read_key(ctl->context.arena, word, &key)) {
		out_refuse(ctl, "'%s' is no id, e-mail address or user name", word);
		return CTL_USAGE;
	}
	switch (admin_users_find(&ctl->context, &key, out)) {
	case RC_OK:
		return CTL_DONE;
	case RC_NONE:
		return out_refuse(ctl, "there is no user '%s'", word);
	case RC_CONFLICT:
	case RC_DOWN:
		break;
	}
	return out_down(ctl);
}

enum ctl_exit who_find(struct ctl *ctl, struct admin_user *out)
{
	return find(ctl, ctl->words[0], out);
}

enum ctl_exit who_id(struct ctl *ctl, const char *word, const char **id)
{
	const char *lower = text_lower(ctl->context.arena, word);
	struct admin_user found;
	enum ctl_exit end;

	if (text_is_uuid(lower)) {
		*id = lower;
		return CTL_DONE;
	}
	end = find(ctl, word, &found);
	if (end == CTL_DONE)
		*id = found.user.id;
	return end;
}

const char *who_time(struct ctl *ctl, int64_t ms)
{
	return ms ? clock_rfc3339(ctl->context.arena, ms) : NULL;
}
