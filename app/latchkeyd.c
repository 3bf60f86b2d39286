#include <getopt.h>
#include <stdio.h>

#include "app/conf.h"
#include "app/mailer.h"
#include "app/supervisor.h"
#include "app/version.h"
#include "lib/log.h"
#include "lib/process.h"

enum { EXIT_USAGE = 2, PATH_BYTES = 1 << 20 };

typedef int role_run(const char *conf_path);

static const struct role {
	const char *word;
	role_run *run;
	const char *help;
} ROLES[] = {
	{"serve", supervisor_serve,
	 "answer requests: the supervisor and its two pools of workers"},
	{"outside", supervisor_outside,
	 "talk to other services: their keys and logins, by a pool of its own"},
	{"mail", mailer_run, "deliver the letters of the outbox"},
};

static void print_help(FILE *to)
{
	fputs("usage: latchkeyd ROLE [--config FILE]\n"
	      "       latchkeyd --version | --help\n\nroles:\n",
	      to);
	for (size_t i = 0; i < COUNT(ROLES); i++)
		fprintf(to, "  %-8s %s\n", ROLES[i].word, ROLES[i].help);
	fputs("\nThe configuration is FILE, else $LATCHKEY_CONF, else\n"
	      "/etc/latchkey/latchkey.conf. Logs go to standard error.\n",
	      to);
}

static int refuse_usage(void)
{
	print_help(stderr);
	return EXIT_USAGE;
}

static const struct role *find_role(const char *word)
{
	for (size_t i = 0; word && i < COUNT(ROLES); i++)
		if (!strcmp(word, ROLES[i].word))
			return &ROLES[i];
	return NULL;
}

static int run(const char *word, const char *config)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(PATH_BYTES);
	const struct role *role = find_role(word);

	if (!role)
		return refuse_usage();
	log_open("latchkeyd", LOG_LEVEL_INFO);
	/* A copy: children overwrite the arguments with their titles */
	return role->run(arena_dup(arena, conf_path(config)));
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"config", required_argument, NULL, 'c'},
						{"version", no_argument, NULL, 'v'},
						{"help", no_argument, NULL, 'h'},
						{NULL, 0, NULL, 0}};
	const char *config = NULL;
	int option;

	process_start();
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'v')
			return puts("latchkeyd " LATCHKEY_VERSION) < 0;
		if (option == 'h') {
			print_help(stdout);
			return 0;
		}
		if (option != 'c')
			return refuse_usage();
		config = optarg;
	}
	return argc - optind == 1 ? run(argv[optind], config) : refuse_usage();
}
