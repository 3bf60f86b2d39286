/* fakes: web */
#include "app/provider/discovery.h"
#include "lib/clock.h"
#include "t/fake/web.h"
#include "t/unit/unit.h"

#define ISSUER	  "https://id.example/tenant/"
#define DISCOVERY "https://id.example/tenant/.well-known/openid-configuration"
#define JWKS	  "https://keys.example/set?v=1"
#define KEY                                                                              \
	"{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"k1\",\"use\":\"sig\","              \
	"\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","                         \
	"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}" /* RFC 7515 A.3.1 */
#define KEYS "{\"keys\":[" KEY "]}"
#define ENDPOINTS                                                                        \
	"\"authorization_endpoint\":\"https://id.example/a\","                           \
	"\"token_endpoint\":\"https://id.example/t\""
#define DOCUMENT(more) "{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"" JWKS "\"" more "}"

static struct arena *arena;
static struct fetch *fetch;
static struct source source;
static struct discovery found;
static const char *why;

static void setup(void)
{
	arena = arena_new(DISCOVERY_ARENA_BYTES);
	fetch = fetch_new();
	web = (struct web){.pages = {{.url = DISCOVERY, .body = DOCUMENT("")},
				     {.url = JWKS, .body = KEYS, .max_age_s = 600}}};
	source = (struct source){.section = "issuer x", .issuer = ISSUER, .jwks_url = ""};
	found = (struct discovery){.ttl_s = -7};
	why = NULL;
}

static void teardown(void)
{
	fetch_free(&fetch);
	arena_free(&arena);
}

static void good(void)
{
	ck_assert_msg(discovery_run(fetch, arena, &source, &found, &why), "%s", why);
}

static void refused(const char *reason)
{
	ck_assert(!discovery_run(fetch, arena, &source, &found, &why));
	ck_assert_str_eq(why, reason);
	ck_assert_int_eq(found.ttl_s, -7); /* untouched */
}

START_TEST(both_documents)
{
	int64_t now = clock_mono_ms();

	good();
	ck_assert_str_eq(found.metadata, DOCUMENT(""));
	ck_assert_ptr_nonnull(strstr(found.jwks, "\"kid\":\"k1\""));
	ck_assert_uint_eq(found.n_keys, 1);
	ck_assert_int_eq(found.ttl_s, 600);
	ck_assert_uint_eq(web.n_asked, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct fetch_request *asked = &web.asked[i];

		ck_assert(!asked->allow_http && !asked->allow_private);
		ck_assert(!asked->form && !asked->authorization);
		ck_assert_int_eq(asked->deadline_ms, web.asked[0].deadline_ms);
		ck_assert_int_ge(asked->deadline_ms, now + FETCH_TOTAL_MS);
		ck_assert_int_lt(asked->deadline_ms, now + FETCH_TOTAL_MS + 1000);
	}
}
END_TEST

START_TEST(where_discovery_is)
{
	static const char *const issuers[][2] = {
		{"https://a.example",
		 "https://a.example/.well-known/openid-configuration"},
		{"https://a.example/",
		 "https://a.example/.well-known/openid-configuration"},
		{"https://a.example/p",
		 "https://a.example/p/.well-known/openid-configuration"},
	};

	for (size_t i = 0; i < COUNT(issuers); i++) {
		web.n_asked = 0;
		source.issuer = issuers[i][0];
		refused("discovery: no such name");
		ck_assert_uint_eq(web.n_asked, 1);
		ck_assert_str_eq(web.asked[0].url, issuers[i][1]);
	}
}
END_TEST

START_TEST(what_the_settings_say_is_not_discovered)
{
	source.jwks_url = JWKS;
	good();
	ck_assert_ptr_null(found.metadata);
	ck_assert_uint_eq(web.n_asked, 1);
	source.needs_endpoints = true;
	web.n_asked = 0;
	web.pages[0].body = "{\"issuer\":\"" ISSUER
			    "\",\"jwks_uri\":\"https://x.example\"," ENDPOINTS "}";
	good();
	ck_assert_ptr_nonnull(found.metadata);
	ck_assert_str_eq(web.asked[1].url, JWKS);
}
END_TEST

