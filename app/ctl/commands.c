#include "app/ctl/commands.h"

#include "app/ctl/out.h"

#define BIT(option) (1U << CTL_##option)
#define ALWAYS	    (BIT(CONFIG) | BIT(JSON) | BIT(HELP))

const struct command commands[] = {
	{"check", NULL, ctl_check, CTL_NEEDS_NOTHING, BIT(HASH) | BIT(SCHEMA_DIR), 0,
	 "[--hash] [--schema-dir DIR]",
	 "is everything in order, and what to do about it"},
	{"migrate", NULL, ctl_migrate, CTL_NEEDS_DATABASE,
	 BIT(TO) | BIT(CHECK) | BIT(DRY_RUN) | BIT(SCHEMA_DIR), 0,
	 "[--to N] [--check | --dry-run] [--schema-dir DIR]",
	 "bring the database to the newest schema"},
	{"maintain", NULL, ctl_maintain, CTL_NEEDS_DATABASE, 0, 0, "",
	 "make coming partitions, drop what is past its retention"},
	{"key", "init", ctl_key_init, CTL_NEEDS_DATABASE, 0, 0, "",
	 "make the first key of every use that has none"},
	{"key", "list", ctl_key_list, CTL_NEEDS_CONF, 0, 0, "", "show all keys"},
	{"key", "rotate", ctl_key_rotate, CTL_NEEDS_DATABASE, BIT(NOW), 1, "USE [--now]",
	 "make a new key: access refresh registration recovery code index secret"},
	{"key", "retire", ctl_key_retire, CTL_NEEDS_DATABASE, 0, 1, "KID",
	 "end a key, and all that was signed with it"},
	{"user", "show", ctl_user_show, CTL_NEEDS_DATABASE, 0, 1, "USER",
	 "show an account"},
	{"user", "create", ctl_user_create, CTL_NEEDS_DATABASE,
	 BIT(EMAIL) | BIT(USERNAME) | BIT(PASSWORD_STDIN) | BIT(VERIFIED), 0,
	 "--email E [--username U] [--password-stdin] [--verified]", "make an account"},
	{"user", "activate", ctl_user_activate, CTL_NEEDS_DATABASE, 0, 1, "USER",
	 "let an account be used again"},
	{"user", "deactivate", ctl_user_deactivate, CTL_NEEDS_DATABASE, 0, 1, "USER",
	 "close an account and end its sessions"},
	{"user", "delete", ctl_user_delete, CTL_NEEDS_DATABASE, 0, 1, "USER",
	 "remove an account and all that is its own"},
	{"user", "grant", ctl_user_grant, CTL_NEEDS_DATABASE, 0, 2, "USER ROLE",
	 "give an account a role", .patient = true},
	{"user", "revoke", ctl_user_revoke, CTL_NEEDS_DATABASE, 0, 2, "USER ROLE",
	 "take a role from an account", .patient = true},
	{"user", "import", ctl_user_import, CTL_NEEDS_DATABASE,
	 BIT(DRY_RUN) | BIT(SKIP_EXISTING), 1, "FILE | - [--dry-run] [--skip-existing]",
	 "make the accounts of a file, all or none", .patient = true},
	{"user", "export", ctl_user_export, CTL_NEEDS_DATABASE, BIT(WITH_HASHES), 0,
	 "[FILE] [--with-hashes]", "write all accounts, a line of JSON each", .n_more = 1,
	 .patient = true},
	{"role", "create", ctl_role_create, CTL_NEEDS_DATABASE,
	 BIT(NAME) | BIT(DESCRIPTION), 0, "--name N [--description D]", "make a role"},
	{"role", "list", ctl_role_list, CTL_NEEDS_DATABASE, 0, 0, "", "show all roles",
	 .patient = true},
	{"role", "delete", ctl_role_delete, CTL_NEEDS_DATABASE, 0, 1, "NAME",
	 "take a role from all, and remove it", .patient = true},
	{"client", "create", ctl_client_create, CTL_NEEDS_DATABASE,
	 BIT(NAME) | BIT(SCOPE), 0, "--name N --scope 'A B'",
	 "make a machine client, and tell its secret once"},
	{"client", "list", ctl_client_list, CTL_NEEDS_DATABASE, 0, 0, "",
	 "show all machine clients", .patient = true},
	{"client", "rotate", ctl_client_rotate, CTL_NEEDS_DATABASE, BIT(NOW), 1,
	 "CLIENT [--now]", "give a client a new secret, and tell it once"},
	{"client", "delete", ctl_client_delete, CTL_NEEDS_DATABASE, 0, 1, "CLIENT",
	 "remove a client, and end its secrets and tokens"},
	{"provider", "check", ctl_provider_check, CTL_NEEDS_CONF, 0, 1, "NAME",
	 "ask a provider of social login, and tell what to register there"},
	{"audit", NULL, ctl_audit, CTL_NEEDS_DATABASE,
	 BIT(USER) | BIT(SINCE) | BIT(LIMIT), 0, "[--user U] [--since T] [--limit N]",
	 "show what was done and who signed in, the newest first", .patient = true},
	{"session", "list", ctl_session_list, CTL_NEEDS_DATABASE, 0, 1, "USER",
	 "show an account's sessions"},
	{"session", "revoke", ctl_session_revoke, CTL_NEEDS_DATABASE, 0, 1, "USER",
	 "end all of an account's sessions"},
	{"mail", "list", ctl_mail_list, CTL_NEEDS_DATABASE, 0, 0, "",
	 "show letters that are not sent"},
	{"mail", "retry", ctl_mail_retry, CTL_NEEDS_DATABASE, 0, 1, "ID | all",
	 "try a letter again, or all dead ones"},
	{"mail", "drop", ctl_mail_drop, CTL_NEEDS_DATABASE, 0, 1, "ID",
	 "give up a letter"},
	{"stats", NULL, ctl_stats, CTL_NEEDS_DATABASE, 0, 0, "",
	 "count accounts, sessions, logins and letters", .patient = true},
	{"config", "sample", ctl_config_sample, CTL_NEEDS_NOTHING, 0, 0, "",
	 "print a configuration with every default"},
	{"config", "manual", ctl_config_manual, CTL_NEEDS_NOTHING, 0, 0, "",
	 "print the list of settings in mdoc(7)"},
};
const size_t n_commands = COUNT(commands);

