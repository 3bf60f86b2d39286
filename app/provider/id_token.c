#include "app/provider/id_token.h"

#include "app/provider/sources.h"
#include "app/store/issuer_cache.h"
#include "lib/clock.h"
#include "lib/jwt_outside.h"

static const char WHAT[] = "id_token";

/* One token, to be looked at with the keys of the moment. */
struct looking {
	const struct visit *visit;
	struct context context; /* with the visit's arena: keys are read often */
	struct source source;
	struct jwt_outside_expect expect;
	const char *token;
};

static struct looking look_for(const struct visit *visit, const char *token,
			       const char *nonce)
{
	static const char *const typs[] = {"JWT"};
	const struct provider_conf *provider = visit->provider;
	struct looking l = {
		.visit = visit,
		.context = *visit->c,
		.source = source_of_provider(visit->arena, provider),
		.expect = {.aud = provider->client_id,
			   .azp = provider->client_id,
			   .nonce = nonce,
			   .algs = jwt_outside_algs(provider->algorithms.at,
						    provider->algorithms.n),
			   .typs = typs,
			   .n_typs = COUNT(typs),
			   .typ_optional = true,
			   .now_s = visit->c->now_ms / 1000,
			   .len_max = JWT_OUTSIDE_LEN_MAX},
		.token = token,
	};

	l.context.arena = visit->arena;
	l.expect.iss = l.source.issuer;
	return l;
}

/* RC_NONE: there are no keys at all. */
static enum rc look(struct looking *l, bool anew, enum jwt_outside_verdict *verdict,
		    const struct jwt_claims **claims)
{
	struct issuer_known known = {0};
	enum rc rc = issuer_cache_get(&l->context, l->source.section, l->source.issuer,
				      anew, &known);

	if (rc == RC_OK)
		*verdict = jwt_outside_check(l->visit->arena, known.keys, &l->expect,
					     l->token, claims);
	return rc;
}

static enum provider_verdict judge(const struct visit *visit, enum rc rc,
				   enum jwt_outside_verdict verdict)
{
	switch (rc) {
	case RC_OK:
		break;
	case RC_NONE:
	case RC_CONFLICT:
		return visit_refuse(visit, WHAT, "there are no keys");
	case RC_DOWN:
		return PROVIDER_STORE_DOWN;
	}
	switch (verdict) {
	case JWT_OUTSIDE_GOOD:
		return PROVIDER_GOOD;
	case JWT_OUTSIDE_REFUSED:
		return visit_refuse(visit, WHAT, "it is not valid");
	case JWT_OUTSIDE_UNKNOWN_KEY:
		return visit_refuse(visit, WHAT, "its key is unknown");
	}
	INVARIANT(false);
}

/* It is signed with a key that was published after we last looked: the refresher is asked
 * for it. */
static enum rc await_key(struct looking *l, enum jwt_outside_verdict *verdict,
			 const struct jwt_claims **claims)
{
	int64_t until = clock_mono_ms() + PROVIDER_KEYS_MS;
	bool pending;
	enum rc rc =
		issuers_wish(&l->context, l->source.section, l->source.issuer, &pending);

	if (until > l->visit->deadline_ms)
		until = l->visit->deadline_ms;
	while (rc == RC_OK && pending && *verdict == JWT_OUTSIDE_UNKNOWN_KEY &&
	       clock_mono_ms() < until) {
		clock_sleep(PROVIDER_KEYS_POLL_MS);
		rc = look(l, true, verdict, claims);
	}
	return rc;
}

enum provider_verdict id_token_check(const struct visit *visit, const char *token,
				     const char *nonce, const struct jwt_claims **claims)
{
	struct looking l = look_for(visit, token, nonce);
	enum jwt_outside_verdict verdict = JWT_OUTSIDE_REFUSED;
	enum rc rc = look(&l, false, &verdict, claims);

	if (rc == RC_OK && verdict == JWT_OUTSIDE_UNKNOWN_KEY)
		rc = look(&l, true, &verdict, claims);
	if (rc == RC_OK && verdict == JWT_OUTSIDE_UNKNOWN_KEY)
		rc = await_key(&l, &verdict, claims);
	return judge(visit, rc, verdict);
}
