/* The workers of one supervisor: their births, deaths and replacement. Nothing here
 * waits; the supervisor calls crew_tend() when a child ended, and when it said to be
 * called. */
#ifndef APP_CREW_H
#define APP_CREW_H

#include "app/pool.h"
#include "app/worker.h"

enum {
	/* A life so long was a good one. Shorter ones are the beginning of a crash loop
	 * when nothing was answered in them, or when there are more than a few in a row:
	 * the first is replaced at once, then there is a wait, doubled each time. */
	CREW_GOOD_LIFE_MS = 5000,
	CREW_SHORT_LIVES = 10,
	CREW_BACKOFF_FIRST_MS = 1000,
	CREW_BACKOFF_LAST_MS = 30000,
	/* SIGTERM is repeated: one that comes between a look at its flag and a wait in
	 * some library is not noticed. */
	CREW_TERM_AGAIN_MS = 200,
	CREW_LOOK_MS = 1000, /* at the scoreboard, for stuck workers */
};

/* What a role of latchkeyd is made of. */
struct plan {
	unsigned pools; /* a bit each, 1 << enum pool */
	unsigned key_uses; /* that its workers need: 1 << enum key_use */
	/* "section.key: reason" for what they cannot work with; NULL: nothing. NULL
	 * itself: whatever can be loaded will do. */
	const char *(*objection)(struct arena *arena, const struct conf *conf);
};

struct crew;

/* `listen_fd` by enum pool, -1 where none is. `plan` outlives it. Lives in `arena`. */
struct crew *crew_new(struct arena *arena, const struct plan *plan,
		      struct scoreboard *board, const int listen_fd[POOL_COUNT]) MUST_USE;

/* Wants a crew as `conf` has it, which must live until the next call: crew_tend() starts
 * new workers for all, then ends the old ones. */
void crew_renew(struct crew *crew, const struct conf *conf);
/* The keys that those not yet born start with; they must live until the next call. To be
 * called after the board's keys_version was raised for them. */
void crew_give_keys(struct crew *crew, struct keys *keys);
/* Wants none: crew_tend() ends them. The time that their requests have counts from
 * `since` (monotonic ms). */
void crew_dismiss(struct crew *crew, int64_t since);

/* Buries the dead, starts who is due, ends whom nobody wants, kills the stuck. Gives the
 * milliseconds after which it wants to be called again. */
int64_t crew_tend(struct crew *crew);
size_t crew_alive(const struct crew *crew) MUST_USE;

#endif
