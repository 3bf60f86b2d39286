/* What a flow may reach. One a worker; the parts about the request are set anew for each.
 */
#ifndef APP_CONTEXT_H
#define APP_CONTEXT_H

#include "app/conf.h"
#include "app/keys.h"
#include "lib/arena.h"
#include "lib/pg.h"
#include "lib/redis.h"

/* The client of this request, from REMOTE_ADDR and its headers alone. */
struct client {
	const char *address; /* IPv4 or IPv6 text */
	const char *prefix; /* what limits count by: the address, or its /64 */
	const char *user_agent; /* at most 512 bytes; "" when none */
	const char *mobile; /* Sec-CH-UA-Mobile; "" when none */
};

struct context {
	struct arena *arena;
	struct pg *pg;
	struct redis *redis;
	const struct conf *conf;
	const struct keys *keys;
	struct token_cache *tokens; /* NULL: none is kept */
	struct issuer_cache *issuers; /* the worker's; NULL in other processes */
	/* To ask others, in workers of `latchkeyd outside` alone; else NULL */
	struct fetch *fetch;
	const struct gate *gate; /* app/provider/gate.h */
	const struct scoreboard *board; /* a worker's; NULL in other processes */
	int64_t now_ms; /* real time of the request's start */
	int64_t stores_by; /* app/store/deadline.h; monotonic ms */
	const char *request_id;
	const char *actor; /* who does it, for the audit trail: user, ctl, client:ID */
	struct client client;
	int64_t retry_after_s; /* set with the errors that carry Retry-After */
};

#endif
