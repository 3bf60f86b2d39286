#include "app/ctl/probes.h"

const struct probe_row probe_rows[] = {
	{"database.owner", probe_owner, CTL_N_OPTIONS},
	{"database.fast", probe_fast, CTL_N_OPTIONS},
	{"database.slow", probe_slow, CTL_N_OPTIONS},
	{"database.mail", probe_mail_role, CTL_N_OPTIONS},
	{"database.outside", probe_outside_role, CTL_N_OPTIONS},
	{"schema", probe_schema, CTL_N_OPTIONS},
	{"partitions", probe_partitions, CTL_N_OPTIONS},
	{"roles", probe_roles, CTL_N_OPTIONS},
	{"redis", probe_redis_user, CTL_N_OPTIONS},
	{"keys", probe_keys, CTL_N_OPTIONS},
	{"limits", probe_limits, CTL_N_OPTIONS},
	{"sockets", probe_sockets, CTL_N_OPTIONS},
	{"letters", probe_letters, CTL_N_OPTIONS},
	{"mail", probe_mail, CTL_N_OPTIONS},
	{"hash", probe_hash, CTL_HASH},
};
const size_t probe_n_rows = COUNT(probe_rows);

static const char *format(struct ctl *ctl, const char *fmt, va_list args) PRINTF(2, 0);

static const char *format(struct ctl *ctl, const char *fmt, va_list args)
{
	char text[2048];

	vsnprintf(text, sizeof text, fmt, args);
	return arena_dup(ctl->context.arena, text);
}

struct finding probe_ok(struct ctl *ctl, const char *fmt, ...)
{
	struct finding finding = {.wrong = false};
	va_list args;

	va_start(args, fmt);
	finding.text = format(ctl, fmt, args);
	va_end(args);
	return finding;
}

struct finding probe_wrong(struct ctl *ctl, const char *fmt, ...)
{
	struct finding finding = {.wrong = true};
	va_list args;

	va_start(args, fmt);
	finding.text = format(ctl, fmt, args);
	va_end(args);
	return finding;
}

void probe_print(struct ctl *ctl, const char *name, const struct finding *finding)
{
	const struct out_cell cells[] = {OUT_TEXT("name", 0, name),
					 OUT_FLAG("ok", 0, !finding->wrong),
					 OUT_TEXT("detail", 0, finding->text)};

	if (ctl->json)
		out_row(ctl, cells, COUNT(cells));
	else
		out_say(ctl, "%-6s %-15s %s", finding->wrong ? "WRONG" : "ok", name,
			finding->text);
}
