#include "app/store/codes.h"

#include "app/store/key.h"
#include "lib/secret.h"
#include "lib/text.h"

/* How many letters one client asked for is a counter of its own: else it could fill the
 * outbox and Redis with addresses that it makes up. */

/* The entry: nonce kid bound epoch born exp (a living code), tries and t:CLIENT
 * (guesses), asked window count (the throttle). Times are real ms. */

/* The first line lets Redis refuse the whole script when it has no memory to write with:
 * without it the DEL would count as a write that must be followed through. */
static const struct redis_script ASK = {
	"codes_ask",
	"#!lua\n"
	"local now, ttl, longest = tonumber(ARGV[1]), tonumber(ARGV[6]), tonumber(ARGV[7])\n"
	"local e = redis.call('HMGET', KEYS[1], 'nonce', 'kid', 'bound', 'epoch', 'born', 'exp',\n"
	"  'tries', 'asked', 'window', 'count')\n"
	"local asked, window, count = tonumber(e[8] or 0), tonumber(e[9] or 0), tonumber(e[10] or 0)\n"
	"local undo = string.format('%.0f:%.0f:%d', asked, window, count)\n"
	"if now - window >= 3600000 then window, count = now, 0 end\n"
	"if count >= tonumber(ARGV[9]) then return {window + 3600000 - now, 1} end\n"
	"local soon = asked + tonumber(ARGV[8]) - now\n"
	"if asked > 0 and soon > 0 then return {soon, 0} end\n"
	"if tonumber(redis.call('GET', KEYS[2]) or 0) >= tonumber(ARGV[11]) then\n"
	"  return {math.max(redis.call('PTTL', KEYS[2]), 1000), 1}\n"
	"end\n"
	"if redis.call('INCR', KEYS[2]) == 1 then redis.call('PEXPIRE', KEYS[2], 900000) end\n"
	"local nonce, kid, born = e[1], e[2], tonumber(e[5] or 0)\n"
	"local lives = nonce and tonumber(e[6]) > now and tonumber(e[7] or 0) < tonumber(ARGV[10])\n"
	"  and e[3] == ARGV[4] and e[4] == ARGV[5]\n"
	"if not lives then\n"
	"  redis.call('DEL', KEYS[1])\n"
	"  nonce, kid, born = ARGV[2], ARGV[3], now\n"
	"end\n"
	"local exp = math.min(now + ttl, born + longest)\n"
	"local function text(n) return string.format('%.0f', n) end\n"
	"redis.call('HSET', KEYS[1], 'nonce', nonce, 'kid', kid, 'bound', ARGV[4], 'epoch', ARGV[5],\n"
	"  'born', text(born), 'exp', text(exp), 'asked', text(now), 'window', text(window),\n"
	"  'count', text(count + 1))\n"
	"redis.call('PEXPIRE', KEYS[1], text(math.max(exp, window + 3600000) - now))\n"
	"return {0, 0, nonce, kid, text(exp), text(now) .. ':' .. undo}\n"};

/* Only while nobody else has asked since. */
static const struct redis_script TAKE_BACK = {
	"codes_take_back",
	"local now, asked, window, count = string.match(ARGV[1], '(%d+):(%d+):(%d+):(%d+)')\n"
	"if redis.call('HGET', KEYS[1], 'asked') ~= now then return {0} end\n"
	"redis.call('HSET', KEYS[1], 'asked', asked, 'window', window, 'count', count)\n"
	"return {1}\n"};

static const struct redis_script COUNT_TRY = {
	"codes_count_try",
	"local mine = 't:' .. ARGV[2]\n"
	"local e = redis.call('HMGET', KEYS[1], 'nonce', 'kid', 'bound', 'epoch', 'exp', 'tries', mine)\n"
	"if not e[1] or tonumber(e[5]) <= tonumber(ARGV[1]) or\n"
	"  tonumber(e[6] or 0) >= tonumber(ARGV[4]) or tonumber(e[7] or 0) >= tonumber(ARGV[3]) then\n"
	"  return {0}\n"
	"end\n"
	"redis.call('HINCRBY', KEYS[1], 'tries', 1)\n"
	"redis.call('HINCRBY', KEYS[1], mine, 1)\n"
	"return {1, e[1], e[2], e[3], e[4]}\n"};

