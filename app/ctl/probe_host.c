#include <errno.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/ctl/greeting.h"
#include "app/ctl/probes.h"
#include "app/letters.h"
#include "app/store/probe.h"

enum { ALL_USES = (1 << KEY_USES) - 1 };

struct finding probe_redis_user(struct ctl *ctl)
{
	const struct conf *conf = ctl->context.conf;
	const struct redis_server server = conf_redis(conf);
	CLEANUP(redis_free) struct redis *redis = redis_new(&server, NULL);
	struct context c = ctl->context;
	const char *problem = NULL;

	c.redis = redis;
	if (redis_ping(redis) != RC_OK)
		return probe_wrong(ctl, "does not answer: see above, and [redis]");
	if (probe_redis(&c, &problem) != RC_OK)
		return probe_wrong(
			ctl, "answers, but takes no scripts: see above, and give the "
			     "user +eval +evalsha +script|load");
	if (problem)
		return probe_wrong(ctl, "the user %s: see its ACL, and redis.user",
				   problem);
	return probe_ok(ctl, "%s answers; the user is limited to what it needs",
			redis_at(redis, c.arena));
}

static void release_keys(struct keys **keys)
{
	keys_free(keys);
}

struct finding probe_keys(struct ctl *ctl)
{
	char why[512];
	CLEANUP(release_keys)
	struct keys *keys =
		keys_load(ctl->context.conf->tokens_key_dir, ALL_USES, why, sizeof why);

	if (!keys)
		return probe_wrong(
			ctl, "%s: `latchkeyctl key init` makes those that are missing",
			why);
	return probe_ok(ctl, "there is one that signs for every use");
}

struct finding probe_limits(struct ctl *ctl)
{
	if (ctl->context.conf->limits_enabled)
		return probe_ok(ctl, "are on");
	return probe_ok(ctl, "are OFF: good for load tests only");
}

static const char *group_problem(struct ctl *ctl, const struct stat *st)
{
	const char *name = ctl->context.conf->server_socket_group;
	const struct group *group = *name ? getgrnam(name) : NULL;

	if (!*name)
		return NULL;
	if (!group)
		return arena_printf(ctl->context.arena, "there is no group %s", name);
	if (group->gr_gid != st->st_gid && !(st->st_mode & S_IXOTH))
		return arena_printf(ctl->context.arena,
				    "group %s cannot enter it: chgrp it", name);
	return NULL;
}

struct finding probe_sockets(struct ctl *ctl)
{
	const char *dir = ctl->context.conf->server_run_dir, *why;
	struct stat st;

	if (stat(dir, &st) < 0)
		return probe_wrong(
			ctl, "%s: %s; systemd-tmpfiles or RuntimeDirectory= makes it",
			dir, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return probe_wrong(ctl, "%s is not a directory", dir);
	if (st.st_mode & S_IWOTH)
		return probe_wrong(ctl, "%s: all users may write there: chmod 750", dir);
	why = group_problem(ctl, &st);
	if (why)
		return probe_wrong(ctl, "%s: %s", dir, why);
	return probe_ok(ctl, "%s", dir);
}

struct finding probe_letters(struct ctl *ctl)
{
	const char *dir = ctl->context.conf->mail_letter_dir, *why;

	if (!letters_load(ctl->context.arena, dir, &why))
		return probe_wrong(ctl, "%s", why);
	return probe_ok(ctl, "%s", dir);
}

struct finding probe_mail(struct ctl *ctl)
{
	const struct conf *conf = ctl->context.conf;
	const char *host = conf->mail_host;
	int port = (int)conf->mail_port;
	const char *why = greeting_problem(ctl->context.arena, host, port);

	if (why)
		return probe_wrong(ctl, "%s port %d: %s; see mail.host and mail.port",
				   host, port, why);
	return probe_ok(ctl, "%s port %d greets", host, port);
}
