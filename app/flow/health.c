#include "app/flow/health.h"

void health_look(struct context *c, struct health *out)
{
	bool partitions = false;

	out->postgres = ready_postgres(c, &partitions) == RC_OK;
	out->redis = ready_redis(c) == RC_OK;
	out->partitions = partitions;
}

bool health_figures(struct context *c, struct health_figures *out)
{
	return ready_figures(c, out) == RC_OK;
}
