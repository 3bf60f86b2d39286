/* What the first process of every role does the same way. */
#ifndef APP_ROLE_H
#define APP_ROLE_H

#include <signal.h>

#include "app/conf.h"

/* From now on TERM, INT, HUP and CHLD are not let in but taken one by one by
 * sigtimedwait(2) with `signals`: no handler, no race. */
void role_block_signals(sigset_t *signals);
void role_log_level(const struct conf *conf);
void role_notify_reloading(void); /* to be followed by READY=1 */

/* Tells systemd that we live, when it wants to know by then. `*last` is ours to keep (0
 * at first; monotonic ms). */
void role_pat_watchdog(int64_t *last);
/* Not longer than the watchdog lets us sleep. */
int64_t role_wait_ms(int64_t ms) MUST_USE;

#endif
