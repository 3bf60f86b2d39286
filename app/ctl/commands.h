/* What latchkeyctl can be told to do, a row each. */
#ifndef APP_CTL_COMMANDS_H
#define APP_CTL_COMMANDS_H

#include "app/ctl/ctl.h"

enum ctl_needs { CTL_NEEDS_NOTHING, CTL_NEEDS_CONF, CTL_NEEDS_DATABASE };

struct command {
	const char *word, *verb; /* verb NULL: one word is the whole name */
	ctl_command *run;
	enum ctl_needs needs;
	unsigned options; /* beyond those that all take, a bit each */
	size_t n_words; /* after the name */
	const char *synopsis, *help;
	size_t n_more; /* words that may follow those */
	bool patient; /* of the database: no limit in time */
};

extern const struct command commands[];
extern const size_t n_commands;

/* Reads the command line into `ctl`. NULL: it was said what is wrong, or --help was
 * answered; `*end` is then what to exit with. */
const struct command *command_read(struct ctl *ctl, int argc, char *const *argv,
				   enum ctl_exit *end) MUST_USE;

#endif
