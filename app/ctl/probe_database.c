#include "app/ctl/migration.h"
#include "app/ctl/probes.h"
#include "app/store/roles.h"
#include "app/store/upkeep.h"

/* By peer, an OS user signs in as its own role only. */
#define TRY_AS_ITS_USER                                                                    \
	"cannot sign in: see above; where roles sign in by peer, run this as the OS user " \
	"of that role, or map this one in pg_ident.conf"

struct finding probe_owner(struct ctl *ctl)
{
	if (pg_ping(ctl->context.pg) == RC_OK)
		return probe_ok(ctl, "signs in");
	return probe_wrong(ctl, TRY_AS_ITS_USER);
}

static struct finding probe_role(struct ctl *ctl, const char *base,
				 enum upkeep_reads reads)
{
	CLEANUP(pg_free)
	struct pg *pg =
		pg_new(conf_conninfo(ctl->context.arena, ctl->context.conf, base), NULL);
	struct context as_role = ctl->context;
	const char *excess = NULL;

	as_role.pg = pg;
	if (pg_ping(pg) != RC_OK)
		return probe_wrong(ctl, TRY_AS_ITS_USER);
	if (upkeep_role_excess(&as_role, reads, &excess) != RC_OK)
		return probe_wrong(
			ctl, "signs in, but its rights cannot be seen: migrate first");
	if (excess)
		return probe_wrong(ctl, "%s: REVOKE that, or use a role of its own",
				   excess);
	return probe_ok(ctl, "signs in, with none of the rights that must not be its");
}

struct finding probe_fast(struct ctl *ctl)
{
	return probe_role(ctl, ctl->context.conf->database_fast, UPKEEP_READS_USERS);
}

struct finding probe_slow(struct ctl *ctl)
{
	return probe_role(ctl, ctl->context.conf->database_slow, UPKEEP_READS_HASHES);
}

struct finding probe_mail_role(struct ctl *ctl)
{
	return probe_role(ctl, ctl->context.conf->database_mail, UPKEEP_READS_USERS);
}

struct finding probe_outside_role(struct ctl *ctl)
{
	return probe_role(ctl, ctl->context.conf->database_outside, UPKEEP_READS_NONE);
}

struct finding probe_schema(struct ctl *ctl)
{
	const char *dir = migration_dir(ctl->option[CTL_SCHEMA_DIR]), *why;
	struct schema_row *rows = NULL;
	struct migration *all;
	size_t n, done = 0;
	enum rc rc;

	why = migration_read(ctl->context.arena, dir, &all, &n);
	if (why)
		return probe_wrong(ctl, "%s: say where with --schema-dir", why);
	rc = schema_history(&ctl->context, &rows, &done);
	if (rc == RC_DOWN || rc == RC_CONFLICT)
		return probe_wrong(ctl, "cannot be seen without database.owner");
	why = migration_compare(ctl->context.arena, all, n, rows, done);
	if (why)
		return probe_wrong(ctl, "%s", why);
	if (done < n)
		return probe_wrong(ctl, "is at %04zu of %04zu: run `latchkeyctl migrate`",
				   done, n);
	return probe_ok(ctl, "is at %04zu, the newest", done);
}

struct finding probe_partitions(struct ctl *ctl)
{
	bool ready = false;

	if (upkeep_partitions_ready(&ctl->context, &ready) != RC_OK)
		return probe_wrong(ctl, "cannot be seen: see database.owner and schema");
	if (!ready)
		return probe_wrong(ctl,
				   "next month has none: run `latchkeyctl maintain`, and "
				   "see why its timer did not");
	return probe_ok(ctl, "are there for next month");
}

struct finding probe_roles(struct ctl *ctl)
{
	const struct words *names = &ctl->context.conf->accounts_default_roles;
	const char *const *missing;
	size_t n = 0;

	switch (roles_missing(&ctl->context, names->at, names->n, &missing, &n)) {
	case RC_OK:
		return probe_wrong(ctl,
				   "accounts.default_roles has %zu that are not there: "
				   "`latchkeyctl role create --name %s`",
				   n, missing[0]);
	case RC_NONE:
		return probe_ok(ctl, "new accounts are given %zu, which are there",
				names->n);
	case RC_CONFLICT:
	case RC_DOWN:
		break;
	}
	return probe_wrong(ctl, "cannot be seen: see database.owner and schema");
}
