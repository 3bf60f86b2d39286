/* Times as people and other systems write them. */
#ifndef APP_CTL_WHEN_H
#define APP_CTL_WHEN_H

#include "lib/arena.h"

/* 2026-11-20, 2026-11-20T08:11:03Z, 2026-11-20 08:11:03.123456+01:00; UTC where no zone
 * is said. Years 1 to 9998; what is finer than a millisecond is dropped. False: no such
 * time. */
bool when_parse(struct arena *arena, const char *text, int64_t *real_ms) MUST_USE;
/* Such a time, or one so long before `now_ms`: 90s, 15m, 24h, 7d, 4w. */
bool when_since(struct arena *arena, const char *text, int64_t now_ms,
		int64_t *real_ms) MUST_USE;

#endif