static const struct redis_script SPEND = {
	"codes_spend",
	"if redis.call('HGET', KEYS[1], 'nonce') ~= ARGV[1] then return {0} end\n"
	"redis.call('HDEL', KEYS[1], 'nonce', 'kid', 'bound', 'epoch', 'born', 'exp', 'tries')\n"
	"return {1}\n"};

static const struct redis_script FORGET = {"codes_forget",
					   "return {redis.call('DEL', KEYS[1])}\n"};

enum { NONCE_BYTES = 16, UNLIMITED = 1000000000 };

static enum rc run(struct context *c, const struct redis_script *script,
		   const char *purpose, const char *name, size_t n,
		   const char *const *args, struct redis_values *out)
{
	const char *key = store_key(c, purpose, name);

	return redis_eval(c->redis, script, c->arena, 1, &key, n, args, out);
}

static const char *limit(struct context *c, int64_t value, int64_t when_off)
{
	return text_integer(c->arena, c->conf->limits_enabled ? value : when_off);
}

enum rc codes_ask(struct context *c, const struct codes_subject *subject,
		  struct codes_asked *out)
{
	const struct conf *conf = c->conf;
	struct arena *a = c->arena;
	const char *keys[] = {store_key(c, subject->purpose, subject->name),
			      store_key(c, "asker", c->client.prefix)};
	struct redis_values got;
	enum rc rc = redis_eval(
		c->redis, &ASK, a, COUNT(keys), keys,
		REDIS_TEXTS(text_integer(a, c->now_ms), secret_random_hex(a, NONCE_BYTES),
			    keys_signing(c->keys, KEY_CODE, c->now_ms)->kid,
			    subject->bound, text_integer(a, subject->epoch),
			    text_integer(a, conf->codes_ttl_s * 1000),
			    text_integer(a, conf->codes_max_ttl_s * 1000),
			    limit(c, conf->limits_code_resend_s * 1000, 0),
			    limit(c, conf->limits_codes_per_hour, UNLIMITED),
			    limit(c, conf->limits_code_tries, UNLIMITED),
			    limit(c, conf->limits_codes_client, UNLIMITED)),
		&got);

	if (rc != RC_OK)
		return rc;
	*out = (struct codes_asked){
		.retry_after_s = (redis_int(&got, 0) + 999) / 1000,
		.too_many = redis_int(&got, 1) != 0,
	};
	if (out->retry_after_s > 0)
		return RC_OK;
	out->nonce = got.value[2];
	out->key_id = got.value[3];
	out->expires_at = redis_int(&got, 4);
	out->undo = got.value[5];
	return RC_OK;
}

void codes_take_back(struct context *c, const struct codes_subject *subject,
		     const struct codes_asked *asked)
{
	struct redis_values got;

	/* the worst of a failure is that the next letter comes a minute later */
	(void)!run(c, &TAKE_BACK, subject->purpose, subject->name,
		   REDIS_TEXTS(asked->undo), &got);
}

enum rc codes_count_try(struct context *c, const char *purpose, const char *name,
			struct codes_try *out)
{
	const char *client = store_key(c, "client", c->client.prefix);
	struct redis_values got;
	enum rc rc =
		run(c, &COUNT_TRY, purpose, name,
		    REDIS_TEXTS(text_integer(c->arena, c->now_ms), client,
				limit(c, c->conf->limits_code_tries_client, UNLIMITED),
				limit(c, c->conf->limits_code_tries, UNLIMITED)),
		    &got);

	if (rc != RC_OK)
		return rc;
	if (redis_int(&got, 0) == 0)
		return RC_NONE;
	*out = (struct codes_try){
		.nonce = got.value[1],
		.key_id = got.value[2],
		.bound = got.value[3],
		.epoch = redis_int(&got, 4),
	};
	return RC_OK;
}

enum rc codes_spend(struct context *c, const char *purpose, const char *name,
		    const char *nonce)
{
	struct redis_values got;
	enum rc rc = run(c, &SPEND, purpose, name, REDIS_TEXTS(nonce), &got);

	return rc == RC_OK && redis_int(&got, 0) == 0 ? RC_NONE : rc;
}

void codes_forget(struct context *c, const char *purpose, const char *name)
{
	struct redis_values got;

	/* what is left ends by its time-out */
	(void)!run(c, &FORGET, purpose, name, 0, NULL, &got);
}
