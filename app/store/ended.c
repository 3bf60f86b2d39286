#include "app/store/ended.h"

#include "app/store/key.h"
#include "lib/text.h"

static const struct redis_script NOTE = {
	"ended_note", "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])\n"
		      "return {1}\n"};

/* A user's entry is the time before which all tokens are over. */
static const struct redis_script CHECK = {
	"ended_check",
	"if redis.call('EXISTS', KEYS[1]) == 1 then return {0} end\n"
	"if tonumber(redis.call('GET', KEYS[2]) or 0) >= tonumber(ARGV[1]) then return {0} end\n"
	"return {1}\n"};

enum { LEEWAY_S = 120 };

static int64_t longer(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void note(struct context *c, const char *purpose, const char *what)
{
	const char *key = store_key(c, purpose, what);
	int64_t ttl_s =
		longer(c->conf->tokens_access_ttl, c->conf->clients_token_ttl) + LEEWAY_S;
	struct redis_values got;

	(void)!redis_eval(c->redis, &NOTE, c->arena, 1, &key,
			  REDIS_TEXTS(text_integer(c->arena, c->now_ms / 1000),
				      text_integer(c->arena, ttl_s * 1000)),
			  &got);
}

void ended_session(struct context *c, const char *session_id)
{
	note(c, "ended", session_id);
}

void ended_user(struct context *c, const char *user_id)
{
	note(c, "ended-user", user_id);
}

enum rc ended_check(struct context *c, const char *session_id, const char *user_id,
		    int64_t issued_s)
{
	const char *keys[] = {store_key(c, "ended", session_id),
			      store_key(c, "ended-user", user_id)};
	struct redis_values got;
	enum rc rc = redis_eval(c->redis, &CHECK, c->arena, COUNT(keys), keys,
				REDIS_TEXTS(text_integer(c->arena, issued_s)), &got);

	return rc == RC_OK && redis_int(&got, 0) == 0 ? RC_NONE : rc;
}
