/* What an issuer publishes of itself: app/provider/discovery.c. The input is the document
 * and, behind a line feed, the key set. */
#include "app/provider/discovery.h"

#include "lib/fetch_age.h"
#include "lib/json.h"
#include "lib/url.h"
#include "t/fuzz/fuzz.h"

static const struct source SOURCES[] = {
	{.section = "issuer a", .issuer = "https://id.test", .jwks_url = ""},
	{.section = "provider a",
	 .issuer = "https://id.test",
	 .jwks_url = "",
	 .needs_endpoints = true},
};

/* In the place of lib/fetch.c */
static const char *document, *keys;

bool fetch_run(struct fetch *fetch UNUSED, struct arena *arena UNUSED,
	       const struct fetch_request *request, struct fetch_answer *out,
	       const char **why UNUSED)
{
	bool is_document = strstr(request->url, "/.well-known/") != NULL;
	const char *body = is_document ? document : keys;

	INVARIANT(url_is_sound(request->url) && !request->allow_http);
	INVARIANT(text_starts(request->url, "https://"));
	*out = (struct fetch_answer){.status = 200,
				     .content_type = "",
				     .body = body,
				     .n = strlen(body),
				     .max_age_s = FETCH_NO_AGE};
	return true;
}

static void look_at_metadata(struct arena *arena, const struct source *source,
			     const char *text)
{
	static const char *const URLS[] = {"authorization_endpoint", "token_endpoint",
					   "userinfo_endpoint", "jwks_uri"};
	const struct json *json = json_parse(arena, text, strlen(text));

	INVARIANT(json && fuzz_same(json_text(json, "issuer"), source->issuer));
	for (size_t i = 0; i < COUNT(URLS); i++) {
		const char *url = json_text(json, URLS[i]);

		INVARIANT(url ? url_is_sound(url) && text_starts(url, "https://")
			      : json_type(json, URLS[i]) == JSON_ABSENT);
		INVARIANT(url || i > 1 || !source->needs_endpoints);
	}
}

static void judge(struct arena *arena, const struct source *source)
{
	struct discovery found = {0};
	const char *why = NULL;

	if (!discovery_run(NULL, arena, source, &found, &why)) {
		INVARIANT(why && !found.jwks);
		return;
	}
	INVARIANT(found.jwks && found.n_keys >= 1 && found.metadata);
	INVARIANT(found.ttl_s >= DISCOVERY_TTL_MIN_S &&
		  found.ttl_s <= DISCOVERY_TTL_MAX_S);
	look_at_metadata(arena, source, found.metadata);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena *arena = fuzz_arena();
	char *text = fuzz_text(arena, bytes, n);

	document = fuzz_line(&text);
	keys = text;
	for (size_t i = 0; i < COUNT(SOURCES); i++)
		judge(arena, &SOURCES[i]);
	return 0;
}
