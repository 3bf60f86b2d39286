/* Can the service do its work? */
#ifndef APP_FLOW_HEALTH_H
#define APP_FLOW_HEALTH_H

#include "app/store/ready.h"

struct health {
	bool postgres, redis; /* they answer */
	bool partitions; /* next month's are there; only known when postgres */
};

void health_look(struct context *c, struct health *out);

/* How much there is to do, and how much is there. False: PostgreSQL does not answer. */
bool health_figures(struct context *c, struct health_figures *out) MUST_USE;

#endif
