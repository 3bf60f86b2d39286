#include "lib/redis.h"

#include "lib/crypto.h"
#include "lib/log.h"
#include "lib/redis_link.h"
#include "lib/secret.h"
#include "lib/text.h"

struct redis *redis_new(const struct redis_server *server, struct breaker *breaker)
{
	struct redis *redis = calloc(1, sizeof *redis);

	INVARIANT(redis && (server->socket || server->host || server->n_sentinels));
	INVARIANT(server->password || !server->user);
	redis->call.breaker = breaker;
	redis->socket = redis_link_copy(server->socket);
	redis->host = redis_link_copy(server->host);
	redis->port = server->port;
	redis->user = redis_link_copy(server->user);
	redis->password = redis_link_copy(server->password);
	if (server->n_sentinels)
		redis_sentinels_init(redis, server);
	return redis;
}

void redis_free(struct redis **redis)
{
	struct redis *gone = *redis;

	if (!gone)
		return;
	redis_link_drop(gone);
	redis_sentinels_release(gone);
	if (gone->password)
		secret_wipe(gone->password, strlen(gone->password));
	free(gone->password);
	free(gone->user);
	free(gone->host);
	free(gone->socket);
	free(gone);
	*redis = NULL;
}

void redis_deadline(struct redis *redis, int64_t mono_ms)
{
	redis->call.limit = mono_ms;
}

uint64_t redis_round_trips(const struct redis *redis)
{
	return redis->round_trips;
}

static bool is_error(const redisReply *reply, const char *code)
{
	return reply && reply->type == REDIS_REPLY_ERROR && text_starts(reply->str, code);
}

/* Errors after which another connection may do better, though not at once: failed over
 * or cut off from its replicas, not logged in, too many clients. */
static bool is_better_dropped(const redisReply *reply)
{
	static const char *const CODES[] = {"READONLY",	  "MASTERDOWN",
					    "NOREPLICAS", "NOAUTH",
					    "WRONGPASS",  "ERR max number of clients"};

	for (size_t i = 0; i < COUNT(CODES); i++)
		if (is_error(reply, CODES[i]))
			return true;
	return false;
}

/* Scripts are constants, so their address names them. */
static const char *sha_of(struct redis *redis, const struct redis_script *script)
{
	struct known_script *known = redis->known;

	for (size_t i = 0; i < redis->n_known; i++)
		if (known[i].script == script)
			return known[i].sha;
	INVARIANT(redis->n_known < REDIS_SCRIPTS_MAX);
	known += redis->n_known++;
	known->script = script;
	crypto_sha1_hex(script->lua, known->sha);
	return known->sha;
}

/* EVALSHA sha n key … arg …; NOSCRIPT, after a restart or SCRIPT FLUSH: EVAL with the
 * text, which the server then keeps. */
static redisReply *eval(struct redis *redis, const struct redis_script *script,
			struct redis_words *words)
{
	redisReply *reply = redis_link_ask(redis, script->name, words);

	if (!is_error(reply, "NOSCRIPT"))
		return reply;
	freeReplyObject(reply);
	words->word[0] = "EVAL";
	words->len[0] = strlen("EVAL");
	words->word[1] = script->lua;
	words->len[1] = strlen(script->lua);
	return redis_link_ask(redis, script->name, words);
}

/* True: copied to `*out`. */
static bool read_value(struct arena *arena, const redisReply *reply, const char **out)
{
	switch (reply->type) {
	case REDIS_REPLY_NIL:
		*out = NULL;
		return true;
	case REDIS_REPLY_INTEGER:
		*out = arena_printf(arena, "%lld", reply->integer);
		return true;
	case REDIS_REPLY_STRING:
	case REDIS_REPLY_STATUS:
		*out = arena_dupn(arena, reply->str, reply->len);
		return strlen(*out) == reply->len; /* no NUL inside */
	default:
		return false;
	}
}

static bool read_values(struct arena *arena, const redisReply *reply,
			struct redis_values *out)
{
	struct redis_values values = {.n = reply->elements};

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements > REDIS_VALUES_MAX)
		return false;
	for (size_t i = 0; i < values.n; i++)
		if (!read_value(arena, reply->element[i], &values.value[i]))
			return false;
	*out = values;
	return true;
}

static enum rc judge(struct redis *redis, const char *name, struct arena *arena,
		     const redisReply *reply, struct redis_values *out)
{
	if (reply->type == REDIS_REPLY_ERROR) {
		redis_link_failed(name, reply);
		if (is_better_dropped(reply)) {
			call_refused(&redis->call);
			redis_link_drop(redis);
		}
		return RC_DOWN;
	}
	if (read_values(arena, reply, out))
		return RC_OK;
	log_warn("redis_failed", "script", name, "message", "not a flat array of texts");
	return RC_DOWN;
}

enum rc redis_eval(struct redis *redis, const struct redis_script *script,
		   struct arena *arena, size_t n_keys, const char *const *keys,
		   size_t n_args, const char *const *args, struct redis_values *out)
{
	CLEANUP(redis_link_clear) redisReply *reply = NULL;
	struct redis_words words = {0};

	if (!redis_link_begin(redis))
		return RC_DOWN;
	redis_word(&words, "EVALSHA");
	redis_word(&words, sha_of(redis, script));
	redis_word(&words, arena_printf(arena, "%zu", n_keys));
	for (size_t i = 0; i < n_keys; i++)
		redis_word(&words, keys[i]);
	for (size_t i = 0; i < n_args; i++)
		redis_word(&words, args[i]);
	reply = eval(redis, script, &words);
	return reply ? judge(redis, script->name, arena, reply, out) : RC_DOWN;
}

enum rc redis_ping(struct redis *redis)
{
	struct redis_words words = {0};

	if (!redis_link_begin(redis))
		return RC_DOWN;
	redis_word(&words, "PING");
	return redis_link_expect(redis, &words, "PONG");
}

const char *redis_at(const struct redis *redis, struct arena *arena)
{
	if (redis->socket)
		return arena_dup(arena, redis->socket);
	if (!redis->host)
		return "";
	return arena_printf(arena, "%s port %d", redis->host, redis->port);
}

int64_t redis_int(const struct redis_values *values, size_t i)
{
	int64_t n = 0;

	INVARIANT(i < values->n);
	if (!values->value[i] || !text_number(values->value[i], INT64_MIN, INT64_MAX, &n))
		return 0;
	return n;
}
