/* Can the service do its work? */
#ifndef APP_FLOW_HEALTH_H
#define APP_FLOW_HEALTH_H

#include "app/context.h"

struct health {
	bool postgres, redis; /* they answer */
	bool partitions; /* next month's are there; only known when postgres */
};

void health_look(struct context *c, struct health *out);

#endif
