/* The one user of hiredis: Lua scripts by EVALSHA, a deadline on every whole call, a
 * connection that comes back by itself. */
#ifndef LIB_REDIS_H
#define LIB_REDIS_H

#include <netinet/in.h>

#include "lib/arena.h"
#include "lib/rc.h"

struct redis;
struct breaker;

struct redis_server {
	const char *socket; /* path of a unix socket, or NULL: host and port */
	const char *host;
	int port;
	const char *user, *password; /* NULL: no AUTH */
	/* Where there are sentinels, the server is the master that they call `master`:
	 * each new connection asks them in turn, and goes to no replica. */
	size_t n_sentinels;
	const char *const *sentinels; /* as redis_place_read() takes them */
	const char *master, *sentinel_password; /* NULL: no AUTH */
};

struct redis_place {
	char host[INET6_ADDRSTRLEN];
	int port;
};

/* ADDRESS:PORT, an IPv6 one in brackets; no names. */
bool redis_place_read(const char *text, struct redis_place *out) MUST_USE;

/* A constant. Scripts return one flat array of integers and strings. */
struct redis_script {
	const char *name;
	const char *lua;
};

enum { REDIS_VALUES_MAX = 12 };

/* Integers come as their decimal text; a nil as NULL. */
struct redis_values {
	size_t n;
	const char *value[REDIS_VALUES_MAX];
};

/* Copies `server`. Nothing is connected before the first call. `host` is an address:
 * looking up a name has no deadline. SIGPIPE must be ignored. The caller owns it. */
struct redis *redis_new(const struct redis_server *server,
			struct breaker *breaker) MUST_USE;
void redis_free(struct redis **redis);

/* Every call ends by then (monotonic ms; 0: no such time) or after REDIS_CALL_MS. */
enum { REDIS_CALL_MS = 500 };
void redis_deadline(struct redis *redis, int64_t mono_ms);

/* RC_OK, or RC_DOWN for everything that is not a usable answer (also OOM, READONLY,
 * LOADING, MISCONF, NOPERM), logged here; whether the script ran is then unknown. Values
 * are in the arena; `*out` is untouched on failure. */
enum rc redis_eval(struct redis *redis, const struct redis_script *script,
		   struct arena *arena, size_t n_keys, const char *const *keys,
		   size_t n_args, const char *const *args,
		   struct redis_values *out) MUST_USE;
#define REDIS_TEXTS(...)                                                                 \
	(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)),                   \
		(const char *const[])                                                    \
	{                                                                                \
		__VA_ARGS__                                                              \
	}

enum rc redis_ping(struct redis *redis) MUST_USE;
/* Where it is: the socket, or host and port; "" while no sentinel has said. */
const char *redis_at(const struct redis *redis, struct arena *arena) MUST_USE;
uint64_t redis_round_trips(const struct redis *redis);
/* `i` is below `n`: our scripts say how many they return */
int64_t redis_int(const struct redis_values *values,
		  size_t i) MUST_USE; /* NULL, bad: 0 */

#endif
