#include "app/scoreboard.h"

const char *pool_name(enum pool pool)
{
	static const char *const names[] = {[POOL_FAST] = "fast", [POOL_SLOW] = "slow"};

	INVARIANT((size_t)pool < COUNT(names));
	return names[pool];
}
