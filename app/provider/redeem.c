#include "app/provider/redeem.h"

#include <strings.h>

#include "lib/text.h"
#include "lib/url.h"

static const char WHAT[] = "token endpoint";

enum { TOKEN_LEN_MAX = 16384 };

/* RFC 6749 §2.3.1 */
static const char *basic(struct arena *arena, const struct provider_conf *provider)
{
	const char *pair =
		arena_printf(arena, "%s:%s", url_encode(arena, provider->client_id),
			     url_encode(arena, provider->client_secret));

	return arena_printf(arena, "Basic %s", base64_encode(arena, pair, strlen(pair)));
}

/* RFC 6750 §2.1, and what else a header may hold but spaces */
static bool is_token(const char *text)
{
	size_t n = strnlen(text, TOKEN_LEN_MAX + 1);

	for (size_t i = 0; i < n; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return n > 0 && n <= TOKEN_LEN_MAX;
}

static enum provider_verdict read_tokens(const struct visit *visit,
					 const struct json *json,
					 struct provider_tokens *out)
{
	const char *type = json_text(json, "token_type");
	const char *access = json_text(json, "access_token");

	if (!type || strcasecmp(type, "Bearer") != 0)
		return visit_refuse(visit, WHAT, "token_type is not Bearer");
	if (!access || !is_token(access))
		return visit_refuse(visit, WHAT, "access_token is not one");
	*out = (struct provider_tokens){access, json_text(json, "id_token")};
	return PROVIDER_GOOD;
}

enum provider_verdict redeem(struct visit *visit, const struct endpoints *endpoints,
			     const struct provider_answer *answer,
			     struct provider_tokens *out)
{
	const struct provider_conf *provider = visit->provider;
	bool in_body = endpoints->secret_in_body;
	const struct url_pair pairs[] = {
		{"grant_type", "authorization_code"},
		{"code", answer->code},
		{"redirect_uri", provider_callback_url(visit->c, provider)},
		{"code_verifier", answer->verifier},
		{"client_id", in_body ? provider->client_id : NULL},
		{"client_secret", in_body ? provider->client_secret : NULL},
	};
	const struct visit_question question = {
		.what = WHAT,
		.url = endpoints->token,
		.form = url_form(visit->arena, pairs, COUNT(pairs)),
		.authorization = in_body ? NULL : basic(visit->arena, provider),
	};
	const struct json *json;
	enum provider_verdict verdict = visit_ask(visit, &question, &json);

	return verdict == PROVIDER_GOOD ? read_tokens(visit, json, out) : verdict;
}
