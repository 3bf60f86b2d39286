#include "lib/breaker.h"

#include "lib/clock.h"

bool breaker_is_open(const struct breaker *breaker)
{
	return breaker &&
	       atomic_load_explicit(&breaker->retry_at, memory_order_relaxed) != 0;
}

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

bool breaker_is_shut(const struct breaker *breaker)
{
	return breaker && clock_mono_ms() < atomic_load_explicit(&breaker->retry_at,
								 memory_order_relaxed);
}

void breaker_good(struct breaker *breaker)
{
	/* Read first: a store would take the cache line from the other processes */
	if (breaker_is_open(breaker))
		atomic_store(&breaker->retry_at, 0);
}

void breaker_open(struct breaker *breaker, int64_t ms)
{
	if (breaker)
		atomic_store(&breaker->retry_at, clock_mono_ms() + ms);
}

bool breaker_tell(struct breaker *breaker, uint64_t *seen, uint32_t server)
{
	uint64_t before = *seen, now = ((before >> 32) + 1) << 32 | server;

	if (!atomic_compare_exchange_strong(&breaker->hung, &before, now))
		return false;
	*seen = now;
	return true;
}

void breaker_bad(struct breaker *breaker)
{
	breaker_open(breaker, BREAKER_OPEN_MS);
}
