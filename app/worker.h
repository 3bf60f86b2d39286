/* A worker: one request at a time, for ever. The order of a request is decided here. */
#ifndef APP_WORKER_H
#define APP_WORKER_H

#include "app/conf.h"
#include "app/keys.h"
#include "app/pool.h"
#include "app/scoreboard.h"

struct worker {
	const struct conf *conf;
	struct keys *keys; /* as of its birth; it frees them */
	uint64_t keys_version; /* the board's, that they are of */
	unsigned key_uses; /* that keys_load() is told are needed */
	enum pool pool;
	int listen_fd; /* -1: of a pool without a socket */
	struct scoreboard *board;
	size_t slot; /* ours on the board */
};

/* Runs in the child, after process_child(), until SIGTERM or enough requests; the exit
 * status of the process. */
int worker_run(const struct worker *worker) MUST_USE;

#endif
