#include "app/refresher.h"

#include <poll.h>

#include "app/provider/discovery.h"
#include "app/store/issuers.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/process.h"

enum {
	LASTING_BYTES = 1 << 20,
	DOWN_PAUSE_MS = 250, /* before the database is asked again */
	BUSY_PAUSE_MS = 250, /* another host is taking what is due */
	IDLE_MS = 60000, /* a notification that was missed costs that much */
	KEEP_MS = 60000, /* until it is seen that others, with other settings, took our
			    rows */
};

struct refresher {
	struct slot *slot;
	struct context context;
	struct fetch *fetch;
	const struct source *sources;
	struct issuer_sections sections; /* the same, as the store wants them */
	bool listening;
	int64_t kept_at; /* monotonic ms */
};

static void down(struct refresher *r)
{
	r->listening = false;
	(void)poll(NULL, 0, DOWN_PAUSE_MS);
}

/* Listening comes before looking: what is wished for in between is then notified. */
static bool begin(struct refresher *r)
{
	r->listening = pg_listen(r->context.pg, "outside") == RC_OK &&
		       issuers_keep(&r->context, &r->sections) == RC_OK;
	r->kept_at = clock_mono_ms();
	return r->listening;
}

static bool is_ready(struct refresher *r)
{
	return (r->listening && clock_mono_ms() - r->kept_at < KEEP_MS) || begin(r);
}

static void wait_for_work(struct refresher *r)
{
	int64_t ms = IDLE_MS;

	if (issuers_next(&r->context, &r->sections, &ms) == RC_DOWN) {
		down(r);
		return;
	}
	if (ms < BUSY_PAUSE_MS)
		ms = BUSY_PAUSE_MS;
	if (pg_wait(r->context.pg, -1, ms < IDLE_MS ? ms : IDLE_MS) == PG_WAKE_DOWN)
		r->listening = false;
}

static enum rc keep(struct refresher *r, const struct issuer_claim *claim,
		    const struct discovery *found)
{
	enum rc rc = issuers_fetched(&r->context, claim, found->metadata, found->jwks,
				     found->ttl_s);

	if (rc == RC_OK)
		log_info("outside_fetched", "section", claim->section, "keys",
			 log_number((int64_t)found->n_keys), "ttl_s",
			 log_number(found->ttl_s));
	return rc;
}

static enum rc give_up(struct refresher *r, const struct issuer_claim *claim,
		       const char *why)
{
	if (!claim->last_error || strcmp(claim->last_error, why) != 0)
		log_warn("outside_failed", "section", claim->section, "why", why);
	return issuers_failed(&r->context, claim, why);
}

static void refresh(struct refresher *r, const struct issuer_claim *claim)
{
	struct discovery found;
	const char *why;
	enum rc rc;

	atomic_store(&r->slot->busy_since, clock_mono_ms());
	if (discovery_run(r->fetch, r->context.arena, &r->sources[claim->which], &found,
			  &why))
		rc = keep(r, claim, &found);
	else
		rc = give_up(r, claim, why);
	if (rc == RC_DOWN)
		down(r);
	atomic_fetch_add(&r->slot->requests, 1);
	atomic_store(&r->slot->busy_since, 0);
}

static void take_turn(struct refresher *r)
{
	struct issuer_claim claim;

	if (!is_ready(r)) {
		down(r);
		return;
	}
	switch (issuers_claim(&r->context, &r->sections, &claim)) {
	case RC_OK:
		refresh(r, &claim);
		break;
	case RC_NONE:
		wait_for_work(r);
		break;
	case RC_CONFLICT:
	case RC_DOWN:
		down(r);
		break;
	}
}

static void list_sections(struct refresher *r, struct arena *lasting)
{
	size_t n = sources_list(lasting, r->context.conf, &r->sources);
	struct issuer_section *list = arena_alloc(lasting, n * sizeof *list);

	for (size_t i = 0; i < n; i++)
		list[i] = (struct issuer_section){r->sources[i].section,
						  r->sources[i].issuer,
						  r->sources[i].jwks_url};
	r->sections = (struct issuer_sections){n, list};
}

int refresher_run(const struct worker *worker)
{
	static const int caught[] = {SIGTERM};
	const struct conf *conf = worker->conf;
	CLEANUP(arena_free) struct arena *lasting = arena_new(LASTING_BYTES);
	CLEANUP(arena_free) struct arena *arena = arena_new(DISCOVERY_ARENA_BYTES);
	CLEANUP(pg_free)
	struct pg *pg = pg_new(conf_conninfo(lasting, conf, conf->database_outside),
			       &worker->board->pg);
	CLEANUP(fetch_free) struct fetch *fetch = fetch_new();
	struct keys *keys = worker->keys;
	struct refresher r = {
		.slot = &worker->board->slots[worker->slot],
		.context = {.arena = arena, .pg = pg, .conf = conf},
		.fetch = fetch,
	};

	keys_free(&keys); /* nothing here is signed or checked */
	process_catch(caught, COUNT(caught));
	list_sections(&r, lasting);
	while (!process_got_term) {
		arena_reset(arena);
		take_turn(&r);
	}
	return EXIT_SUCCESS;
}
