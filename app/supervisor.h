/* `latchkeyd serve`: the sockets, the settings, and the workers of both pools. */
#ifndef APP_SUPERVISOR_H
#define APP_SUPERVISOR_H

#include "lib/base.h"

/* Runs until SIGTERM or SIGINT; SIGHUP takes a new configuration. The exit status. */
int supervisor_run(const char *conf_path) MUST_USE;

#endif
