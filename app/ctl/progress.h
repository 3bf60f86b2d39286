/* How far a long command has come, on stderr: a bar on a terminal, else a line now and
 * then. */
#ifndef APP_CTL_PROGRESS_H
#define APP_CTL_PROGRESS_H

#include "lib/base.h"

struct progress {
	const char *what; /* "rows read" */
	int64_t done, total; /* of what is measured; total 0: unknown */
	int64_t count; /* of what is counted */
	int64_t began, shown; /* monotonic ms */
	bool terminal, any;
};

void progress_begin(struct progress *progress, const char *what, int64_t total);
/* `done` of the total by now, `count` of what it is said in. */
void progress_step(struct progress *progress, int64_t done, int64_t count);
void progress_end(struct progress *progress);

#endif
