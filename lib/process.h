/* What every process of ours does the same way. */
#ifndef LIB_PROCESS_H
#define LIB_PROCESS_H

#include <signal.h>
#include <sys/types.h>

#include "lib/base.h"

/* The start of every process: umask 027, no core, not dumpable, standard descriptors
 * open, locale C.UTF-8, time zone UTC, SIGPIPE ignored. Called first in main(). */
void process_start(void);
/* In a child: dies with its parent (prctl PDEATHSIG SIGKILL; ends at once when the parent
 * is gone already), a title for ps, no signal blocked. Handlers are the default ones, but
 * SIGINT and SIGHUP are ignored: a terminal sends them to the whole group, and what they
 * mean is the parent's to decide. The title overwrites the arguments of main(). */
void process_child(pid_t parent, const char *title);

/* A flag set by each of the signals (SIGINT sets that of SIGTERM); the handler is
 * installed without SA_RESTART for SIGTERM and SIGINT, with it for the others. */
extern volatile sig_atomic_t process_got_term, process_got_hup, process_got_child;
void process_catch(const int *signals, size_t n);

/* Makes a directory of mode 0750 and group `group` ("" or NULL: ours) unless it is there.
 * False: `*why` says why. */
bool process_directory(const char *path, const char *group, const char **why) MUST_USE;
/* A listening, non-blocking, close-on-exec unix socket at `path`, mode 0660 and group
 * `group` ("" or NULL: ours), replacing a dead one. -1: `*why` says why. */
int process_listen(const char *path, const char *group, int backlog,
		   const char **why) MUST_USE;
/* The descriptor of a listening unix socket that systemd passed under `name`
 * (sd_listen_fds(3)), made non-blocking; -1: none. */
int process_inherited(const char *name) MUST_USE;
/* sd_notify(3); does nothing outside systemd. */
void process_notify(const char *state);
/* Milliseconds within which systemd wants to hear WATCHDOG=1 again; 0: it does not. */
int64_t process_watchdog_ms(void) MUST_USE;
/* Zeroed memory shared with the children, never moved. */
void *process_shared(size_t bytes) MUST_USE;

#endif
