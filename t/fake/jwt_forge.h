/* A forger of tokens with the right keys in hand, for the tests of the gate. */
#ifndef T_FAKE_JWT_FORGE_H
#define T_FAKE_JWT_FORGE_H

#include <check.h>

#include "lib/jwt.h"
#include "lib/text.h"

enum { FORGE_NOW = 1800000000 };

enum { HS, ES, RS, KEYS };

extern struct arena *arena; /* new for each test */
extern struct jwt_key keys[KEYS];
extern struct crypto_key *p256_of_another;

/* The parts of a good token; ' stands for ". */
#define HEADER(more) "{'alg':'HS256','typ':'JWT','kid':'hs-1'" more "}"
#define ISS	     "'iss':'https://id.test'"
#define AUD	     "'aud':'latchkey'"
#define USE	     "'token_use':'access'"
#define IAT	     "'iat':1800000000"
#define NBF	     "'nbf':1800000000"
#define EXP	     "'exp':1800000600"
#define CLAIMS	     ISS "," AUD "," USE "," IAT "," NBF "," EXP
#define PAYLOAD	     "{" CLAIMS "}"

/* The same with one claim as given, and with more. */
#define BUT_ISS(iss) "{" AUD "," USE "," IAT "," NBF "," EXP iss "}"
#define BUT_AUD(aud) "{" ISS "," USE "," IAT "," NBF "," EXP aud "}"
#define BUT_USE(use) "{" ISS "," AUD "," IAT "," NBF "," EXP use "}"
#define BUT_IAT(iat) "{" ISS "," AUD "," USE "," NBF "," EXP iat "}"
#define BUT_NBF(nbf) "{" ISS "," AUD "," USE "," IAT "," EXP nbf "}"
#define BUT_EXP(exp) "{" ISS "," AUD "," USE "," IAT "," NBF exp "}"
#define AND(more)    "{" CLAIMS "," more "}"

char *forge_quoted(const char *text); /* ' becomes " */
char *forge_encoded(const char *text); /* base64url */
char *forge_unsigned(const char *header, const char *payload);
char *forge_with(const char *text, const void *signature, size_t n);
char *forge_signed(const struct jwt_key *key, const char *text);
char *forge_hs(const char *header, const char *payload);
char *forge_good(int key);
char *forge_filled(size_t n, char with);
/* The public key, as others have it. */
struct buf forge_der(const struct crypto_key *key);
char *forge_public_pem(const struct crypto_key *key);

bool forge_passes(const struct jwt_key *with, size_t n, const char *typ,
		  const char *token);
/* Counts each distinct token once. */
void forge_count(const char *token);

#define REFUSED(token, ...)                                                              \
	do {                                                                             \
		const char *token_ = (token);                                            \
		ck_assert_msg(!forge_passes(keys, KEYS, "JWT", token_), __VA_ARGS__);    \
		ck_assert_msg(!forge_passes(keys, KEYS, "at+jwt", token_), __VA_ARGS__); \
		forge_count(token_);                                                     \
	} while (0)

/* Runs the tests, and one more: that a good token passes and that at least so many
 * distinct ones were refused. */
int forge_run(const char *name, const TTest *const *tests, size_t n, size_t least);

#endif
