#include "lib/arena.h"

#include <sys/mman.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, n)   ((void)0)
#define ASAN_UNPOISON_MEMORY_REGION(at, n) ((void)0)
#endif

enum {
	ALIGN = 16,
	PAGE = 4096,
	/* What a reset leaves resident; more was an exception and goes back to the system
	 */
	KEEP = 256 * 1024,
	SMALL = 128, /* of texts that are printed: their bytes on the stack */
#ifdef __SANITIZE_ADDRESS__
	GAP = 16, /* poisoned, so that running off a piece is seen */
#else
	GAP = 0,
#endif
};

/* Lies at the start of its own mapping; `size` and `used` count what follows it. */
struct arena {
	size_t mapped, size, used;
	char *base;
};

static size_t round_up(size_t n, size_t unit)
{
	return (n + unit - 1) / unit * unit;
}

struct arena *arena_new(size_t bytes)
{
	size_t head = round_up(sizeof(struct arena), ALIGN);
	size_t mapped;
	struct arena *arena;
	void *map;

	INVARIANT(bytes > 0 && bytes < SIZE_MAX / 2);
	mapped = round_up(head + bytes, PAGE);
	map = mmap(NULL, mapped, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	INVARIANT(map != MAP_FAILED);
	INVARIANT(madvise(map, mapped, MADV_DONTDUMP) == 0);

	arena = map;
	arena->mapped = mapped;
	arena->base = (char *)map + head;
	arena->size = mapped - head;
	ASAN_POISON_MEMORY_REGION(arena->base, arena->size);
	return arena;
}

static void wipe_used(struct arena *arena)
{
	ASAN_UNPOISON_MEMORY_REGION(arena->base, arena->used);
	explicit_bzero(arena->base, arena->used);
}

void arena_free(struct arena **arena)
{
	struct arena *old = *arena;

	if (!old)
		return;
	*arena = NULL;
	wipe_used(old);
	ASAN_UNPOISON_MEMORY_REGION(old->base, old->size);
	INVARIANT(munmap(old, old->mapped) == 0);
}

void arena_reset(struct arena *arena)
{
	wipe_used(arena);
	if (arena->used > KEEP)
		INVARIANT(madvise((char *)arena + KEEP, arena->mapped - KEEP,
				  MADV_DONTNEED) == 0);
	ASAN_POISON_MEMORY_REGION(arena->base, arena->used); /* the rest still is */
	arena->used = 0;
}

/* Nothing is cleared here: the mapping came zeroed and a reset wipes what was used. */
void *arena_alloc(struct arena *arena, size_t bytes)
{
	char *at = arena->base + arena->used;
	size_t left = arena->size - arena->used;

	INVARIANT(left >= GAP + ALIGN && bytes <= left - GAP - ALIGN);
	arena->used += round_up(bytes, ALIGN) + GAP;
	ASAN_UNPOISON_MEMORY_REGION(at, bytes);
	return at;
}

char *arena_dupn(struct arena *arena, const void *bytes, size_t n)
{
	char *copy;

	INVARIANT(n < SIZE_MAX);
	copy = arena_alloc(arena, n + 1);
	if (n)
		memcpy(copy, bytes, n);
	return copy;
}

char *arena_dup(struct arena *arena, const char *text)
{
	return text ? arena_dupn(arena, text, strlen(text)) : NULL;
}

/* Most texts are short: those are written once, not first measured and then written. */
char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	char small[SMALL];
	va_list args;
	char *text;
	int len;

	va_start(args, fmt);
	len = vsnprintf(small, sizeof small, fmt, args);
	va_end(args);
	INVARIANT(len >= 0);
	if ((size_t)len < sizeof small) {
		text = arena_dupn(arena, small, (size_t)len);
	} else {
		text = arena_alloc(arena, (size_t)len + 1);
		va_start(args, fmt);
		len = vsnprintf(text, (size_t)len + 1, fmt, args);
		va_end(args);
		INVARIANT(len >= 0);
	}
	explicit_bzero(small, sizeof small);
	return text;
}

size_t arena_used(const struct arena *arena)
{
	return arena->used;
}
