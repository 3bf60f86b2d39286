/* Login history. */
#ifndef APP_STORE_HISTORY_H
#define APP_STORE_HISTORY_H

#include "app/context.h"
#include "app/page.h"
#include "lib/rc.h"

/* Writes down a failed attempt, of a user or of CODES_NOBODY; of one that was deleted
 * meanwhile nothing. RC_OK also then. */
enum rc history_failure(struct context *c, const char *user_id, const char *method,
			const char *device_type) MUST_USE;

struct history_row {
	const char *id, *user_agent, *ip, *device_type, *method;
	int64_t created_at; /* real ms */
	bool success;
};

/* Newest first. */
enum rc history_list(struct context *c, const char *user_id, const struct page *page,
		     struct history_row **out, struct page_found *found) MUST_USE;

#endif
