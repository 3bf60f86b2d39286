/* What lib/pwhash.c makes of the library that it uses: the check of a right password. */
#include "lib/pwhash.h"
#include "t/bench/hash.h"

bool hash_once(void)
{
	static const struct pwhash_cost COST = {HASH_MEMORY_KIB, HASH_PASSES, 1};
	static const char PASSWORD[] = "a horse, a stapler";
	static char *phc;

	if (!phc) {
		struct arena *arena = arena_new(4096);

		phc = pwhash_make(arena, &COST, PASSWORD);
	}
	return phc && pwhash_check(&COST, phc, PASSWORD) == PWHASH_MATCH;
}
