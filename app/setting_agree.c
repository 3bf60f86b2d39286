/* What one value cannot tell alone. */
#include "app/setting.h"

#define ARGON2_BLOCKS_PER_LANE 8 /* RFC 9106 §3.1: at least 8p KiB */

static bool code_dies_before_its_token(const struct conf *conf)
{
	return conf->codes_max_ttl_s < conf->codes_ttl_s;
}

static bool retries_shrink(const struct conf *conf)
{
	return conf->mail_retry_max_s < conf->mail_retry_min_s;
}

static bool lanes_lack_memory(const struct conf *conf)
{
	return conf->passwords_memory_kib <
	       ARGON2_BLOCKS_PER_LANE * conf->passwords_lanes;
}

static bool redis_is_nowhere(const struct conf *conf)
{
	return !*conf->redis_socket && !*conf->redis_host && !conf->redis_sentinels.n;
}

static bool mail_user_lacks_password(const struct conf *conf)
{
	return *conf->mail_user && conf->mail_password && !*conf->mail_password;
}

static bool redis_user_lacks_password(const struct conf *conf)
{
	return *conf->redis_user && !*conf->redis_password;
}

static const struct {
	const char *problem;
	bool (*holds)(const struct conf *conf);
} disagreements[] = {
	{"codes.max_ttl_s: must not be less than codes.ttl_s",
	 code_dies_before_its_token},
	{"mail.retry_max_s: must not be less than mail.retry_min_s", retries_shrink},
	{"mail.password: is needed, as mail.user is set", mail_user_lacks_password},
	{"passwords.memory_kib: must be at least 8 for each lane", lanes_lack_memory},
	{"redis.host: is needed where redis.socket is empty", redis_is_nowhere},
	{"redis.password: is needed, as redis.user is set", redis_user_lacks_password},
};

const char *setting_disagreement(struct arena *arena, const struct conf *conf)
{
	for (size_t i = 0; i < COUNT(disagreements); i++)
		if (disagreements[i].holds(conf))
			return disagreements[i].problem;
	return setting_named_disagreement(arena, conf);
}
