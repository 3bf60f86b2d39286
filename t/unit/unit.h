/* What the unit tests share: a runner, and memory with nothing behind it. */
#ifndef T_UNIT_UNIT_H
#define T_UNIT_UNIT_H

#include <check.h>

#include "lib/base.h"

/* Runs `tests`, each in its own process between `setup` and `teardown` (or NULL): all
 * must end by `signal` (0: as they should). Gives main()'s result. */
static inline int unit_run_fatal(const char *name, const TTest *const *tests, size_t n,
				 int signal, SFun setup, SFun teardown)
{
	Suite *suite = suite_create(name);
	TCase *group = tcase_create(name);
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(group, 60);
	tcase_add_checked_fixture(group, setup, teardown);
	for (size_t i = 0; i < n; i++)
		tcase_add_test_raise_signal(group, tests[i], signal);
	suite_add_tcase(suite, group);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static inline int unit_run(const char *name, const TTest *const *tests, size_t n,
			   SFun setup, SFun teardown)
{
	return unit_run_fatal(name, tests, n, 0, setup, teardown);
}

/* Whether this runs under valgrind (t/valgrind/run says so), which cannot do `what` or
 * takes hours for it. Told, for what is left out there is part of that record. */
static inline bool unit_valgrind_without(const char *what)
{
	if (!getenv("LATCHKEY_VALGRIND"))
		return false;
	fprintf(stderr, "left out under valgrind: %s\n", what);
	return true;
}

/* A copy of exactly that size, so that a sanitizer sees a byte read too many. */
static inline char *unit_exact(const char *bytes, size_t n)
{
	char *copy = malloc(n ? n : 1);

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, bytes, n);
	return copy;
}

#endif
