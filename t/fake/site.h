/* A place where a supervisor of t/fake/supervised.c's workers runs, and what one asks
 * there: 2 fast workers and 1 slow one. Every test has its own. */
#ifndef T_FAKE_SITE_H
#define T_FAKE_SITE_H

#include <sys/types.h>

#include "lib/base.h"

enum { SITE_PATIENCE_MS = 10000, SITE_WORKERS = 3 };

extern pid_t site_supervisor; /* 0: none */
extern int site_fast_workers; /* for the next site_write_conf() */
extern int (*site_role)(const char *conf_path); /* of the supervisor: serve */
extern char site_text[4096]; /* the last answer */

void site_enter(void);
void site_leave(void);

const char *
site_in_dir(const char *name) MUST_USE; /* lives until three more are asked for */
void site_write_file(const char *name, const char *fmt, ...) PRINTF(2, 3);
/* `conf`, with that service name and `more` lines in [server] */
void site_write_conf(const char *service, const char *more);

/* Runs the supervisor in a child, up to its `ready` in `log`, and to its exit with 0. */
void site_start(void);
void site_stop(void);
int site_wait_exit(void); /* its status; 128 and the signal */
size_t site_count_children(pid_t not_this_one) MUST_USE; /* 100 when that one is there */
bool site_is_running(pid_t pid) MUST_USE;

const char *site_log_so_far(void);
size_t site_count_logged(const char *part);
void site_wait_logged(const char *part, size_t times);

/* The pid of the fast worker that answered; 0: no whole answer */
pid_t site_ask(const char *uri);
/* Clients of their own: one request, or one after the other until `keys/bad` is there */
pid_t site_ask_aside(const char *uri);
pid_t site_ask_on(void);
bool site_was_answered(pid_t client); /* all of it; waits */

#endif
