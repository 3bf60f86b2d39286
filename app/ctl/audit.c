#include "app/ctl/when.h"
#include "app/ctl/who.h"
#include "app/store/admin_audit.h"
#include "lib/text.h"

enum { LIMIT = 200, LIMIT_MAX = 10000 };

static void print(struct ctl *ctl, const struct admin_event *event)
{
	const char *user = event->email ? event->email : event->user_id;
	const struct out_cell cells[] = {
		OUT_TEXT("time", 24, who_time(ctl, event->at)),
		OUT_TEXT("event", 16, event->event),
		OUT_TEXT("user", 36, user),
		OUT_TEXT("actor", 6, event->actor),
		OUT_TEXT("ip", 15, event->ip),
		OUT_TEXT("detail", 0, event->detail),
		OUT_TEXT("user_id", 0, event->user_id),
		OUT_TEXT("request_id", 0, event->request_id),
	};

	/* People have no use for the last two. */
	out_row(ctl, cells, COUNT(cells) - (ctl->json ? 0 : 2));
}

static enum ctl_exit read_query(struct ctl *ctl, struct admin_audit_query *out)
{
	struct context *c = &ctl->context;
	const char *user = ctl->option[CTL_USER], *since = ctl->option[CTL_SINCE];
	const char *limit = ctl->option[CTL_LIMIT];

	*out = (struct admin_audit_query){.limit = LIMIT};
	if (since && !when_since(c->arena, since, c->now_ms, &out->since_ms)) {
		out_refuse(ctl,
			   "--since %s: neither a time such as 2026-11-20T08:11:03Z nor "
			   "a duration such as 7d",
			   since);
		return CTL_USAGE;
	}
	if (limit && !text_number(limit, 1, LIMIT_MAX, &out->limit)) {
		out_refuse(ctl, "--limit %s: must be a number from 1 to %d", limit,
			   LIMIT_MAX);
		return CTL_USAGE;
	}
	return user ? who_id(ctl, user, &out->user_id) : CTL_DONE;
}

enum ctl_exit ctl_audit(struct ctl *ctl)
{
	struct admin_audit_query query;
	struct admin_event *events = NULL;
	size_t n = 0;
	enum ctl_exit end = read_query(ctl, &query);

	if (end != CTL_DONE)
		return end;
	switch (admin_audit_list(&ctl->context, &query, &events, &n)) {
	case RC_OK:
	case RC_NONE:
		break;
	case RC_CONFLICT:
	case RC_DOWN:
		return out_down(ctl);
	}
	out_list(ctl, "events");
	for (size_t i = 0; i < n; i++)
		print(ctl, &events[i]);
	if (!n)
		out_say(ctl, "no events");
	if (n == (size_t)query.limit)
		out_warn(ctl, "only the newest %zu are shown: see --limit and --since",
			 n);
	return CTL_DONE;
}
