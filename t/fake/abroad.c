#include "t/fake/abroad.h"

#include "app/store/issuer_cache.h"
#include "lib/crypto.h"
#include "lib/jwk.h"
#include "lib/process.h"
#include "lib/text.h"
#include "t/unit/unit.h"

struct abroad_store abroad_store;
struct context abroad;
struct gate_row *abroad_gates;
struct provider_conf *abroad_provider;
struct provider_answer abroad_answer;

static struct provider_conf providers[ABROAD_PROVIDERS];
static struct conf conf;
static struct gate gate;
static struct crypto_key *p256, *rsa, *forger;

/* ---- app/store/issuers.c ---- */

enum rc issuers_read(struct context *c UNUSED, const char *section, const char *issuer,
		     struct issuer_documents *out)
{
	bool late = abroad_store.later && ++abroad_store.reads >= abroad_store.later;

	ck_assert_str_eq(section, "provider x");
	if (abroad_store.rc == RC_OK)
		*out = (struct issuer_documents){
			.section = section,
			.issuer = issuer,
			.metadata = abroad_store.metadata,
			.jwks = late ? abroad_store.later_jwks : abroad_store.jwks,
			.version = late ? 2 : 1,
			.good_until = abroad.now_ms + 1000000,
		};
	return abroad_store.rc;
}

enum rc issuers_wish(struct context *c UNUSED, const char *section,
		     const char *issuer UNUSED, bool *pending)
{
	ck_assert_str_eq(section, "provider x");
	abroad_store.wishes++;
	*pending = abroad_store.pending;
	return abroad_store.wish_rc;
}

/* ---- the settings ---- */

static const struct words RS256_ES256 = {2, (const char *const[]){"RS256", "ES256"}};

static const struct provider_conf NOTHING = {
	.name = "x",
	.type = "oidc",
	.client_id = ABROAD_CLIENT,
	.client_secret = ABROAD_SECRET,
	.issuer = "",
	.authorize_url = "",
	.token_url = "",
	.userinfo_url = "",
	.jwks_url = "",
	.scope = "",
	.email_verified = "by-type",
	.subject_field = "id",
	.email_field = "email",
	.email_verified_field = "email_verified",
};

static void set_up(const char *type)
{
	abroad_provider = &providers[1];
	providers[0] = providers[1] = NOTHING;
	providers[0].name = "other";
	abroad_provider->type = type;
	abroad_provider->algorithms = RS256_ES256;
	if (!strcmp(type, "oidc"))
		abroad_provider->issuer = ABROAD_ISSUER;
	if (!strcmp(type, "oauth2")) {
		abroad_provider->authorize_url = ABROAD_AUTHORIZE;
		abroad_provider->token_url = ABROAD_TOKEN;
		abroad_provider->userinfo_url = ABROAD_USERINFO "?format=json";
	}
	if (!strcmp(type, "yandex")) {
		abroad_provider->token_url = ABROAD_TOKEN;
		abroad_provider->userinfo_url = ABROAD_USERINFO;
	}
	conf = (struct conf){.web_public_url = "https://our.example",
			     .n_providers = ABROAD_PROVIDERS,
			     .providers = providers};
}

static char *quoted(const char *text)
{
	char *copy = arena_dup(abroad.arena, text);

	for (char *at = copy; *at; at++)
		if (*at == '\'')
			*at = '"';
	return copy;
}

/* One RSA and one P-256 key, as the refresher reduced them */
static const char *public_keys(void)
{
	struct crypto_jwk ec, rs;
	const char *set, *reduced, *why;
	size_t n;

	crypto_key_jwk(abroad.arena, p256, &ec);
	crypto_key_jwk(abroad.arena, rsa, &rs);
	set = quoted(arena_printf(
		abroad.arena,
		"{'keys':[{'kty':'EC','crv':'P-256','kid':'e','x':'%s','y':'%s'},"
		"{'kty':'RSA','kid':'r','n':'%s','e':'%s'}]}",
		ec.x, ec.y, rs.n, rs.e));
	reduced = jwk_reduce(abroad.arena, set, strlen(set), &n, &why);
	ck_assert_ptr_nonnull(reduced);
	return reduced;
}

