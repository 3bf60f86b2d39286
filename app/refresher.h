/* The one process of `latchkeyd outside` that fetches what outside issuers and providers
 * publish, into PostgreSQL (store/issuers.h). All others only read it there. */
#ifndef APP_REFRESHER_H
#define APP_REFRESHER_H

#include "app/worker.h"

/* One issuer takes 3 s at most and what is written down about it 1 s. */
enum { REFRESHER_STUCK_MS = 10000 };

/* Runs in the child, as worker_run() does, until SIGTERM. */
int refresher_run(const struct worker *worker) MUST_USE;

#endif
