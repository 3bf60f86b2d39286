/* Inside the adapter of hiredis: one connection, and asking it something by a deadline.
 */
#ifndef LIB_REDIS_LINK_H
#define LIB_REDIS_LINK_H

#include <hiredis/hiredis.h>

#include "lib/call.h"
#include "lib/redis.h"

enum { REDIS_SCRIPTS_MAX = 64, REDIS_WORDS_MAX = 64 };

struct known_script {
	const struct redis_script *script;
	char sha[41];
};

struct sentinels {
	size_t n, next; /* whom to ask first */
	struct redis_place *at;
	char *master, *password; /* no password: NULL */
};

struct redis {
	struct call call;
	char *socket, *host, *user, *password; /* or NULL */
	int port;
	struct sentinels sentinels; /* where they are, they say host and port */
	redisContext *context; /* NULL: not connected */
	uint64_t round_trips;
	size_t n_known;
	struct known_script known[REDIS_SCRIPTS_MAX];
};

/* The words of one command. */
struct redis_words {
	int n;
	const char *word[REDIS_WORDS_MAX];
	size_t len[REDIS_WORDS_MAX];
};

char *redis_link_copy(const char *text) MUST_USE; /* NULL gives NULL */
void redis_word(struct redis_words *words, const char *word);

/* Starts the clock of a call; connected, and as far as can be seen still so. False:
 * logged. Costs one poll(2) when all is well. */
bool redis_link_begin(struct redis *redis) MUST_USE;
void redis_link_drop(struct redis *redis);

/* NULL: no whole answer by the deadline; logged with `name`, and the connection dropped,
 * as whatever comes later would be taken for the answer to something else. */
redisReply *redis_link_ask(struct redis *redis, const char *name,
			   struct redis_words *words) MUST_USE;
/* A command whose answer is one known word. */
enum rc redis_link_expect(struct redis *redis, struct redis_words *words,
			  const char *status) MUST_USE;
void redis_link_failed(const char *name, const redisReply *reply); /* logs */
void redis_link_clear(redisReply **reply); /* fits CLEANUP() */

void redis_sentinels_init(struct redis *redis, const struct redis_server *server);
void redis_sentinels_release(struct redis *redis);
/* Asks them for host and port of the master, inside of the call that has begun. False:
 * none knows; logged. */
bool redis_sentinels_ask(struct redis *redis) MUST_USE;
/* The connection is to a master; logged if not. */
bool redis_sentinels_verify(struct redis *redis) MUST_USE;
/* What the last one said was of no use. */
void redis_sentinels_next(struct redis *redis);

#endif
