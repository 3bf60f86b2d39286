#include "app/store/probe.h"

#include "lib/secret.h"

/* Tries what the stores' scripts use, then what nobody who is limited to our keys and
 * commands can do. Only harmless commands are tried. */
static const struct redis_script PROBE = {
	"probe",
	"local function err(...)\n"
	"  local r = redis.pcall(...)\n"
	"  return type(r) == 'table' and r.err\n"
	"end\n"
	"local h, s = KEYS[1], KEYS[2]\n"
	"for _, c in ipairs({{'HSET', h, 'a', '1'}, {'PEXPIRE', h, '1000'},\n"
	"  {'HINCRBY', h, 'a', '1'}, {'HGET', h, 'a'}, {'HMGET', h, 'a'}, {'PTTL', h},\n"
	"  {'HDEL', h, 'a'}, {'SET', s, '1', 'PX', '1000'}, {'GET', s}, {'INCR', s},\n"
	"  {'DECR', s}, {'EXISTS', s}, {'DEL', s}}) do\n"
	"  local why = err(unpack(c))\n"
	"  if why then return {'cannot ' .. c[1] .. ': ' .. why} end\n"
	"end\n"
	"if not err('EXISTS', 'latchkey.outside') then return {'reaches keys outside of lk:*'} end\n"
	"if not err('DBSIZE') then return {'may run commands that the service never uses'} end\n"
	"return {''}\n"};

enum rc probe_redis(struct context *c, const char **problem)
{
	const char *id = secret_random_hex(c->arena, 8);
	const char *keys[] = {arena_printf(c->arena, "lk:probe:%s:h", id),
			      arena_printf(c->arena, "lk:probe:%s:s", id)};
	struct redis_values out;
	enum rc rc =
		redis_eval(c->redis, &PROBE, c->arena, COUNT(keys), keys, 0, NULL, &out);

	if (rc != RC_OK)
		return rc;
	*problem = out.n && out.value[0] && *out.value[0] ? out.value[0] : NULL;
	return RC_OK;
}
