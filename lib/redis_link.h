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

struct redis {
	struct call call;
	char *socket, *host, *user, *password; /* or NULL */
	int port;
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

#endif
