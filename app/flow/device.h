/* What kind of device a client says it is: a hint for people, never a basis for trust. */
#ifndef APP_FLOW_DEVICE_H
#define APP_FLOW_DEVICE_H

#include "app/context.h"

/* "pc", "mobile" or "tablet": by Sec-CH-UA-Mobile where it says ?1, else by the user
 * agent. */
const char *device_type(const struct client *client) MUST_USE;

#endif
