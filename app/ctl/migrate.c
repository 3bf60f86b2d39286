#include "app/ctl/migration.h"
#include "app/ctl/out.h"
#include "lib/text.h"

/* One run: what there is, what was done, up to where it goes. */
struct plan {
	struct migration *all;
	size_t n, done, goal;
};

/* A message of the server has several lines. */
static enum ctl_exit refuse_lines(struct ctl *ctl, const char *what, const char *why)
{
	out_refuse(ctl, "%s: %.*s", what, (int)strcspn(why, "\n"), why);
	while ((why = strchr(why, '\n')) && *++why)
		out_warn(ctl, "  %.*s", (int)strcspn(why, "\n"), why);
	return CTL_REFUSED;
}

static enum ctl_exit set_goal(struct ctl *ctl, struct plan *plan)
{
	const char *to = ctl->option[CTL_TO];
	int64_t goal;

	plan->goal = plan->n;
	if (!to)
		return CTL_DONE;
	if (!text_number(to, 1, (int64_t)plan->n, &goal)) {
		out_refuse(ctl, "--to takes a number from 1 to %zu", plan->n);
		return CTL_USAGE;
	}
	if ((size_t)goal < plan->done)
		return out_refuse(
			ctl, "the database is at %04zu already; it goes forward only",
			plan->done);
	plan->goal = (size_t)goal;
	return CTL_DONE;
}

static enum ctl_exit compare(struct ctl *ctl, struct plan *plan)
{
	struct schema_row *rows = NULL;
	const char *why;

	plan->done = 0;
	switch (schema_history(&ctl->context, &rows, &plan->done)) {
	case RC_OK:
	case RC_NONE:
		break;
	case RC_CONFLICT:
	case RC_DOWN:
		return out_down(ctl);
	}
	why = migration_compare(ctl->context.arena, plan->all, plan->n, rows, plan->done);
	return why ? out_refuse(ctl, "%s", why) : set_goal(ctl, plan);
}

static void list_migrations(struct ctl *ctl, const struct plan *plan, const char *name,
			    size_t from, size_t to)
{
	out_list(ctl, name);
	for (size_t i = from; i < to; i++) {
		const struct schema_row *row = &plan->all[i].row;
		const struct out_cell cells[] = {OUT_NUMBER("id", 4, row->id),
						 OUT_TEXT("name", 0, row->name)};

		if (ctl->json)
			out_row(ctl, cells, COUNT(cells));
		else
			out_say(ctl, "%s %s", name, plan->all[i].file);
	}
}

static enum ctl_exit report(struct ctl *ctl, const struct plan *plan)
{
	list_migrations(ctl, plan, "pending", plan->done, plan->goal);
	if (plan->done == plan->goal)
		out_say(ctl, "nothing is pending: the database is at %04zu", plan->done);
	return ctl->option[CTL_CHECK] && plan->done < plan->goal ? CTL_REFUSED : CTL_DONE;
}

/* Nobody else migrates while this session lives. */
static const char *take_lock(struct ctl *ctl)
{
	bool busy;
	const char *why = schema_lock(&ctl->context, &busy);

	if (why || !busy)
		return why;
	out_warn(ctl, "another migration is running: waiting for it");
	return schema_lock(&ctl->context, NULL);
}

static enum ctl_exit apply(struct ctl *ctl, const struct plan *plan)
{
	size_t at = plan->done;
	const char *why = NULL;

	while (at < plan->goal) {
		const struct migration *next = &plan->all[at];

		why = schema_apply(&ctl->context, &next->row, next->sql);
		if (why)
			break;
		at++;
	}
	list_migrations(ctl, plan, "applied", plan->done, at);
	if (why)
		return refuse_lines(ctl, plan->all[at].file, why);
	out_say(ctl, "the database is at %04zu", at);
	return CTL_DONE;
}

enum ctl_exit ctl_migrate(struct ctl *ctl)
{
	const char *dir = migration_dir(ctl->option[CTL_SCHEMA_DIR]);
	struct plan plan = {0};
	const char *why = migration_read(ctl->context.arena, dir, &plan.all, &plan.n);
	bool change = !ctl->option[CTL_CHECK] && !ctl->option[CTL_DRY_RUN];
	enum ctl_exit end;

	if (why)
		return out_refuse(ctl, "%s", why);
	if (change && (why = take_lock(ctl)))
		return refuse_lines(ctl, "no lock", why);
	if (change && (why = schema_begin(&ctl->context)))
		return refuse_lines(ctl, "no history", why);
	end = compare(ctl, &plan);
	if (end != CTL_DONE)
		return end;
	return change ? apply(ctl, &plan) : report(ctl, &plan);
}
