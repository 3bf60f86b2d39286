/* The role `mail`: a parent that keeps its deliverers alive (app/deliverer.h). */
#ifndef APP_MAILER_H
#define APP_MAILER_H

#include "lib/base.h"

/* Runs until SIGTERM or SIGINT; the exit status of the process. SIGHUP takes a new
 * configuration with its letters and keys, or, when that is refused, keeps the old one.
 */
int mailer_run(const char *conf_path) MUST_USE;

#endif
