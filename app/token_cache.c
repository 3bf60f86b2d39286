#include "app/token_cache.h"

#include <sys/mman.h>

#include "lib/crypto.h"
#include "lib/secret.h"
#include "lib/text.h"

enum { PLACES = 1024, UUID_SIZE = 37, NAMES_SIZE = 256 };

/* A token is known by its digest: the token itself is not kept. */
struct place {
	uint8_t digest[CRYPTO_SHA256_LEN];
	enum token_kind kind;
	char id[UUID_SIZE], subject[UUID_SIZE];
	char names[NAMES_SIZE]; /* each with its NUL */
	int64_t rev, issued_s, expires_s;
	size_t n_names;
};

struct token_cache {
	struct place places[PLACES];
};

struct token_cache *token_cache_new(void)
{
	void *memory = mmap(NULL, sizeof(struct token_cache), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	INVARIANT(memory != MAP_FAILED);
	madvise(memory, sizeof(struct token_cache), MADV_DONTDUMP);
	return memory;
}

void token_cache_free(struct token_cache **cache)
{
	if (*cache)
		munmap(*cache, sizeof **cache);
	*cache = NULL;
}

/* The pages go back too. */
void token_cache_clear(struct token_cache *cache)
{
	INVARIANT(madvise(cache, sizeof *cache, MADV_DONTNEED) == 0);
}

static struct place *place_of(struct token_cache *cache, const char *token,
			      uint8_t digest[CRYPTO_SHA256_LEN])
{
	size_t n;

	crypto_sha256(token, strlen(token), digest);
	memcpy(&n, digest, sizeof n);
	return &cache->places[n % PLACES];
}

bool token_cache_find(struct token_cache *cache, struct arena *arena, const char *token,
		      struct token_claims *out)
{
	uint8_t digest[CRYPTO_SHA256_LEN];
	const struct place *place = place_of(cache, token, digest);
	const char **names, *next = place->names;

	if (!secret_equal(place->digest, digest, sizeof digest) || !*place->id)
		return false;
	names = arena_alloc(arena, (place->n_names + 1) * sizeof *names);
	for (size_t i = 0; i < place->n_names; i++, next += strlen(next) + 1)
		names[i] = arena_dup(arena, next);
	*out = (struct token_claims){
		.kind = place->kind,
		.id = arena_dup(arena, place->id),
		.subject = arena_dup(arena, place->subject),
		.rev = place->rev,
		.issued_s = place->issued_s,
		.expires_s = place->expires_s,
		.names = names,
		.n_names = place->n_names,
	};
	return true;
}

static bool keep_names(struct place *place, const struct token_claims *claims)
{
	size_t at = 0;

	for (size_t i = 0; i < claims->n_names; i++) {
		size_t size = strlen(claims->names[i]) + 1;

		if (at + size > sizeof place->names)
			return false;
		memcpy(place->names + at, claims->names[i], size);
		at += size;
	}
	place->n_names = claims->n_names;
	return true;
}

void token_cache_add(struct token_cache *cache, const char *token,
		     const struct token_claims *claims)
{
	struct place place = {
		.kind = claims->kind,
		.rev = claims->rev,
		.issued_s = claims->issued_s,
		.expires_s = claims->expires_s,
	};
	struct place *to = place_of(cache, token, place.digest);

	if (strlen(claims->id) >= UUID_SIZE || strlen(claims->subject) >= UUID_SIZE ||
	    !keep_names(&place, claims))
		return;
	memcpy(place.id, claims->id, strlen(claims->id));
	memcpy(place.subject, claims->subject, strlen(claims->subject));
	*to = place;
}
