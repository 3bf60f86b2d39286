/* A forger of others' tokens, for the tests of lib/jwt_outside.c. */
#ifndef T_FAKE_OUTSIDE_FORGE_H
#define T_FAKE_OUTSIDE_FORGE_H

#include "t/fake/jwt_forge.h"

#include "lib/jwt_outside.h"

#define GOOD	JWT_OUTSIDE_GOOD
#define REFUSE	JWT_OUTSIDE_REFUSED
#define UNKNOWN JWT_OUTSIDE_UNKNOWN_KEY

/* What an access token must be, in the arena. */
struct jwt_outside_expect *forge_expect(void);
/* The same with changes: EXPECT(e->aud = "x", e->now_s = 0) */
#define EXPECT(changes...)                                                               \
	({                                                                               \
		struct jwt_outside_expect *e = forge_expect();                           \
		changes;                                                                 \
		e;                                                                       \
	})

#define ES_HEADER(more) "{'alg':'ES256','typ':'JWT','kid':'es-1'" more "}"
#define OF_NEW_KEY	"{'alg':'ES256','typ':'JWT','kid':'es-2'}"
#define WITHOUT_KID	"{'alg':'ES256','typ':'JWT'}"

/* The set of the public keys, with these kids (NULL: none). The caller owns it. */
struct jwk_set *forge_set(const char *const *kids, const struct crypto_key *const *of,
			  size_t n);
struct jwk_set *forge_known(void); /* es-1 and rs-1 */
/* Signed by keys[key] */
const char *forge_by(int key, const char *header, const char *payload);

/* What jwt_outside_check() says; counts the token unless it is good. */
enum jwt_outside_verdict forge_judged(const struct jwk_set *set,
				      const struct jwt_outside_expect *expect,
				      const char *token);
const char *forge_verdict(enum jwt_outside_verdict verdict);

#define IS(wanted, set, expect, token, ...)                                              \
	do {                                                                             \
		enum jwt_outside_verdict is_ = forge_judged(set, expect, token);         \
		ck_assert_msg(is_ == (wanted), "%s: %s", forge_verdict(is_),             \
			      arena_printf(arena, __VA_ARGS__));                         \
	} while (0)

#endif
