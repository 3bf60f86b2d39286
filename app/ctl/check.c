#include "app/ctl/probes.h"

static bool load_conf(struct ctl *ctl)
{
	const char *why;
	struct finding finding;

	ctl->context.conf = conf_load(ctl->context.arena, ctl->conf_path, &why);
	finding = ctl->context.conf ? probe_ok(ctl, "%s", ctl->conf_path)
				    : probe_wrong(ctl, "%s", why);
	probe_print(ctl, "configuration", &finding);
	return !finding.wrong;
}

static size_t ask_all(struct ctl *ctl)
{
	size_t n_wrong = 0;

	for (size_t i = 0; i < probe_n_rows; i++) {
		const struct probe_row *row = &probe_rows[i];
		struct finding finding;

		if (row->only_with != CTL_N_OPTIONS && !ctl->option[row->only_with])
			continue;
		finding = row->ask(ctl);
		probe_print(ctl, row->name, &finding);
		n_wrong += finding.wrong;
	}
	return n_wrong;
}

enum ctl_exit ctl_check(struct ctl *ctl)
{
	struct context *c = &ctl->context;
	CLEANUP(pg_free) struct pg *pg = NULL;
	size_t n_wrong;

	out_list(ctl, "checks");
	if (!load_conf(ctl))
		return CTL_REFUSED;
	pg = pg_new(conf_conninfo(c->arena, c->conf, c->conf->database_owner), NULL);
	c->pg = pg;
	n_wrong = ask_all(ctl);
	c->pg = NULL;
	return n_wrong ? out_refuse(ctl, "%zu of these must be put right", n_wrong)
		       : CTL_DONE;
}