static const struct {
	const char *word, *value, *help;
} options[CTL_N_OPTIONS] = {
#define OPTION(name, word, value, help) [CTL_##name] = {word, value, help},
	CTL_OPTIONS
#undef OPTION
};

static bool is_of(const struct command *command, const char *word)
{
	return !word || !strcmp(command->word, word);
}

/* All commands, or those that begin with `word`. */
static void put_usage(FILE *to, const char *word)
{
	fputs("usage: latchkeyctl [--config FILE] [--json] COMMAND ...\n\n", to);
	for (size_t i = 0; i < COUNT(commands); i++) {
		const struct command *at = &commands[i];

		if (is_of(at, word))
			fprintf(to, "  %s%s%s%s%s\n\t%s\n", at->word, at->verb ? " " : "",
				at->verb ? at->verb : "", *at->synopsis ? " " : "",
				at->synopsis, at->help);
	}
	fputs("\nUSER is an id, an e-mail address or a user name; CLIENT an id or a name. "
	      "Options:\n\n",
	      to);
	for (size_t i = 0; i < COUNT(options); i++)
		fprintf(to, "  --%s%s%s\n\t%s\n", options[i].word,
			options[i].value ? " " : "",
			options[i].value ? options[i].value : "", options[i].help);
}

static const struct command *find(const char *word, const char *verb)
{
	for (size_t i = 0; i < COUNT(commands); i++)
		if (!strcmp(commands[i].word, word) &&
		    (!commands[i].verb || (verb && !strcmp(commands[i].verb, verb))))
			return &commands[i];
	return NULL;
}

static bool is_word(const char *word)
{
	for (size_t i = 0; i < COUNT(commands); i++)
		if (!strcmp(commands[i].word, word))
			return true;
	return false;
}

