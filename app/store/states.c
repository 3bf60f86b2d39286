#include "app/store/states.h"

#include "app/store/key.h"
#include "lib/crypto.h"
#include "lib/text.h"

/* A count of its own for each client: else one that nobody stops could fill Redis. The
 * first line lets Redis refuse all of it when it has no memory. */
static const struct redis_script BEGIN = {
	"states_begin",
	"#!lua\n"
	"if tonumber(redis.call('GET', KEYS[2]) or 0) >= tonumber(ARGV[1]) then\n"
	"  return {math.max(redis.call('PTTL', KEYS[2]), 1000)}\n"
	"end\n"
	"if redis.call('INCR', KEYS[2]) == 1 then redis.call('PEXPIRE', KEYS[2], ARGV[2]) end\n"
	"redis.call('HSET', KEYS[1], unpack(ARGV, 3))\n"
	"redis.call('PEXPIRE', KEYS[1], ARGV[2])\n"
	"return {0}\n"};

static const struct redis_script PUT = {"states_put",
					"#!lua\n"
					"redis.call('HSET', KEYS[1], unpack(ARGV, 2))\n"
					"redis.call('PEXPIRE', KEYS[1], ARGV[1])\n"
					"return {1}\n"};

/* Looked at and taken in one, so that of many at once one gets it. */
static const struct redis_script TAKE = {
	"states_take",
	"if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return {0} end\n"
	"local e = redis.call('HMGET', KEYS[1], unpack(ARGV, 2))\n"
	"redis.call('DEL', KEYS[1])\n"
	"return {1, unpack(e)}\n"};

/* One kind of entry: a secret names it, its owner may take it. */
struct kind {
	const char *name;
	int64_t ttl_s;
	size_t n;
	const char *fields[REDIS_VALUES_MAX];
};

static const struct kind STATE = {
	"state", STATE_TTL_S, 5, {"nonce", "verifier", "return_to", "cookie", "session"}};
static const struct kind IDENTITY = {
	"identity",
	IDENTITY_TTL_S,
	7,
	{"return_to", "cookie", "session", "issuer", "subject", "email", "verified"}};
static const struct kind LOGIN = {
	"login", EXCHANGE_TTL_S, 3, {"user", "method", "epoch"}};

/* Of what is bound to no browser */
#define ANYBODY ""

/* Digests are compared in Redis, not secrets. */
static const char *owner_text(struct arena *arena, const struct states_owner *owner)
{
	const char *bound = arena_printf(arena, "%s|%s", owner->provider, owner->browser);
	uint8_t digest[CRYPTO_SHA256_LEN];

	crypto_sha256(bound, strlen(bound), digest);
	return text_hex(arena, digest, sizeof digest);
}

static const char *flag(bool on)
{
	return on ? "1" : "0";
}

/* What a script is given: some numbers of its own, then names and values. */
struct arguments {
	size_t n;
	const char *at[4 + 2 * REDIS_VALUES_MAX];
};

static void add(struct arguments *arguments, const char *text)
{
	INVARIANT(arguments->n < COUNT(arguments->at));
	arguments->at[arguments->n++] = text;
}

/* `values` are those of kind->fields, in their order. */
static void add_entry(struct context *c, struct arguments *arguments,
		      const struct kind *kind, const char *owner,
		      const char *const *values)
{
	add(arguments, text_integer(c->arena, kind->ttl_s * 1000));
	add(arguments, "owner");
	add(arguments, owner);
	for (size_t i = 0; i < kind->n; i++) {
		add(arguments, kind->fields[i]);
		add(arguments, values[i]);
	}
}

static enum rc put(struct context *c, const struct kind *kind, const char *secret,
		   const char *owner, const char *const *values)
{
	const char *key = store_key_random(c->arena, kind->name, secret);
	struct arguments arguments = {0};
	struct redis_values got;

	add_entry(c, &arguments, kind, owner, values);
	return redis_eval(c->redis, &PUT, c->arena, 1, &key, arguments.n, arguments.at,
			  &got);
}

