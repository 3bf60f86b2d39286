#include "lib/breaker.h"

#include "lib/clock.h"

bool breaker_allows(struct breaker *breaker)
{
	int64_t retry_at, now;

	if (!breaker)
		return true;
	retry_at = atomic_load_explicit(&breaker->retry_at, memory_order_relaxed);
	if (retry_at == 0)
		return true;
	now = clock_mono_ms();
	if (now < retry_at)
		return false;
	return atomic_compare_exchange_strong(&breaker->retry_at, &retry_at,
					      now + BREAKER_OPEN_MS);
}

void breaker_good(struct breaker *breaker)
{
	/* Read first: a store would take the cache line from the other processes */
	if (breaker &&
	    atomic_load_explicit(&breaker->retry_at, memory_order_relaxed) != 0)
		atomic_store(&breaker->retry_at, 0);
}

void breaker_bad(struct breaker *breaker)
{
	if (breaker)
		atomic_store(&breaker->retry_at, clock_mono_ms() + BREAKER_OPEN_MS);
}
