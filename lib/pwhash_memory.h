/* The working memory of a password hash, kept from one hash to the next.
 *
 * libsodium maps it anew for each hash and has no hook for another, and clearing the
 * pages takes the kernel up to as long as the hash itself takes. So pwhash_memory.c
 * defines mmap() and munmap(), which libsodium, as any other library, finds in the
 * program before the C library's. They pass everything on, but for what a thread maps
 * between lend and end. Where they are not asked, as by a libsodium that takes its memory
 * from elsewhere, the hash is right and slower. */
#ifndef LIB_PWHASH_MEMORY_H
#define LIB_PWHASH_MEMORY_H

#include "lib/base.h"

/* From here on this thread's next anonymous mapping of `least` .. `most` bytes is the one
 * that is kept: of `most`, made when it is first asked for, and zero as any other. */
void pwhash_memory_lend(size_t least, size_t most);
/* Up to here. Whether it was taken; it has been wiped when it was unmapped. */
bool pwhash_memory_end(void);
/* Gives it back to the system, unless it is in use. */
void pwhash_memory_free(void);
/* For tests: NULL when there is none */
const uint8_t *pwhash_memory_kept(size_t *bytes) MUST_USE;

#endif
