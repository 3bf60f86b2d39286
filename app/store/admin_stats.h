/* Figures for the administrator, counted exactly: on a large database this takes a while.
 */
#ifndef APP_STORE_ADMIN_STATS_H
#define APP_STORE_ADMIN_STATS_H

#include "app/context.h"
#include "lib/rc.h"

enum { ADMIN_STATS_MAX = 32 };

struct admin_stat {
	const char *name; /* snake_case */
	int64_t value;
};

enum rc admin_stats(struct context *c, struct admin_stat out[ADMIN_STATS_MAX],
		    size_t *n) MUST_USE;

#endif
