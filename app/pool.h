/* The kinds of processes that a supervisor keeps. */
#ifndef APP_POOL_H
#define APP_POOL_H

#include "app/conf.h"

struct worker;

enum pool {
	POOL_FAST,
	POOL_SLOW,
	POOL_OUTSIDE,
	POOL_REFRESHER, /* answers nobody: of itself it fetches what others read */
	POOL_COUNT
};

struct pool_row {
	const char *name; /* in logs, and of the socket */
	const char *title; /* for ps(1) */
	bool listens;
	int (*run)(const struct worker *worker); /* in the child; its exit status */
	/* Busy for longer, it is stuck; 0: as server.request_timeout_s has it */
	int64_t stuck_ms;
};

const struct pool_row *pool_row(enum pool pool) MUST_USE;
const char *pool_name(enum pool pool) MUST_USE;
/* Processes of that pool by the settings, or by the machine. */
size_t pool_size(const struct conf *conf, enum pool pool) MUST_USE;

#endif
