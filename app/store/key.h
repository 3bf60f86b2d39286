/* Names of Redis entries: lk:<purpose>:<hex HMAC>, so that no address or name is there.
 */
#ifndef APP_STORE_KEY_H
#define APP_STORE_KEY_H

#include "app/context.h"

char *store_key(struct context *c, const char *purpose, const char *what) MUST_USE;

#endif