/* Behind one value of the script's own come those of kind->fields. */
static enum rc take(struct context *c, const struct kind *kind, const char *secret,
		    const char *owner, struct redis_values *out)
{
	const char *key = store_key_random(c->arena, kind->name, secret);
	struct arguments arguments = {0};
	struct redis_values got;
	enum rc rc;

	add(&arguments, owner);
	for (size_t i = 0; i < kind->n; i++)
		add(&arguments, kind->fields[i]);
	rc = redis_eval(c->redis, &TAKE, c->arena, 1, &key, arguments.n, arguments.at,
			&got);
	if (rc != RC_OK)
		return rc;
	if (redis_int(&got, 0) == 0)
		return RC_NONE;
	INVARIANT(got.n == 1 + kind->n);
	*out = got;
	return RC_OK;
}

static const char *const *state_values(struct context *c, const struct social_state *of)
{
	const char **values = arena_alloc(c->arena, STATE.n * sizeof *values);

	values[0] = of->nonce;
	values[1] = of->verifier;
	values[2] = of->return_to;
	values[3] = flag(of->cookie);
	values[4] = of->session_id;
	return values;
}

enum rc states_put(struct context *c, const char *state, const struct states_owner *owner,
		   const struct social_state *in, int64_t *wait_s)
{
	const char *keys[] = {store_key_random(c->arena, STATE.name, state),
			      store_key(c, "starter", c->client.prefix)};
	int64_t most =
		c->conf->limits_enabled ? c->conf->limits_social_client : INT32_MAX;
	struct arguments arguments = {0};
	struct redis_values got;
	enum rc rc;

	add(&arguments, text_integer(c->arena, most));
	add_entry(c, &arguments, &STATE, owner_text(c->arena, owner),
		  state_values(c, in));
	rc = redis_eval(c->redis, &BEGIN, c->arena, COUNT(keys), keys, arguments.n,
			arguments.at, &got);
	if (rc == RC_OK)
		*wait_s = (redis_int(&got, 0) + 999) / 1000;
	return rc;
}

void states_put_back(struct context *c, const char *state,
		     const struct states_owner *owner, const struct social_state *in)
{
	/* lost, it is a login to begin anew */
	(void)!put(c, &STATE, state, owner_text(c->arena, owner), state_values(c, in));
}

enum rc states_take(struct context *c, const char *state,
		    const struct states_owner *owner, struct social_state *out)
{
	struct redis_values got;
	enum rc rc = take(c, &STATE, state, owner_text(c->arena, owner), &got);

	if (rc == RC_OK)
		*out = (struct social_state){
			.nonce = got.value[1],
			.verifier = got.value[2],
			.return_to = got.value[3],
			.cookie = redis_int(&got, 4) == 1,
			.session_id = got.value[5],
		};
	return rc;
}

enum rc states_put_found(struct context *c, const char *state,
			 const struct states_owner *owner, const struct social_found *in)
{
	const char *const values[] = {
		in->return_to, flag(in->cookie), in->session_id,	  in->issuer,
		in->subject,   in->email,	 flag(in->email_verified)};

	return put(c, &IDENTITY, state, owner_text(c->arena, owner), values);
}

enum rc states_take_found(struct context *c, const char *state,
			  const struct states_owner *owner, struct social_found *out)
{
	struct redis_values got;
	enum rc rc = take(c, &IDENTITY, state, owner_text(c->arena, owner), &got);

	if (rc == RC_OK)
		*out = (struct social_found){
			.return_to = got.value[1],
			.cookie = redis_int(&got, 2) == 1,
			.session_id = got.value[3],
			.issuer = got.value[4],
			.subject = got.value[5],
			.email = got.value[6],
			.email_verified = redis_int(&got, 7) == 1,
		};
	return rc;
}

enum rc states_put_login(struct context *c, const char *code,
			 const struct social_login *in)
{
	const char *const values[] = {in->user_id, in->method,
				      text_integer(c->arena, in->epoch)};

	return put(c, &LOGIN, code, ANYBODY, values);
}

enum rc states_take_login(struct context *c, const char *code, struct social_login *out)
{
	struct redis_values got;
	enum rc rc = take(c, &LOGIN, code, ANYBODY, &got);

	if (rc == RC_OK)
		*out = (struct social_login){
			.user_id = got.value[1],
			.method = got.value[2],
			.epoch = redis_int(&got, 3),
		};
	return rc;
}
