/* The fastest argon2id that is known here: libsodium, which takes the widest vectors
 * there are, with its memory kept from one hash to the next and in huge pages. It maps
 * and unmaps that memory at each hash: the linker puts us in between (--wrap, see the
 * Makefile). Nothing is wiped, and one thread is assumed: a floor, not a design. */
#include <sodium.h>
#include <string.h>
#include <sys/mman.h>

#include "t/bench/hash.h"

void *__real_mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset);
int __real_munmap(void *at, size_t n);
void *__wrap_mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset);
int __wrap_munmap(void *at, size_t n);

enum { HUGE_PAGE = 2 * 1024 * 1024 };

static void *kept;
static size_t kept_size;

void *__wrap_mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset)
{
	size_t size = (n + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;

	if (n < HUGE_PAGE || (kept && n > kept_size))
		return __real_mmap(at, n, prot, flags, fd, offset);
	if (!kept) {
		/* Populated only after madvise(2), or it would be in small pages */
		char *found = __real_mmap(at, size + HUGE_PAGE, prot,
					  flags & ~MAP_POPULATE, fd, offset);

		if (found == MAP_FAILED)
			return MAP_FAILED;
		found += -(size_t)found % HUGE_PAGE;
		madvise(found, size, MADV_HUGEPAGE);
		kept = found;
		kept_size = size;
	}
	return kept;
}

int __wrap_munmap(void *at, size_t n)
{
	return at == kept ? 0 : __real_munmap(at, n);
}

bool hash_once(void)
{
	static const unsigned char SALT[crypto_pwhash_SALTBYTES] = "the bench's salt";
	static const char PASSWORD[] = "a horse, a stapler";
	unsigned char tag[32];

	/* Chooses the code for this processor, the first time */
	return sodium_init() >= 0 &&
	       crypto_pwhash(tag, sizeof tag, PASSWORD, sizeof PASSWORD - 1, SALT,
			     HASH_PASSES, HASH_MEMORY_KIB * 1024ULL,
			     crypto_pwhash_ALG_ARGON2ID13) == 0;
}
