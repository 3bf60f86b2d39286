#ifndef T_BENCH_HASH_H
#define T_BENCH_HASH_H

#include <stdbool.h>

/* One argon2id by the default cost: 19456 KiB, two passes, one lane */
enum { HASH_MEMORY_KIB = 19456, HASH_PASSES = 2 };
bool hash_once(void);

#endif
