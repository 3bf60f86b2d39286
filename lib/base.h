/* What every file of the tree may lean on: attributes, sizes, and promises that abort. */
#ifndef LIB_BASE_H
#define LIB_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/banned.h"

#define MUST_USE	  __attribute__((warn_unused_result))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define SENTINEL	  __attribute__((sentinel))
#define UNUSED		  __attribute__((unused))
#define COUNT(array)	  (sizeof(array) / sizeof *(array))
/* What knows no cleanup functions is told otherwise: t/analyze/cppcheck.cfg */
#ifndef CLEANUP
#define CLEANUP(release) __attribute__((cleanup(release)))
#endif

/* Always on. A promise of ours that does not hold ends the process; the supervisor
 * starts another. Never used on what a client or a store sent. */
#define INVARIANT(condition)                                                             \
	do {                                                                             \
		if (!(condition))                                                        \
			invariant_broken(__FILE__, __LINE__, #condition);                \
	} while (0)

_Noreturn void invariant_broken(const char *file, int line, const char *condition);

#endif
