/* Told 64 (hiredis.pc does), sys/mman.h makes mmap() another name of mmap64(). */
#undef _FILE_OFFSET_BITS
#include "lib/pwhash_memory.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/secret.h"

#define EXPORTED __attribute__((visibility("default")))

enum { HUGE_PAGE = 2 * 1024 * 1024 }; /* x86_64, and arm64 with pages of 4 KiB */

struct memory {
	void *map; /* NULL: none is kept */
	size_t mapped;
	uint8_t *at; /* in `map`, where a huge page begins */
	size_t bytes;
	size_t least, most; /* that is lent; 0: no hash is under way */
	size_t lent; /* of what is kept, from its start */
	bool was_lent; /* in this hash */
};

/* Of this thread alone, so that no other's mapping is ever taken for a hash's. */
static __thread struct memory kept;

/* As mmap() */
static void *map_anew(size_t bytes)
{
	return mmap64(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
}

static int unmap(void *at, size_t bytes)
{
	return (int)syscall(SYS_munmap, at, bytes);
}

/* Nothing of it is resident before it is used. Huge pages are faster, where there are
 * any; and a child does not get what is in it, should one be made during a hash. */
static bool keep(size_t bytes)
{
	size_t mapped = bytes + HUGE_PAGE;
	uint8_t *map = map_anew(mapped);

	if (map == MAP_FAILED)
		return false;
	kept.map = map;
	kept.mapped = mapped;
	kept.at = map + (HUGE_PAGE - (uintptr_t)map % HUGE_PAGE) % HUGE_PAGE;
	kept.bytes = bytes;
	INVARIANT(madvise(kept.at, bytes, MADV_DONTDUMP) == 0);
	(void)madvise(kept.at, bytes, MADV_HUGEPAGE);
	(void)madvise(kept.at, bytes, MADV_WIPEONFORK);
	return true;
}

/* NULL: that is not what it is for, or there is none. */
static void *lend(size_t bytes)
{
	if (kept.lent || bytes < kept.least || bytes > kept.most)
		return NULL;
	if (kept.bytes < kept.most)
		pwhash_memory_free();
	if (!kept.map && !keep(kept.most))
		return NULL;
	kept.lent = bytes;
	kept.was_lent = true;
	return kept.at;
}

EXPORTED void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	const int wanted = MAP_PRIVATE | MAP_ANONYMOUS;
	void *at = NULL;

	if (kept.most && !addr && (flags & wanted) == wanted &&
	    prot == (PROT_READ | PROT_WRITE))
		at = lend(len);
	return at ? at : mmap64(addr, len, prot, flags, fd, offset);
}

EXPORTED int munmap(void *addr, size_t len)
{
	if (!kept.lent || addr != kept.at)
		return unmap(addr, len);
	secret_wipe(kept.at, kept.lent);
	kept.lent = 0;
	return 0;
}

void pwhash_memory_lend(size_t least, size_t most)
{
	kept.least = least;
	kept.most = most;
	kept.was_lent = false;
}

bool pwhash_memory_end(void)
{
	kept.most = 0;
	return kept.was_lent;
}

void pwhash_memory_free(void)
{
	if (!kept.map || kept.lent)
		return;
	INVARIANT(unmap(kept.map, kept.mapped) == 0);
	kept.map = NULL;
	kept.at = NULL;
	kept.bytes = 0;
}

const uint8_t *pwhash_memory_kept(size_t *bytes)
{
	*bytes = kept.bytes;
	return kept.at;
}
