#include "app/ctl/ended.h"
#include "app/ctl/who.h"
#include "app/store/admin_sessions.h"

static void print(struct ctl *ctl, const struct admin_session *session)
{
	const struct out_cell cells[] = {
		OUT_TEXT("id", 36, session->id),
		OUT_TEXT("state", 8, session->state),
		OUT_TEXT("created_at", 24, who_time(ctl, session->created_at)),
		OUT_TEXT("last_used_at", 24, who_time(ctl, session->last_used_at)),
		OUT_TEXT("expires_at", 24, who_time(ctl, session->expires_at)),
		OUT_TEXT("method", 8, session->method),
		OUT_TEXT("ip", 15, session->ip),
		OUT_TEXT("user_agent", 0, session->user_agent),
	};

	out_row(ctl, cells, COUNT(cells));
}

enum ctl_exit ctl_session_list(struct ctl *ctl)
{
	struct admin_session *sessions = NULL;
	struct admin_user found;
	size_t n = 0;
	enum ctl_exit end = who_find(ctl, &found);

	if (end != CTL_DONE)
		return end;
	switch (admin_sessions_list(&ctl->context, found.user.id, &sessions, &n)) {
	case RC_OK:
	case RC_NONE:
		break;
	case RC_CONFLICT:
	case RC_DOWN:
		return out_down(ctl);
	}
	out_list(ctl, "sessions");
	for (size_t i = 0; i < n; i++)
		print(ctl, &sessions[i]);
	if (!n)
		out_say(ctl, "no sessions");
	if (n == ADMIN_SESSIONS_MAX)
		out_warn(ctl, "only the newest %d are shown", ADMIN_SESSIONS_MAX);
	return CTL_DONE;
}

enum ctl_exit ctl_session_revoke(struct ctl *ctl)
{
	struct admin_user found;
	int64_t ended = 0;
	enum ctl_exit end = who_find(ctl, &found);

	if (end != CTL_DONE)
		return end;
	switch (admin_sessions_revoke(&ctl->context, found.user.id, &ended)) {
	case RC_OK:
		ended_tell(ctl, found.user.id);
		break;
	case RC_NONE:
		break;
	case RC_CONFLICT:
	case RC_DOWN:
		return out_down(ctl);
	}
	const struct out_cell cells[] = {OUT_TEXT("id", 0, found.user.id),
					 OUT_NUMBER("sessions_ended", 0, ended)};

	out_record(ctl, cells, COUNT(cells));
	return CTL_DONE;
}
