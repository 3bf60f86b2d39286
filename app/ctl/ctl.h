/* One run of the administrator's tool: what was asked, and what a command may reach. */
#ifndef APP_CTL_CTL_H
#define APP_CTL_CTL_H

#include "app/context.h"
#include "lib/json.h"

/* What a command ends with. */
enum ctl_exit { CTL_DONE = 0, CTL_REFUSED = 1, CTL_USAGE = 2 };

/* OPTION(NAME, "word", "VALUE" or NULL for a flag, "help") */
#define CTL_OPTIONS                                                                      \
	OPTION(CONFIG, "config", "FILE", "the configuration; else $LATCHKEY_CONF")       \
	OPTION(JSON, "json", NULL, "print JSON")                                         \
	OPTION(HELP, "help", NULL, "tell what a command does")                           \
	OPTION(HASH, "hash", NULL, "measure what a password hash takes here")            \
	OPTION(TO, "to", "N", "stop after this migration")                               \
	OPTION(CHECK, "check", NULL, "only tell whether something is pending")           \
	OPTION(DRY_RUN, "dry-run", NULL, "only tell what would be done")                 \
	OPTION(SCHEMA_DIR, "schema-dir", "DIR", "migrations; else $LATCHKEY_SCHEMA_DIR") \
	OPTION(NOW, "now", NULL, "the new key signs, the old secret ends, at once")      \
	OPTION(EMAIL, "email", "E", "address of the account")                            \
	OPTION(USERNAME, "username", "U", "its user name")                               \
	OPTION(PASSWORD_STDIN, "password-stdin", NULL, "its password: a line on stdin")  \
	OPTION(VERIFIED, "verified", NULL, "the address is known to be its owner's")     \
	OPTION(SKIP_EXISTING, "skip-existing", NULL, "leave accounts that are there")    \
	OPTION(WITH_HASHES, "with-hashes", NULL, "with the password hashes")             \
	OPTION(NAME, "name", "N", "name of the role or client")                          \
	OPTION(DESCRIPTION, "description", "D", "what it is for")                        \
	OPTION(SCOPE, "scope", "'A B'", "what the client may ask for")                   \
	OPTION(USER, "user", "U", "of this account only")                                \
	OPTION(SINCE, "since", "T", "from this time on, or since 90s, 15m, 24h, 7d, 4w") \
	OPTION(LIMIT, "limit", "N", "so many at most; else 200")

enum ctl_option {
#define OPTION(name, word, value, help) CTL_##name,
	CTL_OPTIONS
#undef OPTION
		CTL_N_OPTIONS
};

struct ctl {
	struct context context; /* pg: as the owner; redis, keys: not set */
	const char *conf_path;
	bool json;
	const char *option[CTL_N_OPTIONS]; /* "" for a flag, NULL: not given */
	const char *const *words; /* those after the command's name */
	size_t n_words;
	struct json *result, *list; /* what --json prints */
	bool headed;
};

typedef enum ctl_exit ctl_command(struct ctl *ctl);

ctl_command ctl_check, ctl_migrate, ctl_maintain, ctl_key_init, ctl_key_list,
	ctl_key_rotate, ctl_key_retire, ctl_user_show, ctl_user_create, ctl_user_activate,
	ctl_user_deactivate, ctl_user_delete, ctl_user_import, ctl_user_export,
	ctl_user_grant, ctl_user_revoke, ctl_role_create, ctl_role_list, ctl_role_delete,
	ctl_provider_check, ctl_client_create, ctl_client_list, ctl_client_rotate,
	ctl_client_delete, ctl_stats, ctl_audit, ctl_session_list, ctl_session_revoke,
	ctl_mail_list, ctl_mail_retry, ctl_mail_drop, ctl_config_sample,
	ctl_config_manual;

#endif
