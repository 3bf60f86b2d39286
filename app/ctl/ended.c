#include "app/ctl/ended.h"

#include "app/ctl/out.h"
#include "app/store/ended.h"

void ended_tell(struct ctl *ctl, const char *user_id)
{
	struct context c = ctl->context;
	const struct redis_server server = conf_redis(c.conf);
	CLEANUP(redis_free) struct redis *redis = NULL;
	CLEANUP(keys_free) struct keys *keys = NULL;
	char why[256];

	if (!c.conf->tokens_degraded_verify)
		return;
	keys = keys_load(c.conf->tokens_key_dir, 1U << KEY_INDEX, why, sizeof why);
	if (!keys) {
		out_warn(ctl, "the list of ended sessions was not told: %s", why);
		return;
	}
	redis = redis_new(&server, NULL);
	c.redis = redis;
	c.keys = keys;
	ended_user(&c, user_id);
}
