/* `latchkeyd serve` and `latchkeyd outside`: the sockets, the settings, and the workers
 * of their pools. */
#ifndef APP_SUPERVISOR_H
#define APP_SUPERVISOR_H

#include "lib/base.h"

/* Run until SIGTERM or SIGINT; SIGHUP takes a new configuration. The exit status. */
int supervisor_serve(const char *conf_path) MUST_USE;
int supervisor_outside(const char *conf_path) MUST_USE;

#endif
