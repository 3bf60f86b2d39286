#include "lib/redis_link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include "lib/log.h"

/* A server that had this long and said nothing counts as dead. */
enum { FAIR_MS = REDIS_CALL_MS / 2 };

/* The longest answers are those to ROLE: an element for each replica. */
enum { REDIS_ELEMENTS_MAX = 1024 };

static redisReplyObjectFunctions *hiredis; /* what it makes answers with */

char *redis_link_copy(const char *text)
{
	char *out = text ? strdup(text) : NULL;

	INVARIANT(!text || out);
	return out;
}

void redis_link_drop(struct redis *redis)
{
	if (redis->context)
		redisFree(redis->context);
	redis->context = NULL;
	redis->call.server = 0;
}

void redis_link_clear(redisReply **reply)
{
	if (*reply)
		freeReplyObject(*reply);
	*reply = NULL;
}

void redis_word(struct redis_words *words, const char *word)
{
	INVARIANT(words->n < REDIS_WORDS_MAX && word);
	words->word[words->n] = word;
	words->len[words->n++] = strlen(word);
}

enum waited { WAITED_OK, WAITED_LATE, WAITED_LOST };

static enum waited transmit(struct redis *redis)
{
	redisContext *context = redis->context;
	int done = 0;

	for (;;) {
		if (redisBufferWrite(context, &done) != REDIS_OK)
			return WAITED_LOST;
		if (done)
			return WAITED_OK;
		if (!call_wait(&redis->call, context->fd, POLLOUT))
			return WAITED_LATE;
	}
}

static enum waited receive(struct redis *redis, redisReply **out)
{
	redisContext *context = redis->context;
	void *reply = NULL;

	while (!reply) {
		if (!call_wait(&redis->call, context->fd, POLLIN))
			return WAITED_LATE;
		if (redisBufferRead(context) != REDIS_OK ||
		    redisGetReplyFromReader(context, &reply) != REDIS_OK)
			return WAITED_LOST;
	}
	*out = reply;
	return WAITED_OK;
}

redisReply *redis_link_ask(struct redis *redis, const char *name,
			   struct redis_words *words)
{
	redisReply *reply = NULL;
	enum waited waited = WAITED_LOST;

	if (redisAppendCommandArgv(redis->context, words->n, words->word, words->len) ==
	    REDIS_OK)
		waited = transmit(redis);
	if (waited == WAITED_OK)
		waited = receive(redis, &reply);
	if (waited == WAITED_OK) {
		redis->round_trips++;
		breaker_good(redis->call.breaker);
		return reply;
	}
	if (waited == WAITED_LATE) {
		log_warn("redis_late", "script", name, "waited_ms",
			 log_number(redis->call.until - redis->call.began));
		call_late(&redis->call, FAIR_MS);
	} else {
		log_warn("redis_lost", "script", name, "message", redis->context->errstr);
	}
	redis_link_drop(redis);
	return NULL;
}

/* Redis quotes the arguments of a command it does not know. */
void redis_link_failed(const char *name, const redisReply *reply)
{
	bool quotes = strstr(reply->str, "with args") != NULL;

	log_warn("redis_failed", "script", name, "message",
		 quotes ? "unknown command" : reply->str);
}

static bool is_status(const redisReply *reply, const char *text)
{
	return reply->type == REDIS_REPLY_STATUS && !strcmp(reply->str, text);
}

enum rc redis_link_expect(struct redis *redis, struct redis_words *words,
			  const char *status)
{
	CLEANUP(redis_link_clear)
	redisReply *reply = redis_link_ask(redis, words->word[0], words);

	if (!reply)
		return RC_DOWN;
	if (is_status(reply, status))
		return RC_OK;
	if (reply->type == REDIS_REPLY_ERROR)
		redis_link_failed(words->word[0], reply);
	else
		log_warn("redis_failed", "script", words->word[0], "message",
			 "not the kind of answer expected");
	redis_link_drop(redis);
	return RC_DOWN;
}

static enum rc authenticate(struct redis *redis)
{
	struct redis_words words = {0};

	if (!redis->password)
		return RC_OK;
	redis_word(&words, "AUTH");
	if (redis->user)
		redis_word(&words, redis->user);
	redis_word(&words, redis->password);
	return redis_link_expect(redis, &words, "OK");
}

/* Over TCP the refusal comes later than the call. */
static bool is_connected(struct redis *redis)
{
	redisContext *context = redis->context;
	int error = ETIMEDOUT;
	socklen_t len = sizeof error;

	if (context->err || redis->socket)
		return !context->err;
	if (call_wait(&redis->call, context->fd, POLLOUT))
		getsockopt(context->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	else
		call_late(&redis->call, FAIR_MS);
	snprintf(context->errstr, sizeof context->errstr, "%s", strerrordesc_np(error));
	return error == 0;
}

/* hiredis takes memory for as many elements as a server says will come, and goes through
 * all of it in the end: seconds for an answer of a few bytes. */
static void *make_array(const redisReadTask *task, int elements)
{
	return elements <= REDIS_ELEMENTS_MAX ? hiredis->createArray(task, elements)
					      : NULL;
}

static void bound_answers(redisReader *reader)
{
	static redisReplyObjectFunctions bounded;

	if (!hiredis) {
		hiredis = reader->fn;
		bounded = *hiredis;
		bounded.createArray = make_array;
	}
	reader->fn = &bounded;
}

static bool open_at(struct redis *redis)
{
	redisContext *context = redis->socket
					? redisConnectUnixNonBlock(redis->socket)
					: redisConnectNonBlock(redis->host, redis->port);

	INVARIANT(context);
	bound_answers(context->reader);
	redis->context = context;
	if (!is_connected(redis)) {
		log_warn("redis_refused", "host", redis->host, "port",
			 redis->host ? log_number(redis->port) : NULL, "message",
			 context->errstr);
		return false;
	}
	fcntl(context->fd, F_SETFD, FD_CLOEXEC);
	return true;
}

/* What a sentinel said may have been true a moment ago: the next one is asked next. */
static bool reach_master(struct redis *redis)
{
	if (!redis_sentinels_ask(redis))
		return false;
	if (open_at(redis) && authenticate(redis) == RC_OK &&
	    redis_sentinels_verify(redis)) {
		call_chose(&redis->call, redis->host, log_number(redis->port));
		return true;
	}
	redis_sentinels_next(redis);
	return false;
}

static bool connect_to(struct redis *redis)
{
	bool done = redis->sentinels.n ? reach_master(redis)
				       : open_at(redis) && authenticate(redis) == RC_OK;

	if (!done) {
		call_refused(&redis->call);
		redis_link_drop(redis);
		return false;
	}
	call_connected(&redis->call);
	log_debug("redis_connected");
	return true;
}

/* Redis says nothing unasked: what can be read between calls is the end. */
bool redis_link_begin(struct redis *redis)
{
	bool given_up;

	if (!call_begin(&redis->call, REDIS_CALL_MS)) {
		log_debug("redis_not_tried", "reason", "deadline");
		return false;
	}
	/* Where another process found this server hung, the sentinels may have replaced
	 * it */
	given_up = call_given_up(&redis->call);
	if (redis->context && (given_up || call_readable(redis->context->fd))) {
		log_info("redis_reconnecting");
		redis_link_drop(redis);
	}
	if (!redis->context && !call_may_connect(&redis->call)) {
		log_debug("redis_not_tried", "reason",
			  "pause after a refused connection");
		return false;
	}
	if (!call_allowed(&redis->call)) {
		log_debug("redis_not_tried", "reason", "breaker");
		return false;
	}
	return redis->context || connect_to(redis);
}
