/* Redis Sentinel, as its "Guidelines for Redis clients" have it: ask for the master at
 * each connection, and believe no server that does not call itself one. */
#include <arpa/inet.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/redis_link.h"
#include "lib/secret.h"
#include "lib/text.h"

static bool is_address(int family, const char *host)
{
	uint8_t address[sizeof(struct in6_addr)];

	return inet_pton(family, host, address) == 1;
}

static bool read_port(const char *text, int *out)
{
	int64_t port;

	if (!text_number(text, 1, UINT16_MAX, &port))
		return false;
	*out = (int)port;
	return true;
}

bool redis_place_read(const char *text, struct redis_place *out)
{
	const char *colon = strrchr(text, ':');
	bool in_brackets = colon && *text == '[' && colon[-1] == ']';
	struct redis_place place = {.port = 0};
	size_t n;

	if (!colon)
		return false;
	n = (size_t)(colon - text) - 2 * in_brackets;
	if (n >= sizeof place.host || !read_port(colon + 1, &place.port))
		return false;
	memcpy(place.host, text + in_brackets, n);
	if (!is_address(in_brackets ? AF_INET6 : AF_INET, place.host))
		return false;
	*out = place;
	return true;
}

void redis_sentinels_init(struct redis *redis, const struct redis_server *server)
{
	struct sentinels *all = &redis->sentinels;

	all->n = server->n_sentinels;
	all->at = calloc(all->n, sizeof *all->at);
	INVARIANT(all->at && server->master);
	for (size_t i = 0; i < all->n; i++)
		INVARIANT(redis_place_read(server->sentinels[i], &all->at[i]));
	all->master = redis_link_copy(server->master);
	all->password = redis_link_copy(server->sentinel_password);
}

void redis_sentinels_release(struct redis *redis)
{
	struct sentinels *all = &redis->sentinels;

	if (all->password)
		secret_wipe(all->password, strlen(all->password));
	free(all->password);
	free(all->master);
	free(all->at);
}

void redis_sentinels_next(struct redis *redis)
{
	redis->sentinels.next = (redis->sentinels.next + 1) % redis->sentinels.n;
}

/* [ADDRESS, PORT]; a nil where it knows no such master; a name with
 * `sentinel announce-hostnames`. */
static bool read_master(const redisReply *reply, struct redis_place *out)
{
	struct redis_place place = {.port = 0};
	const char *host;

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
	    reply->element[0]->type != REDIS_REPLY_STRING ||
	    reply->element[1]->type != REDIS_REPLY_STRING)
		return false;
	host = reply->element[0]->str;
	if (!is_address(AF_INET, host) && !is_address(AF_INET6, host))
		return false;
	snprintf(place.host, sizeof place.host, "%s", host);
	if (!read_port(reply->element[1]->str, &place.port))
		return false;
	*out = place;
	return true;
}

static bool ask_for_master(struct redis *sentinel, const char *name,
			   struct redis_place *out)
{
	CLEANUP(redis_link_clear) redisReply *reply = NULL;
	struct redis_words words = {0};

	redis_word(&words, "SENTINEL");
	redis_word(&words, "get-master-addr-by-name");
	redis_word(&words, name);
	reply = redis_link_ask(sentinel, "sentinel", &words);
	if (!reply)
		return false;
	if (read_master(reply, out))
		return true;
	if (reply->type == REDIS_REPLY_ERROR)
		redis_link_failed("sentinel", reply);
	else
		log_warn("redis_failed", "script", "sentinel", "message",
			 reply->type == REDIS_REPLY_NIL ? "knows no such master"
							: "told no address");
	return false;
}

/* It has no breaker: while none of them answers, connections that are there go on. */
static bool ask_one(struct redis *redis, int64_t until, struct redis_place *out)
{
	struct sentinels *all = &redis->sentinels;
	struct redis sentinel = {
		.call = {.limit = until},
		.host = all->at[all->next].host,
		.port = all->at[all->next].port,
		.password = all->password,
	};
	bool known = redis_link_begin(&sentinel) &&
		     ask_for_master(&sentinel, all->master, out);

	redis_link_drop(&sentinel);
	return known;
}

static void move_to(struct redis *redis, const struct redis_place *place)
{
	if (redis->host && !strcmp(redis->host, place->host) &&
	    redis->port == place->port)
		return;
	free(redis->host);
	redis->host = redis_link_copy(place->host);
	redis->port = place->port;
	log_info("redis_master", "host", redis->host, "port", log_number(redis->port));
}

bool redis_sentinels_ask(struct redis *redis)
{
	/* As much for each of them as for the master itself */
	int64_t left = redis->call.until - clock_mono_ms();
	int64_t share = left / (int64_t)(redis->sentinels.n + 1);
	struct redis_place place;

	for (size_t i = 0; i < redis->sentinels.n; i++) {
		if (ask_one(redis, clock_mono_ms() + share, &place)) {
			move_to(redis, &place);
			return true;
		}
		redis_sentinels_next(redis);
	}
	log_warn("redis_master_unknown", "master", redis->sentinels.master);
	return false;
}

bool redis_sentinels_verify(struct redis *redis)
{
	CLEANUP(redis_link_clear) redisReply *reply = NULL;
	struct redis_words words = {0};

	redis_word(&words, "ROLE");
	reply = redis_link_ask(redis, words.word[0], &words);
	if (!reply)
		return false;
	if (reply->type == REDIS_REPLY_ERROR) {
		redis_link_failed(words.word[0], reply);
		return false;
	}
	if (reply->type == REDIS_REPLY_ARRAY && reply->elements > 0 &&
	    reply->element[0]->type == REDIS_REPLY_STRING &&
	    !strcmp(reply->element[0]->str, "master"))
		return true;
	log_warn("redis_not_master", "host", redis->host, "port",
		 log_number(redis->port));
	return false;
}
