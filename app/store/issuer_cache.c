#include "app/store/issuer_cache.h"

#include "lib/clock.h"
#include "lib/log.h"

enum { PLACE_BYTES = 2 * ISSUERS_DOCUMENTS_MAX };

struct place {
	const char *section; /* the configuration's: it outlives us; NULL: free */
	struct arena *arena; /* of the metadata */
	struct jwk_set *keys;
	const char *metadata;
	int64_t version, good_until; /* real ms */
	int64_t read_at; /* monotonic ms */
};

struct issuer_cache {
	struct arena *arena;
	struct place places[ISSUER_CACHE_PLACES];
};

struct issuer_cache *issuer_cache_new(void)
{
	struct arena *arena = arena_new(sizeof(struct issuer_cache) + 4096);
	struct issuer_cache *cache = arena_alloc(arena, sizeof *cache);

	cache->arena = arena;
	return cache;
}

static void empty(struct place *place)
{
	jwk_free(&place->keys);
	arena_reset(place->arena);
	place->metadata = NULL;
	place->version = place->good_until = 0;
}

void issuer_cache_free(struct issuer_cache **cache)
{
	struct arena *arena;

	if (!*cache)
		return;
	for (size_t i = 0; i < ISSUER_CACHE_PLACES; i++) {
		jwk_free(&(*cache)->places[i].keys);
		arena_free(&(*cache)->places[i].arena);
	}
	arena = (*cache)->arena;
	*cache = NULL;
	arena_free(&arena);
}

/* There are as many places as the configuration may have sections. */
static struct place *place_of(struct issuer_cache *cache, const char *section)
{
	size_t i = 0;

	while (cache->places[i].section && strcmp(cache->places[i].section, section) != 0)
		INVARIANT(++i < ISSUER_CACHE_PLACES);
	if (!cache->places[i].section) {
		cache->places[i].section = arena_dup(cache->arena, section);
		cache->places[i].arena = arena_new(PLACE_BYTES);
	}
	return &cache->places[i];
}

static void take(struct place *place, const struct issuer_documents *from)
{
	if (place->version != from->version || !place->good_until) {
		empty(place);
		place->version = from->version;
		if (from->jwks)
			place->keys = jwk_parse(from->jwks, strlen(from->jwks));
		if (from->jwks && !place->keys)
			log_error("issuer_keys_unreadable", "section", place->section);
		if (from->metadata)
			place->metadata = arena_dup(place->arena, from->metadata);
	}
	place->good_until = from->good_until;
}

static enum rc refresh(struct context *c, struct place *place, const char *issuer)
{
	struct issuer_documents found;
	enum rc rc = issuers_read(c, place->section, issuer, &found);

	switch (rc) {
	case RC_OK:
		take(place, &found);
		break;
	case RC_NONE:
	case RC_CONFLICT:
		empty(place);
		break;
	case RC_DOWN:
		return rc;
	}
	place->read_at = clock_mono_ms();
	return rc;
}

enum rc issuer_cache_get(struct context *c, const char *section, const char *issuer,
			 bool anew, struct issuer_known *out)
{
	struct place *place = place_of(c->issuers, section);
	/* That nothing good was there is not kept: others may have seen it come */
	bool old = place->good_until <= c->now_ms ||
		   clock_mono_ms() - place->read_at > ISSUER_CACHE_MS;
	bool fresh = anew || old;
	enum rc rc = fresh ? refresh(c, place, issuer) : RC_OK;

	if (place->good_until <= c->now_ms)
		return rc == RC_DOWN ? RC_DOWN : RC_NONE;
	*out = (struct issuer_known){place->keys, place->metadata, fresh && rc == RC_OK};
	return RC_OK;
}
