#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/breaker.h"
#include "lib/clock.h"
#include "t/unit/unit.h"

START_TEST(closed_lets_through)
{
	struct breaker breaker = {0};

	ck_assert(breaker_allows(NULL));
	breaker_good(NULL);
	breaker_bad(NULL);
	for (int i = 0; i < 3; i++)
		ck_assert(breaker_allows(&breaker));
	breaker_good(&breaker);
	ck_assert(breaker_allows(&breaker));
}
END_TEST

START_TEST(open_lets_one_try)
{
	struct breaker breaker = {0};

	ck_assert(!breaker_is_shut(NULL) && !breaker_is_shut(&breaker));
	breaker_bad(&breaker);
	ck_assert(!breaker_allows(&breaker));
	ck_assert(breaker_is_shut(&breaker));
	atomic_store(&breaker.retry_at, clock_mono_ms() - 1);
	ck_assert(!breaker_is_shut(&breaker));
	ck_assert(breaker_allows(&breaker));
	ck_assert(breaker_is_shut(&breaker));
	ck_assert(!breaker_allows(&breaker));
	breaker_good(&breaker);
	ck_assert(breaker_allows(&breaker));
	ck_assert(breaker_allows(&breaker));
}
END_TEST

START_TEST(opens_for_its_time)
{
	struct breaker breaker = {0};
	int64_t before = clock_mono_ms(), retry_at;

	breaker_bad(&breaker);
	retry_at = atomic_load(&breaker.retry_at);
	ck_assert_int_ge(retry_at, before + BREAKER_OPEN_MS);
	ck_assert_int_le(retry_at, clock_mono_ms() + BREAKER_OPEN_MS);
}
END_TEST

/* All start at the same time, when the breaker's is just over */
static int child_tries(struct breaker *breaker, int64_t start)
{
	int allowed = 0;

	while (clock_mono_ms() < start)
		continue;
	for (int i = 0; i < 1000; i++)
		allowed += breaker_allows(breaker);
	return allowed;
}

START_TEST(one_of_many_processes)
{
	enum { CHILDREN = 8 };
	struct breaker *breaker = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t children[CHILDREN];
	int64_t start = clock_mono_ms() + 50;
	int allowed = 0, status;

	ck_assert(breaker != MAP_FAILED);
	atomic_store(&breaker->retry_at, start);
	for (int i = 0; i < CHILDREN; i++) {
		children[i] = fork();
		if (children[i] == 0)
			_exit(child_tries(breaker, start));
	}
	for (int i = 0; i < CHILDREN; i++) {
		ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
		ck_assert(WIFEXITED(status));
		allowed += WEXITSTATUS(status);
	}
	/* One each time it is over, and a busy machine may take longer than that */
	ck_assert_int_ge(allowed, 1);
	ck_assert_int_le(allowed, 1 + (clock_mono_ms() - start) / BREAKER_OPEN_MS);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {closed_lets_through, open_lets_one_try,
				      opens_for_its_time, one_of_many_processes};

	return unit_run("breaker", tests, COUNT(tests), NULL, NULL);
}
