/* Does a mail server answer? */
#ifndef APP_CTL_GREETING_H
#define APP_CTL_GREETING_H

#include "lib/arena.h"

/* Connects and reads the greeting (RFC 5321 §3.1: 220) within 3 s; says nothing but QUIT.
 * NULL: it greets; else what happened instead. */
const char *greeting_problem(struct arena *arena, const char *host, int port) MUST_USE;

#endif
