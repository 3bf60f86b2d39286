#include "app/provider/discovery.h"

#include "lib/clock.h"
#include "lib/json.h"
#include "lib/jwk.h"
#include "lib/text.h"
#include "lib/url.h"

enum {
	URL_BYTES_MAX = 1000,
	WORDS_MAX = 32, /* of one list; what is beyond, or longer, is left out */
	WORD_BYTES_MAX = 64,
};

/* One document being fetched: what is asked, by when, and what was wrong. */
struct asking {
	struct fetch *fetch;
	struct arena *arena;
	const struct source *source;
	int64_t deadline_ms;
	const char *why;
};

static bool refuse(struct asking *a, const char *what, const char *why)
{
	a->why = arena_printf(a->arena, "%s: %s", what, why);
	return false;
}

static bool get(struct asking *a, const char *what, const char *url,
		struct fetch_answer *out)
{
	const struct fetch_request request = {
		.url = url,
		.allow_http = a->source->allow_http,
		.allow_private = a->source->allow_private,
		.deadline_ms = a->deadline_ms,
	};
	const char *why;

	if (!fetch_run(a->fetch, a->arena, &request, out, &why))
		return refuse(a, what, why);
	if (out->status != 200)
		return refuse(a, what, arena_printf(a->arena, "status %d", out->status));
	return true;
}

static bool url_fits(const char *url, bool allow_http)
{
	return strlen(url) <= URL_BYTES_MAX && url_is_sound(url) &&
	       (allow_http || text_starts(url, "https://"));
}

static const struct endpoint {
	const char *name;
	bool of_login; /* must be there when the source needs endpoints */
} ENDPOINTS[] = {
	{"authorization_endpoint", true},
	{"token_endpoint", true},
	{"userinfo_endpoint", false},
	{"jwks_uri", false},
};

/* One that is not used is not there. */
static bool take_endpoint(struct asking *a, const struct json *from,
			  const struct endpoint *endpoint, struct json *to)
{
	const char *url = json_text(from, endpoint->name);

	if (!url && endpoint->of_login && a->source->needs_endpoints)
		return refuse(a, endpoint->name, "missing");
	if (!url)
		return true;
	if (!url_fits(url, a->source->allow_http))
		return refuse(a, endpoint->name, "not an address to use");
	json_add_text(a->arena, to, endpoint->name, url);
	return true;
}

static void take_words(struct arena *arena, const struct json *from, const char *name,
		       struct json *to)
{
	const struct json *words = json_member(from, name);
	size_t n = json_type(from, name) == JSON_ARRAY ? json_count(words) : 0;
	struct json *list;

	if (!n)
		return;
	list = json_add_array(arena, to, name);
	for (size_t i = 0; i < n && i < WORDS_MAX; i++) {
		const char *word = json_as_text(json_item(words, i));

		if (word && strlen(word) <= WORD_BYTES_MAX)
			json_push_text(arena, list, word);
	}
}

/* The members that are used. NULL: refused. */
static struct json *reduce(struct asking *a, const struct json *document)
{
	static const char *const lists[] = {"token_endpoint_auth_methods_supported",
					    "id_token_signing_alg_values_supported"};
	static const char sends_iss[] = "authorization_response_iss_parameter_supported";
	struct json *out = json_object(a->arena);
	bool flag;

	json_add_text(a->arena, out, "issuer", a->source->issuer);
	for (size_t i = 0; i < COUNT(ENDPOINTS); i++)
		if (!take_endpoint(a, document, &ENDPOINTS[i], out))
			return NULL;
	for (size_t i = 0; i < COUNT(lists); i++)
		take_words(a->arena, document, lists[i], out);
	if (json_bool(document, sends_iss, &flag))
		json_add_bool(a->arena, out, sends_iss, flag);
	return out;
}

/* OpenID Connect Discovery 1.0 §4: a slash at the end is left out. */
static char *discovery_url(struct arena *arena, const char *issuer)
{
	size_t n = strlen(issuer);

	while (n > 0 && issuer[n - 1] == '/')
		n--;
	return arena_printf(arena, "%.*s/.well-known/openid-configuration", (int)n,
			    issuer);
}

static struct json *discover(struct asking *a)
{
	static const char WHAT[] = "discovery";
	struct fetch_answer answer;
	const struct json *document;
	const char *issuer;

	if (!get(a, WHAT, discovery_url(a->arena, a->source->issuer), &answer))
		return NULL;
	document = json_parse(a->arena, answer.body, answer.n);
	issuer = document ? json_text(document, "issuer") : NULL;
	/* §4.3: exactly, or another's keys would be taken for this one's */
	if (!document || !issuer || strcmp(issuer, a->source->issuer) != 0) {
		(void)refuse(a, WHAT,
			     !document ? "not a JSON object" : "of another issuer");
		return NULL;
	}
	return reduce(a, document);
}

static int64_t ttl_of(int64_t max_age_s)
{
	if (max_age_s < DISCOVERY_TTL_MIN_S)
		return DISCOVERY_TTL_MIN_S;
	return max_age_s < DISCOVERY_TTL_MAX_S ? max_age_s : DISCOVERY_TTL_MAX_S;
}

static bool take_keys(struct asking *a, const char *url, struct discovery *out)
{
	static const char WHAT[] = "keys";
	struct fetch_answer answer;
	const char *why;

	if (!get(a, WHAT, url, &answer))
		return false;
	out->jwks = jwk_reduce(a->arena, answer.body, answer.n, &out->n_keys, &why);
	if (!out->jwks)
		return refuse(a, WHAT, why);
	out->ttl_s = ttl_of(answer.max_age_s);
	return true;
}

static bool fill(struct asking *a, struct discovery *out)
{
	const char *jwks_url = a->source->jwks_url;
	const struct json *metadata = NULL;

	if (a->source->needs_endpoints || !*jwks_url) {
		metadata = discover(a);
		if (!metadata)
			return false;
		out->metadata = json_print(a->arena, metadata);
	}
	if (!*jwks_url)
		jwks_url = json_text(metadata, "jwks_uri");
	if (!jwks_url)
		return refuse(a, "jwks_uri", "missing");
	return take_keys(a, jwks_url, out);
}

bool discovery_run(struct fetch *fetch, struct arena *arena, const struct source *source,
		   struct discovery *out, const char **why)
{
	struct asking a = {fetch, arena, source, clock_mono_ms() + FETCH_TOTAL_MS, NULL};
	struct discovery found = {0};

	if (!fill(&a, &found)) {
		*why = a.why;
		return false;
	}
	*out = found;
	return true;
}
