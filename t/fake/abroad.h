/* A worker of `latchkeyd outside` before one provider: its settings, what the refresher
 * has fetched (in place of app/store/issuers.c), and a provider of t/fake/web.h who
 * answers well until a test has it otherwise. Needs web. */
#ifndef T_FAKE_ABROAD_H
#define T_FAKE_ABROAD_H

#include "app/provider/gate.h"
#include "app/provider/provider.h"
#include "t/fake/web.h"

#define ABROAD_ISSUER	 "https://id.example/tenant"
#define ABROAD_AUTHORIZE "https://id.example/authorize"
#define ABROAD_TOKEN	 "https://id.example/token"
#define ABROAD_USERINFO	 "https://id.example/userinfo"
#define ABROAD_CLIENT	 "our:id/1"
#define ABROAD_SECRET	 "s e+c&r=\xc3\xa9t"
/* RFC 7636, appendix B */
#define ABROAD_VERIFIER	 "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define ABROAD_CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

enum { ABROAD_NOW_S = 1800000000, ABROAD_PROVIDERS = 2 };

/* What PostgreSQL has of [provider x]; `later` comes at the read of that number. */
extern struct abroad_store {
	enum rc rc; /* of reading */
	const char *metadata, *jwks, *later_jwks;
	int later, reads, wishes;
	bool pending; /* what a wish says */
	enum rc wish_rc;
} abroad_store;

extern struct context abroad;
extern struct gate_row *abroad_gates; /* ours is slot 0, the provider row 1 */
extern struct provider_conf *abroad_provider; /* x */
extern struct provider_answer abroad_answer;

/* In main(), about all tests: the keys. */
void abroad_open(void);
void abroad_close(void);

/* New for each test. `type` is google, yandex, oidc or oauth2, with the settings that it
 * needs. */
void abroad_begin(const char *type);
void abroad_end(void);

/* What discovery found, with `more` members; ' stands for " in all that follows, too */
void abroad_metadata(const char *more);
/* The page of the token endpoint or of the user info */
struct web_page *abroad_page(const char *url, int status, const char *body);
/* A well-formed answer of the token endpoint; id_token NULL: without. */
void abroad_tokens(const char *id_token);

/* The members of a good ID token that a test may want otherwise; NULL: good. */
struct abroad_token {
	const char *iss, *aud, *more; /* as JSON; aud with azp */
	const char *nonce, *sub, *iat, *exp;
	const char *header; /* of alg, typ and kid */
	bool rs256, forged; /* signed with RSA; with a key that is not the provider's */
};
const char *abroad_id_token(const struct abroad_token *token);

/* The identity that comes of it; whatever else it is, NULL */
const struct identity *abroad_identify(enum provider_verdict expected);

#endif
