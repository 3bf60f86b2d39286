#include "app/email.h"
#include "app/provider/endpoints.h"
#include "app/provider/id_token.h"
#include "app/provider/redeem.h"
#include "app/provider/sources.h"
#include "app/provider/type.h"
#include "lib/text.h"

enum { SUBJECT_MAX = 255 };

/* Of somebody, unjudged; of the visit's arena. */
struct said {
	const char *subject, *email; /* NULL: nothing */
	bool email_verified;
};

/* ---- what is asked ---- */

static struct said said_in_token(const struct jwt_claims *claims)
{
	struct said said = {jwt_text(claims, "sub"), jwt_text(claims, "email"), false};

	if (!jwt_bool(claims, "email_verified", &said.email_verified))
		said.email_verified = false;
	return said;
}

static const char *field(const char *of_type, const char *setting)
{
	return of_type ? of_type : setting;
}

/* A number is taken as its decimal: some providers have those. */
static const char *subject_in(struct arena *arena, const struct json *json,
			      const char *name)
{
	int64_t number;

	return json_integer(json, name, &number) ? text_integer(arena, number)
						 : json_text(json, name);
}

static struct said said_in_answer(const struct visit *visit, const struct json *json)
{
	const struct provider_conf *provider = visit->provider;
	const struct provider_type *type = provider_type(provider);
	const char *verified =
		field(type->email_verified_field, provider->email_verified_field);
	struct said said = {
		.subject =
			subject_in(visit->arena, json,
				   field(type->subject_field, provider->subject_field)),
		.email = json_text(json, field(type->email_field, provider->email_field)),
	};

	if (!json_bool(json, verified, &said.email_verified))
		said.email_verified = false;
	return said;
}

static enum provider_verdict ask_for_user(struct visit *visit,
					  const struct endpoints *endpoints,
					  const char *access_token, struct said *out)
{
	const char *scheme = provider_type(visit->provider)->scheme;
	const struct visit_question question = {
		.what = "user info",
		.url = endpoints->userinfo,
		.authorization =
			arena_printf(visit->arena, "%s %s", scheme, access_token),
	};
	const struct json *json;
	enum provider_verdict verdict = visit_ask(visit, &question, &json);

	if (verdict == PROVIDER_GOOD)
		*out = said_in_answer(visit, json);
	return verdict;
}

/* OpenID Connect Core §5.3.2: user info of another subject is not to be used. */
static enum provider_verdict ask_for_email(struct visit *visit,
					   const struct endpoints *endpoints,
					   const char *access_token, struct said *said)
{
	struct said more;
	enum provider_verdict verdict =
		ask_for_user(visit, endpoints, access_token, &more);

	if (verdict != PROVIDER_GOOD)
		return verdict;
	if (!said->subject || !more.subject || strcmp(said->subject, more.subject) != 0)
		return visit_refuse(visit, "user info", "it is of another subject");
	*said = more;
	return PROVIDER_GOOD;
}

static enum provider_verdict read_id_token(struct visit *visit,
					   const struct endpoints *endpoints,
					   const struct provider_tokens *tokens,
					   const char *nonce, struct said *out)
{
	const struct jwt_claims *claims;
	enum provider_verdict verdict;

	if (!tokens->id)
		return visit_refuse(visit, "token endpoint", "there is no id_token");
	verdict = id_token_check(visit, tokens->id, nonce, &claims);
	if (verdict != PROVIDER_GOOD)
		return verdict;
	*out = said_in_token(claims);
	if (out->email || !endpoints->userinfo)
		return PROVIDER_GOOD;
	return ask_for_email(visit, endpoints, tokens->access, out);
}

/* ---- what is made of it ---- */

/* OpenID Connect Core §2: at most 255 characters of ASCII */
static bool is_subject(const char *text)
{
	size_t n = text ? strnlen(text, SUBJECT_MAX + 1) : 0;

	for (size_t i = 0; i < n; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return n > 0 && n <= SUBJECT_MAX;
}

static bool counts_as_verified(const struct provider_conf *provider, bool claimed)
{
	const char *rule = provider_email_verified(provider);

	return strcmp(rule, "claim") == 0 ? claimed : strcmp(rule, "yes") == 0;
}

static enum provider_verdict make_identity(const struct visit *visit,
					   const struct said *said, struct identity *out)
{
	struct arena *arena = visit->c->arena;
	struct email email;

	if (!is_subject(said->subject))
		return visit_refuse(visit, "subject", "it is not one");
	*out = (struct identity){
		.issuer = provider_issuer(arena, visit->provider),
		.subject = arena_dup(arena, said->subject),
	};
	if (said->email && email_parse(arena, said->email, &email)) {
		out->email = email.address;
		out->email_verified =
			counts_as_verified(visit->provider, said->email_verified);
	}
	return PROVIDER_GOOD;
}

/* ---- the whole ---- */

/* RFC 9207 §2.4. What is not OpenID Connect has an issuer where the settings say so. */
static bool iss_fits(const struct provider_conf *provider,
		     const struct endpoints *endpoints, const char *iss)
{
	const char *issuer = provider_type(provider)->discovers ? source_issuer(provider)
								: provider->issuer;

	if (!iss)
		return !endpoints->sends_iss;
	return !*issuer || strcmp(iss, issuer) == 0;
}

static enum provider_verdict find_endpoints(const struct visit *visit,
					    struct endpoints *out)
{
	switch (endpoints_find(visit->c, visit->provider, out)) {
	case RC_OK:
		return PROVIDER_GOOD;
	case RC_NONE:
	case RC_CONFLICT:
		return visit_refuse(visit, NULL, "discovery has not succeeded");
	case RC_DOWN:
		return PROVIDER_STORE_DOWN;
	}
	INVARIANT(false);
}

static enum provider_verdict identify(struct visit *visit,
				      const struct endpoints *endpoints,
				      const struct provider_answer *answer,
				      struct identity *out)
{
	struct provider_tokens tokens;
	struct said said = {0};
	enum provider_verdict verdict = redeem(visit, endpoints, answer, &tokens);

	if (verdict == PROVIDER_GOOD)
		verdict = provider_type(visit->provider)->discovers
				  ? read_id_token(visit, endpoints, &tokens,
						  answer->nonce, &said)
				  : ask_for_user(visit, endpoints, tokens.access, &said);
	return verdict == PROVIDER_GOOD ? make_identity(visit, &said, out) : verdict;
}

enum provider_verdict provider_identify(struct context *c,
					const struct provider_conf *provider,
					const struct provider_answer *answer,
					struct identity *out)
{
	CLEANUP(visit_end) struct visit visit = {.c = c, .provider = provider};
	struct endpoints endpoints;
	enum provider_verdict verdict = find_endpoints(&visit, &endpoints);

	if (verdict != PROVIDER_GOOD)
		return verdict;
	if (!iss_fits(provider, &endpoints, answer->iss))
		return visit_refuse(&visit, NULL, "the answer names another issuer");
	verdict = visit_begin(&visit, c, provider);
	return verdict == PROVIDER_GOOD ? identify(&visit, &endpoints, answer, out)
					: verdict;
}