START_TEST(allowances_go_along)
{
	source.allow_http = source.allow_private = true;
	good();
	for (size_t i = 0; i < web.n_asked; i++)
		ck_assert(web.asked[i].allow_http && web.asked[i].allow_private);
}
END_TEST

START_TEST(only_what_is_used_is_kept)
{
	web.pages[0].body =
		"{\"x\":{\"y\":[1]},\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"" JWKS
		"\"," ENDPOINTS ",\"userinfo_endpoint\":\"https://id.example/u\","
		"\"registration_endpoint\":\"javascript:alert(1)\","
		"\"token_endpoint_auth_methods_supported\":"
		"[\"client_secret_post\",7,null,\"private_key_jwt\"],"
		"\"id_token_signing_alg_values_supported\":[\"RS256\"],"
		"\"authorization_response_iss_parameter_supported\":true}";
	good();
	ck_assert_str_eq(found.metadata,
			 "{\"issuer\":\"" ISSUER "\"," ENDPOINTS
			 ",\"userinfo_endpoint\":\"https://id.example/u\","
			 "\"jwks_uri\":\"" JWKS "\","
			 "\"token_endpoint_auth_methods_supported\":"
			 "[\"client_secret_post\",\"private_key_jwt\"],"
			 "\"id_token_signing_alg_values_supported\":[\"RS256\"],"
			 "\"authorization_response_iss_parameter_supported\":true}");
}
END_TEST

START_TEST(members_of_other_types_are_not_there)
{
	web.pages[0].body =
		DOCUMENT(",\"token_endpoint\":7,\"userinfo_endpoint\":[\"https://a\"],"
			 "\"token_endpoint_auth_methods_supported\":\"x\","
			 "\"id_token_signing_alg_values_supported\":{\"a\":1},"
			 "\"authorization_response_iss_parameter_supported\":\"true\"");
	good();
	ck_assert_str_eq(found.metadata, DOCUMENT(""));
}
END_TEST

START_TEST(lists_are_cut)
{
	char *body = arena_dup(arena, DOCUMENT(""));
	const char *at;
	size_t n = 0;

	body[strlen(body) - 1] = '\0';
	body = arena_printf(arena,
			    "%s,\"id_token_signing_alg_values_supported\":[\"%0*d\"",
			    body, 65, 1);
	for (int i = 0; i < 100; i++)
		body = arena_printf(arena, "%s,\"A%d\"", body, i);
	web.pages[0].body = arena_printf(arena, "%s]}", body);
	good();
	for (at = found.metadata; (at = strstr(at, "\"A")); at++)
		n++;
	ck_assert_uint_eq(n, 31); /* the first of 32 was too long */
}
END_TEST

