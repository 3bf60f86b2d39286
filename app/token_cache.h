/* Tokens that one worker has checked: the signature of a token seen before is not
 * verified again. Whether its session or client lives is asked every time all the same.
 */
#ifndef APP_TOKEN_CACHE_H
#define APP_TOKEN_CACHE_H

#include "lib/arena.h"

/* Two of access tokens, one of refresh tokens */
enum token_kind { TOKEN_USER, TOKEN_MACHINE, TOKEN_REFRESH };

/* What a checked token said. */
struct token_claims {
	enum token_kind kind;
	const char *id; /* the session of a user's, the jti of a machine's */
	const char *subject; /* the user, or the client */
	union {
		int64_t rev;
		int64_t gen; /* of a refresh token */
	};
	int64_t issued_s, expires_s;
	const char *const *names; /* the user's roles, or the client's scopes */
	size_t n_names;
};

struct token_cache;

/* Of a fixed size; lives until token_cache_free(). */
struct token_cache *token_cache_new(void) MUST_USE;
void token_cache_free(struct token_cache **cache);
/* Forgets all: the keys changed, so what they vouched for is to be looked at anew. */
void token_cache_clear(struct token_cache *cache);

/* False: not seen before, or replaced since. Whoever asks checks kind and time. */
bool token_cache_find(struct token_cache *cache, struct arena *arena, const char *token,
		      struct token_claims *out) MUST_USE;
/* Keeps it in the place of another; what does not fit is not kept. */
void token_cache_add(struct token_cache *cache, const char *token,
		     const struct token_claims *claims);

#endif
