/* The two clocks, in milliseconds where nothing else is said. Deadlines use the monotonic
 * one; what is written down uses the real one (UTC, since 1970). */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include "lib/arena.h"

int64_t clock_real_ms(void);
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void); /* microseconds */

void clock_sleep(int64_t ms); /* or until a signal */

enum { CLOCK_TEXT_SIZE = 25 };

/* RFC 3339 UTC with milliseconds: 2026-11-20T08:11:03.250Z, years 0000 .. 9999 */
void clock_format(int64_t real_ms, char out[CLOCK_TEXT_SIZE]);
char *clock_rfc3339(struct arena *arena, int64_t real_ms) MUST_USE;
/* Reads the form above (milliseconds optional). False: not such a time. */
bool clock_parse(const char *text, int64_t *real_ms) MUST_USE;

#endif
