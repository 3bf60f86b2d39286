/* What RFC 8259 allows and a cautious reader takes, judged over the raw bytes. */
#ifndef LIB_JSON_GATE_H
#define LIB_JSON_GATE_H

#include "lib/arena.h"

/* A longer number is refused: it says nothing that a double could hold. */
enum { JSON_NUMBER_LEN_MAX = 63 };

/* False: refused (lib/json.h says what for). `*exact` tells of each number, in the order
 * of the text, whether it is written as an integer and its size is at most 2^53. */
bool json_gate(struct arena *arena, const char *bytes, size_t n,
	       const bool **exact) MUST_USE;

#endif
