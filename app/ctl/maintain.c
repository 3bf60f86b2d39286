#include "app/ctl/out.h"
#include "app/store/upkeep.h"

static const char *summary(struct ctl *ctl, const struct upkeep *done)
{
	return arena_printf(
		ctl->context.arena,
		"partitions +%lld -%lld, sessions -%lld, letters -%lld, prefixes -%lld, "
		"devices -%lld, revoked tokens -%lld, replaced secrets -%lld",
		(long long)done->partitions_made,
		(long long)done->history_dropped + (long long)done->audit_dropped,
		(long long)done->sessions, (long long)done->letters,
		(long long)done->prefixes, (long long)done->devices,
		(long long)done->tokens, (long long)done->secrets);
}

enum ctl_exit ctl_maintain(struct ctl *ctl)
{
	struct upkeep done;
	const char *why = upkeep_run(&ctl->context, &done);
	const struct out_cell cells[] = {
		OUT_NUMBER("partitions_made", 0, done.partitions_made),
		OUT_NUMBER("history_dropped", 0, done.history_dropped),
		OUT_NUMBER("audit_dropped", 0, done.audit_dropped),
		OUT_NUMBER("sessions_deleted", 0, done.sessions),
		OUT_NUMBER("letters_deleted", 0, done.letters),
		OUT_NUMBER("prefixes_deleted", 0, done.prefixes),
		OUT_NUMBER("devices_deleted", 0, done.devices),
		OUT_NUMBER("revoked_tokens_deleted", 0, done.tokens),
		OUT_NUMBER("replaced_secrets_deleted", 0, done.secrets),
	};

	out_record(ctl, cells, COUNT(cells));
	if (upkeep_audit(&ctl->context, "maintained", summary(ctl, &done)) != RC_OK)
		return out_down(ctl);
	if (why)
		return out_refuse(ctl, "not all was done: %.*s", (int)strcspn(why, "\n"),
				  why);
	return CTL_DONE;
}