void abroad_open(void)
{
	p256 = crypto_key_generate(CRYPTO_P256);
	rsa = crypto_key_generate(CRYPTO_RSA);
	forger = crypto_key_generate(CRYPTO_P256);
}

void abroad_begin(const char *type)
{
	set_up(type);
	abroad_gates = process_shared(GATE_ROWS * sizeof *abroad_gates);
	gate = (struct gate){abroad_gates, 0};
	abroad = (struct context){.arena = arena_new(64 << 20),
				  .conf = &conf,
				  .issuers = issuer_cache_new(),
				  .fetch = fetch_new(),
				  .gate = &gate,
				  .now_ms = ABROAD_NOW_S * (int64_t)1000};
	abroad_answer = (struct provider_answer){
		.code = "a code&more", .nonce = "n-1", .verifier = ABROAD_VERIFIER};
	abroad_store = (struct abroad_store){.jwks = public_keys(), .pending = true};
	web = (struct web){0};
	abroad_metadata("");
}

void abroad_end(void)
{
	arena_free(&abroad.arena);
	issuer_cache_free(&abroad.issuers);
	fetch_free(&abroad.fetch);
}

void abroad_close(void)
{
	crypto_key_free(&p256);
	crypto_key_free(&rsa);
	crypto_key_free(&forger);
}

/* ---- the provider ---- */

struct web_page *abroad_page(const char *url, int status, const char *body)
{
	struct web_page *page = web.pages;

	while (page->url && strcmp(page->url, url) != 0)
		ck_assert(++page < web.pages + COUNT(web.pages));
	*page = (struct web_page){.url = url, .body = quoted(body), .status = status};
	return page;
}

void abroad_tokens(const char *id_token)
{
	const char *member =
		id_token ? arena_printf(abroad.arena, ",'id_token':'%s'", id_token) : "";

	(void)abroad_page(ABROAD_TOKEN, 200,
			  arena_printf(abroad.arena,
				       "{'access_token':'at-1','token_type':'bearer',"
				       "'expires_in':3600%s}",
				       member));
}

void abroad_metadata(const char *more)
{
	abroad_store.metadata =
		quoted(arena_printf(abroad.arena,
				    "{'issuer':'%s','authorization_endpoint':'%s',"
				    "'token_endpoint':'%s'%s}",
				    ABROAD_ISSUER, ABROAD_AUTHORIZE, ABROAD_TOKEN, more));
}

static const char *encoded(const char *json)
{
	const char *text = quoted(json);

	return base64url_encode(abroad.arena, text, strlen(text));
}

static const char * or (const char *given, const char *good)
{
	return given ? given : good;
}

const char *abroad_id_token(const struct abroad_token *t)
{
	const struct crypto_key *key = t->forged ? forger : t->rs256 ? rsa : p256;
	const char *header = or (t->header, t->rs256 ? "{'alg':'RS256','kid':'r'}"
						     : "{'alg':'ES256','kid':'e'}");
	const char *payload = arena_printf(
		abroad.arena, "{%s,%s,%s,%s,%s,%s%s}",
		or (t->iss, "'iss':'" ABROAD_ISSUER "'"),
		or (t->aud, "'aud':'" ABROAD_CLIENT "'"), or (t->nonce, "'nonce':'n-1'"),
		or (t->sub, "'sub':'somebody'"), or (t->iat, "'iat':1800000000"),
		or (t->exp, "'exp':1800000600"), or (t->more, ""));
	const char *text =
		arena_printf(abroad.arena, "%s.%s", encoded(header), encoded(payload));
	uint8_t *signature;
	size_t n;

	crypto_sign(abroad.arena, key, text, strlen(text), &signature, &n);
	return arena_printf(abroad.arena, "%s.%s", text,
			    base64url_encode(abroad.arena, signature, n));
}

const struct identity *abroad_identify(enum provider_verdict expected)
{
	static const struct identity untouched = {.issuer = "untouched"};
	static struct identity identity;
	enum provider_verdict verdict;

	identity = untouched;
	verdict = provider_identify(&abroad, abroad_provider, &abroad_answer, &identity);
	ck_assert_int_eq(verdict, expected);
	if (verdict == PROVIDER_GOOD)
		return &identity;
	ck_assert_str_eq(identity.issuer, "untouched");
	return NULL;
}