START_TEST(documents_that_are_refused)
{
	static const struct {
		const char *body, *why;
	} rows[] = {
		{"", "discovery: not a JSON object"},
		{"[]", "discovery: not a JSON object"},
		{"<html>", "discovery: not a JSON object"},
		{DOCUMENT("") "x", "discovery: not a JSON object"},
		{DOCUMENT(",\"issuer\":\"" ISSUER "\""), "discovery: not a JSON object"},
		{"{}", "discovery: of another issuer"},
		{"{\"issuer\":7}", "discovery: of another issuer"},
		{"{\"issuer\":\"https://id.example/tenant\",\"jwks_uri\":\"" JWKS "\"}",
		 "discovery: of another issuer"},
		{"{\"issuer\":\"https://ID.example/tenant/\"}",
		 "discovery: of another issuer"},
		{"{\"issuer\":\"" ISSUER "\"}", "jwks_uri: missing"},
		{"{\"issuer\":\"" ISSUER "\",\"jwks_uri\":null}", "jwks_uri: missing"},
		{"{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"http://keys.example/\"}",
		 "jwks_uri: not an address to use"},
		{"{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"file:///etc/passwd\"}",
		 "jwks_uri: not an address to use"},
		{"{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"https://u:p@keys.example/\"}",
		 "jwks_uri: not an address to use"},
		{DOCUMENT(",\"authorization_endpoint\":\"https://a.example/\\r\\nX: y\""),
		 "authorization_endpoint: not an address to use"},
		{DOCUMENT(",\"userinfo_endpoint\":\"http://a.example/\""),
		 "userinfo_endpoint: not an address to use"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		web.pages[0].body = rows[i].body;
		web.n_asked = 0;
		refused(rows[i].why);
		ck_assert_uint_eq(web.n_asked, 1);
	}
	web.pages[0].body = DOCUMENT("");
	web.pages[0].status = 302;
	refused("discovery: status 302");
}
END_TEST

START_TEST(a_long_address_is_refused)
{
	web.pages[0].body = arena_printf(
		arena, "{\"issuer\":\"%s\",\"jwks_uri\":\"https://a/%01000d\"}", ISSUER,
		1);
	refused("jwks_uri: not an address to use");
}
END_TEST

START_TEST(a_login_needs_endpoints)
{
	source.needs_endpoints = true;
	refused("authorization_endpoint: missing");
	web.pages[0].body =
		DOCUMENT(",\"authorization_endpoint\":\"https://id.example/a\"");
	refused("token_endpoint: missing");
	web.pages[0].body = DOCUMENT("," ENDPOINTS);
	good();
}
END_TEST

START_TEST(http_where_it_is_allowed)
{
	source.allow_http = true;
	web.pages[0].body =
		"{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"http://127.0.0.1:1/k\"}";
	web.pages[1].url = "http://127.0.0.1:1/k";
	good();
}
END_TEST

START_TEST(keys_that_are_refused)
{
	static const struct {
		const char *body, *why;
	} rows[] = {
		{"", "keys: not a JWK Set"},
		{"{}", "keys: not a JWK Set"},
		{"{\"keys\":{}}", "keys: not a JWK Set"},
		{"{\"keys\":[]}", "keys: no usable key"},
		{"{\"keys\":[" KEY "," KEY "]}", "keys: no usable key"},
		{"{\"keys\":[{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"AAAA\"}]}",
		 "keys: no usable key"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		web.pages[1].body = rows[i].body;
		web.n_asked = 0;
		refused(rows[i].why);
	}
	web.pages[1] = (struct web_page){.url = JWKS, .body = KEYS, .status = 500};
	refused("keys: status 500");
	web.pages[1].url = NULL;
	refused("keys: no such name");
}
END_TEST

START_TEST(the_life_of_keys_has_limits)
{
	static const struct {
		int64_t max_age_s, ttl_s;
	} rows[] = {{-1, 300},	    {0, 300},	    {299, 300},	       {300, 300},
		    {86400, 86400}, {86401, 86400}, {1LL << 31, 86400}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		web.pages[1].max_age_s = rows[i].max_age_s;
		web.n_asked = 0;
		good();
		ck_assert_int_eq(found.ttl_s, rows[i].ttl_s);
	}
}
END_TEST

/* As long as an answer can be, by the kind of value that takes the most memory */
static const char *stuffed(const char *begin)
{
	static const char MORE[] = ",\"x\":[0";
	enum { SIZE = FETCH_BODY_MAX + 1 };
	char *body = malloc(SIZE);
	size_t n = strlen(begin);

	ck_assert_ptr_nonnull(body);
	memcpy(body, begin, n);
	memcpy(body + n, MORE, strlen(MORE));
	for (n += strlen(MORE); n < SIZE - 4; n += 2)
		memcpy(body + n, ",0", 2);
	snprintf(body + n, SIZE - n, "]}");
	return body;
}

START_TEST(large_documents_fit)
{
	web.pages[0].body =
		stuffed("{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"" JWKS "\"");
	web.pages[1].body = stuffed("{\"keys\":[" KEY "]");
	good();
	ck_assert_uint_gt(arena_used(arena), 10 << 20);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		both_documents,
		where_discovery_is,
		what_the_settings_say_is_not_discovered,
		allowances_go_along,
		only_what_is_used_is_kept,
		members_of_other_types_are_not_there,
		lists_are_cut,
		documents_that_are_refused,
		a_long_address_is_refused,
		a_login_needs_endpoints,
		http_where_it_is_allowed,
		keys_that_are_refused,
		the_life_of_keys_has_limits,
		large_documents_fit,
	};

	return unit_run("discovery", tests, COUNT(tests), setup, teardown);
}
