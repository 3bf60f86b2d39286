/* What the targets share. A target is one file that defines LLVMFuzzerTestOneInput(), as
 * libFuzzer has it: whatever the bytes are, what it says with INVARIANT() holds. `make
 * fuzz` links it with libFuzzer, `make replay` with replay.c. */
#ifndef T_FUZZ_FUZZ_H
#define T_FUZZ_FUZZ_H

#include "lib/arena.h"
#include "lib/log.h"
#include "lib/text.h"

enum { FUZZ_ARENA_BYTES = 32 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* Memory for one input: what the one before took is gone. */
static inline struct arena *fuzz_arena(void)
{
	static struct arena *arena;

	if (!arena) {
		arena = arena_new(FUZZ_ARENA_BYTES);
		log_open("fuzz", LOG_LEVEL_ERROR); /* what is refused is logged, too */
	}
	arena_reset(arena);
	return arena;
}

/* The input as text, which ends at its first NUL; with nothing behind it. */
static inline char *fuzz_text(struct arena *arena, const uint8_t *bytes, size_t n)
{
	return arena_dupn(arena, bytes, strnlen((const char *)bytes, n));
}

/* The next line of `*text`, which moves behind it; "" when there is none left. */
static inline char *fuzz_line(char **text)
{
	char *line = *text, *end = line + strcspn(line, "\n");

	*text = *end ? end + 1 : end;
	*end = '\0';
	return line;
}

static inline bool fuzz_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

#endif
