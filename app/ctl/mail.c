#include "app/ctl/who.h"
#include "app/store/admin_outbox.h"
#include "lib/text.h"

static void print(struct ctl *ctl, const struct admin_letter *letter)
{
	const struct out_cell cells[] = {
		OUT_TEXT("id", 36, letter->id),
		OUT_TEXT("state", 7, letter->state),
		OUT_TEXT("letter", 18, letter->letter),
		OUT_TEXT("to", 24, letter->to),
		OUT_NUMBER("attempts", 8, letter->attempts),
		OUT_TEXT("created_at", 24, who_time(ctl, letter->created_at)),
		OUT_TEXT("due_at", 24, who_time(ctl, letter->due_at)),
		OUT_TEXT("last_error", 0, letter->last_error),
	};

	out_row(ctl, cells, COUNT(cells));
}

enum ctl_exit ctl_mail_list(struct ctl *ctl)
{
	struct admin_letter *letters = NULL;
	size_t n = 0;

	switch (admin_outbox_list(&ctl->context, &letters, &n)) {
	case RC_OK:
	case RC_NONE:
		break;
	case RC_CONFLICT:
	case RC_DOWN:
		return out_down(ctl);
	}
	out_list(ctl, "letters");
	for (size_t i = 0; i < n; i++)
		print(ctl, &letters[i]);
	if (!n)
		out_say(ctl, "no letters wait, none is dead or expired");
	if (n == ADMIN_LETTERS_MAX)
		out_warn(ctl, "only %d are shown", ADMIN_LETTERS_MAX);
	return CTL_DONE;
}

static bool is_letter_id(struct ctl *ctl, const char *word)
{
	if (text_is_uuid(word))
		return true;
	out_refuse(ctl, "'%s' is no id of a letter", word);
	return false;
}

enum ctl_exit ctl_mail_retry(struct ctl *ctl)
{
	const char *id = ctl->words[0];
	bool all = !strcmp(id, "all");
	int64_t n = 0;

	if (!all && !is_letter_id(ctl, id))
		return CTL_USAGE;
	switch (admin_outbox_retry(&ctl->context, all ? NULL : id, &n)) {
	case RC_OK:
		break;
	case RC_NONE:
		if (all)
			break;
		return out_refuse(ctl,
				  "no such letter can be retried: it is gone, expired, "
				  "its code is too old, or it is being delivered");
	case RC_CONFLICT:
	case RC_DOWN:
		return out_down(ctl);
	}
	const struct out_cell cells[] = {OUT_NUMBER("retried", 0, n)};

	out_record(ctl, cells, COUNT(cells));
	return CTL_DONE;
}

enum ctl_exit ctl_mail_drop(struct ctl *ctl)
{
	const char *id = ctl->words[0];

	if (!is_letter_id(ctl, id))
		return CTL_USAGE;
	switch (admin_outbox_drop(&ctl->context, id)) {
	case RC_OK:
		break;
	case RC_NONE:
		return out_refuse(ctl, "no such letter: it is gone or being delivered");
	case RC_CONFLICT:
	case RC_DOWN:
		return out_down(ctl);
	}
	const struct out_cell cells[] = {OUT_TEXT("dropped", 0, id)};

	out_record(ctl, cells, COUNT(cells));
	return CTL_DONE;
}
