/* Login history. */
#ifndef APP_STORE_HISTORY_H
#define APP_STORE_HISTORY_H

#include "app/context.h"
#include "lib/rc.h"

/* Writes down a failed attempt; nothing is written for a user that does not exist, by the
 * same statement. RC_OK also then. */
enum rc history_failure(struct context *c, const char *user_id, const char *method,
			const char *device_type) MUST_USE;

#endif
