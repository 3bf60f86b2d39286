#include "app/store/attempts.h"

#include "app/store/key.h"
#include "lib/text.h"

/* One script, so that a hundred at once take no more slots than there are.
 * pair: {n, next}; prefix, account: counters with the time-out of their window. */
static const struct redis_script TAKE = {
	"attempts_take",
	"local now, free, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])\n"
	"local pair = redis.call('HMGET', KEYS[1], 'n', 'next')\n"
	"local n, nxt = tonumber(pair[1] or 0), tonumber(pair[2] or 0)\n"
	"if n >= free and now < nxt then return {nxt - now} end\n"
	"local windows = {{KEYS[2], tonumber(ARGV[4]), 900000}}\n"
	"if ARGV[6] == '0' then windows[2] = {KEYS[3], tonumber(ARGV[5]), 3600000} end\n"
	"for _, w in ipairs(windows) do\n"
	"  if tonumber(redis.call('GET', w[1]) or 0) >= w[2] then\n"
	"    return {math.max(redis.call('PTTL', w[1]), 1000)}\n"
	"  end\n"
	"end\n"
	"for _, w in ipairs(windows) do\n"
	"  if redis.call('INCR', w[1]) == 1 then redis.call('PEXPIRE', w[1], w[3]) end\n"
	"end\n"
	"n = n + 1\n"
	"local delay = 0\n"
	"if n >= free then delay = math.min(1000 * 2 ^ math.min(n - free, 30), longest) end\n"
	"redis.call('HSET', KEYS[1], 'n', n, 'next', string.format('%.0f', now + delay))\n"
	"redis.call('PEXPIRE', KEYS[1], 3600000 + delay)\n"
	"return {0}\n"};

#define ONE_LESS                                                                         \
	"for i = 2, ARGV[1] == '1' and 2 or 3 do\n"                                      \
	"  local n = tonumber(redis.call('GET', KEYS[i]) or 0)\n"                        \
	"  if n > 0 then redis.call('DECR', KEYS[i]) end\n"                              \
	"end\n"                                                                          \
	"return {1}\n"

static const struct redis_script GIVE_BACK = {"attempts_give_back",
					      "redis.call('DEL', KEYS[1])\n" ONE_LESS};

/* A delay that has begun stays. */
static const struct redis_script UNDO = {
	"attempts_undo", "if tonumber(redis.call('HGET', KEYS[1], 'n') or 0) > 0 then"
			 " redis.call('HINCRBY', KEYS[1], 'n', -1) end\n" ONE_LESS};

struct names {
	const char *at[3];
};

static struct names names_of(struct context *c, const char *account)
{
	const char *pair = arena_printf(c->arena, "%s|%s", account, c->client.prefix);

	return (struct names){{store_key(c, "pair", pair),
			       store_key(c, "prefix", c->client.prefix),
			       store_key(c, "account", account)}};
}

enum rc attempts_take(struct context *c, const char *account, bool known_prefix,
		      int64_t *wait_s)
{
	struct names names = names_of(c, account);
	const struct conf *conf = c->conf;
	struct redis_values out;
	enum rc rc = redis_eval(
		c->redis, &TAKE, c->arena, COUNT(names.at), names.at,
		REDIS_TEXTS(text_integer(c->arena, c->now_ms),
			    text_integer(c->arena, conf->limits_login_pair),
			    text_integer(c->arena, conf->limits_login_delay_max_s * 1000),
			    text_integer(c->arena, conf->limits_login_prefix),
			    text_integer(c->arena, conf->limits_login_account),
			    known_prefix ? "1" : "0"),
		&out);

	if (rc == RC_OK)
		*wait_s = (redis_int(&out, 0) + 999) / 1000;
	return rc;
}

static void return_slot(struct context *c, const struct redis_script *script,
			const char *account, bool known_prefix)
{
	struct names names = names_of(c, account);
	struct redis_values out;

	/* one that is lost costs one try, for as long as the window lasts */
	(void)!redis_eval(c->redis, script, c->arena, COUNT(names.at), names.at,
			  REDIS_TEXTS(known_prefix ? "1" : "0"), &out);
}

void attempts_give_back(struct context *c, const char *account, bool known_prefix)
{
	return_slot(c, &GIVE_BACK, account, known_prefix);
}

void attempts_undo(struct context *c, const char *account, bool known_prefix)
{
	return_slot(c, &UNDO, account, known_prefix);
}
