/* The administrator's tool. */
#include "app/ctl/commands.h"
#include "app/ctl/out.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/process.h"

enum {
	ARENA_BYTES = 256 * 1024 * 1024
}; /* reserved; what is used depends on the command */

static enum ctl_exit run(struct ctl *ctl, const struct command *command)
{
	struct context *c = &ctl->context;
	CLEANUP(pg_free) struct pg *pg = NULL;
	const char *why;

	if (command->needs != CTL_NEEDS_NOTHING) {
		c->conf = conf_load(c->arena, ctl->conf_path, &why);
		if (!c->conf)
			return out_refuse(ctl, "%s", why);
	}
	if (command->needs == CTL_NEEDS_DATABASE) {
		pg = pg_new(conf_conninfo(c->arena, c->conf, c->conf->database_owner),
			    NULL);
		c->pg = pg;
		if (command->patient)
			pg_patient(pg);
	}
	return command->run(ctl);
}

int main(int argc, char **argv)
{
	CLEANUP(arena_free) struct arena *arena = NULL;
	const struct command *command;
	struct ctl ctl = {0};
	enum ctl_exit end;

	process_start();
	log_open("latchkeyctl", LOG_LEVEL_WARN);
	arena = arena_new(ARENA_BYTES);
	ctl.context.arena = arena;
	ctl.context.now_ms = clock_real_ms();
	ctl.context.actor = "ctl";
	command = command_read(&ctl, argc, argv, &end);
	if (!command)
		return end;
	ctl.json = ctl.option[CTL_JSON];
	ctl.conf_path = conf_path(ctl.option[CTL_CONFIG]);
	ctl.result = json_object(arena);
	end = run(&ctl, command);
	if (end != CTL_USAGE && !out_end(&ctl))
		return out_refuse(&ctl, "standard output takes no more");
	return end;
}
