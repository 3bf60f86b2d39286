#include "app/token_cache.h"

#include <sys/mman.h>

#include "lib/crypto.h"
#include "lib/secret.h"
#include "lib/text.h"

enum { PLACES = 1024, UUID_SIZE = 37, ROLES_SIZE = 256 };

/* A token is known by its digest: the token itself is not kept. */
struct place {
	uint8_t digest[CRYPTO_SHA256_LEN];
	char session_id[UUID_SIZE], user_id[UUID_SIZE];
	char roles[ROLES_SIZE]; /* each with its NUL */
	int64_t rev, issued_s, expires_s;
	size_t n_roles;
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
		      struct access_claims *out)
{
	uint8_t digest[CRYPTO_SHA256_LEN];
	const struct place *place = place_of(cache, token, digest);
	const char **roles, *next = place->roles;

	if (!secret_equal(place->digest, digest, sizeof digest) || !*place->session_id)
		return false;
	roles = arena_alloc(arena, (place->n_roles + 1) * sizeof *roles);
	for (size_t i = 0; i < place->n_roles; i++, next += strlen(next) + 1)
		roles[i] = arena_dup(arena, next);
	*out = (struct access_claims){
		.session_id = arena_dup(arena, place->session_id),
		.user_id = arena_dup(arena, place->user_id),
		.rev = place->rev,
		.issued_s = place->issued_s,
		.expires_s = place->expires_s,
		.roles = roles,
		.n_roles = place->n_roles,
	};
	return true;
}

static bool keep_roles(struct place *place, const struct access_claims *claims)
{
	size_t at = 0;

	for (size_t i = 0; i < claims->n_roles; i++) {
		size_t size = strlen(claims->roles[i]) + 1;

		if (at + size > sizeof place->roles)
			return false;
		memcpy(place->roles + at, claims->roles[i], size);
		at += size;
	}
	place->n_roles = claims->n_roles;
	return true;
}

void token_cache_add(struct token_cache *cache, const char *token,
		     const struct access_claims *claims)
{
	struct place place = {
		.rev = claims->rev,
		.issued_s = claims->issued_s,
		.expires_s = claims->expires_s,
	};
	struct place *to = place_of(cache, token, place.digest);

	if (strlen(claims->session_id) >= UUID_SIZE ||
	    strlen(claims->user_id) >= UUID_SIZE || !keep_roles(&place, claims))
		return;
	memcpy(place.session_id, claims->session_id, strlen(claims->session_id));
	memcpy(place.user_id, claims->user_id, strlen(claims->user_id));
	*to = place;
}
