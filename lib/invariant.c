#include "lib/base.h"

#include "lib/log.h"

_Noreturn void invariant_broken(const char *file, int line, const char *condition)
{
	log_error("invariant_broken", "file", file, "line", log_number(line), "condition",
		  condition);
	abort();
}