static size_t find_option(const char *name, size_t n)
{
	size_t i = 0;

	while (i < COUNT(options) &&
	       (strlen(options[i].word) != n || strncmp(options[i].word, name, n) != 0))
		i++;
	return i;
}

static const char *option_problem(const struct ctl *ctl, size_t option, bool joined,
				  const char *next)
{
	if (option == COUNT(options))
		return "there is no such option";
	if (ctl->option[option])
		return "is given twice";
	if (joined && !options[option].value)
		return "takes no value";
	if (!joined && options[option].value && !next)
		return "needs a value";
	return NULL;
}

/* `at` is "--word" or "--word=value"; its value may be the next argument. How many
 * arguments it took; 0: it was said what is wrong. */
static int read_option(struct ctl *ctl, const char *at, const char *next)
{
	const char *name = at + 2, *why;
	size_t n = strcspn(name, "=");
	size_t i = find_option(name, n);
	bool joined = name[n] == '=';

	why = option_problem(ctl, i, joined, next);
	if (why) {
		out_refuse(ctl, "%s: %s", at, why);
		return 0;
	}
	if (!options[i].value) {
		ctl->option[i] = "";
		return 1;
	}
	ctl->option[i] = joined ? name + n + 1 : next;
	return joined ? 1 : 2;
}

/* One argument, and perhaps the one behind it: how many; 0: it was said what is wrong. */
static int read_argument(struct ctl *ctl, const char **words, const char *at,
			 const char *next)
{
	if (*at != '-' || !at[1]) {
		words[ctl->n_words++] = at;
		return 1;
	}
	if (!strcmp(at, "-h"))
		at = "--help";
	if (at[1] == '-')
		return read_option(ctl, at, next);
	out_refuse(ctl, "%s: there is no such option", at);
	return 0;
}

static bool read_arguments(struct ctl *ctl, int argc, char *const *argv)
{
	const char **words =
		arena_alloc(ctl->context.arena, ((size_t)argc + 1) * sizeof *words);
	int i = 1;

	ctl->words = words;
	while (i < argc && strcmp(argv[i], "--") != 0) {
		int took = read_argument(ctl, words, argv[i],
					 i + 1 < argc ? argv[i + 1] : NULL);

		if (!took)
			return false;
		i += took;
	}
	while (++i < argc) /* behind a "--" all are words */
		words[ctl->n_words++] = argv[i];
	return true;
}

static bool takes(struct ctl *ctl, const struct command *command)
{
	for (size_t i = 0; i < COUNT(options); i++)
		if (ctl->option[i] && !((ALWAYS | command->options) & 1U << i)) {
			out_refuse(ctl, "%s does not take --%s", command->word,
				   options[i].word);
			return false;
		}
	if (ctl->n_words >= command->n_words &&
	    ctl->n_words <= command->n_words + command->n_more)
		return true;
	out_refuse(ctl, "usage: latchkeyctl %s%s%s %s", command->word,
		   command->verb ? " " : "", command->verb ? command->verb : "",
		   command->synopsis);
	return false;
}

static void refuse_words(struct ctl *ctl, const char *word)
{
	if (word && !is_word(word))
		out_refuse(ctl, "there is no command '%s'", word);
	put_usage(stderr, word && is_word(word) ? word : NULL);
}

const struct command *command_read(struct ctl *ctl, int argc, char *const *argv,
				   enum ctl_exit *end)
{
	const struct command *command = NULL;
	const char *word;

	*end = CTL_USAGE;
	if (!read_arguments(ctl, argc, argv))
		return NULL;
	word = ctl->n_words ? ctl->words[0] : NULL;
	if (ctl->option[CTL_HELP] || (word && !strcmp(word, "help"))) {
		put_usage(stdout, word && is_word(word) ? word : NULL);
		*end = CTL_DONE;
		return NULL;
	}
	if (word)
		command = find(word, ctl->n_words > 1 ? ctl->words[1] : NULL);
	if (!command) {
		refuse_words(ctl, word);
		return NULL;
	}
	ctl->words += command->verb ? 2 : 1;
	ctl->n_words -= command->verb ? 2 : 1;
	return takes(ctl, command) ? command : NULL;
}
