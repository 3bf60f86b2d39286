/* fakes: abroad web */
#include "lib/clock.h"
#include "lib/text.h"
#include "t/fake/abroad.h"
#include "t/unit/unit.h"

/* form-encoded our:id/1 and s e+c&r=ét (RFC 6749 §2.3.1) */
#define CREDENTIALS "our%3Aid%2F1:s%20e%2Bc%26r%3D%C3%A9t"
#define IN_BODY	    "&client_id=our%3Aid%2F1&client_secret=s%20e%2Bc%26r%3D%C3%A9t"
#define FORM                                                                             \
	"grant_type=authorization_code&code=a%20code%26more&redirect_uri="               \
	"https%3A%2F%2Four.example%2Fapi%2Fv1%2Fsocial%2Fauth%2Fx&code_verifier=" ABROAD_VERIFIER

static void begin(void)
{
	abroad_begin("oidc");
	abroad_tokens(abroad_id_token(&(struct abroad_token){0}));
}

static void token_gives(const struct abroad_token *token, enum provider_verdict verdict)
{
	abroad_tokens(abroad_id_token(token));
	(void)abroad_identify(verdict);
}

START_TEST(somebody)
{
	const struct identity *who = abroad_identify(PROVIDER_GOOD);
	const struct fetch_request *asked = &web.asked[0];

	ck_assert_str_eq(who->issuer, ABROAD_ISSUER);
	ck_assert_str_eq(who->subject, "somebody");
	ck_assert_ptr_null(who->email);
	ck_assert(!who->email_verified);
	ck_assert_uint_eq(web.n_asked, 1);
	ck_assert_str_eq(asked->url, ABROAD_TOKEN);
	ck_assert_str_eq(asked->form, FORM);
	ck_assert_str_eq(asked->authorization,
			 arena_printf(abroad.arena, "Basic %s",
				      base64_encode(abroad.arena, CREDENTIALS,
						    strlen(CREDENTIALS))));
	ck_assert(!asked->allow_http && !asked->allow_private);
	ck_assert_int_gt(asked->deadline_ms, clock_mono_ms());
	ck_assert_int_le(asked->deadline_ms, clock_mono_ms() + PROVIDER_TOTAL_MS);
	ck_assert_int_eq(abroad_gates[1].holders[0], 0);
}
END_TEST

START_TEST(by_rsa_and_by_p256)
{
	token_gives(&(struct abroad_token){.rs256 = true}, PROVIDER_GOOD);
	abroad_provider->algorithms.n = 1; /* RS256 */
	token_gives(&(struct abroad_token){.rs256 = true}, PROVIDER_GOOD);
	token_gives(&(struct abroad_token){0}, PROVIDER_DOWN);
}
END_TEST

START_TEST(the_secret_where_it_is_taken)
{
	static const struct {
		const char *methods;
		bool in_body;
	} rows[] = {
		{"[\"client_secret_post\"]", true},
		{"[\"private_key_jwt\",\"client_secret_post\"]", true},
		{"[\"client_secret_post\",\"client_secret_basic\"]", false},
		{"[\"client_secret_basic\"]", false},
		{"[\"private_key_jwt\"]", false},
		{"[]", false},
		{"\"client_secret_post\"", false},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		abroad_end();
		begin();
		abroad_metadata(arena_printf(
			abroad.arena, ",\"token_endpoint_auth_methods_supported\":%s",
			rows[i].methods));
		(void)abroad_identify(PROVIDER_GOOD);
		ck_assert_str_eq(web.asked[0].form,
				 rows[i].in_body ? FORM IN_BODY : FORM);
		ck_assert(!web.asked[0].authorization == rows[i].in_body);
	}
}
END_TEST

START_TEST(allowances_go_along)
{
	abroad_provider->allow_http = abroad_provider->allow_private = true;
	abroad_metadata(",'userinfo_endpoint':'" ABROAD_USERINFO "'");
	(void)abroad_page(ABROAD_USERINFO, 200, "{'sub':'somebody'}");
	(void)abroad_identify(PROVIDER_GOOD);
	ck_assert_uint_eq(web.n_asked, 2);
	for (size_t i = 0; i < web.n_asked; i++)
		ck_assert(web.asked[i].allow_http && web.asked[i].allow_private);
}
END_TEST

START_TEST(settings_come_first)
{
	abroad_provider->token_url = "https://moved.example/t";
	(void)abroad_identify(PROVIDER_DOWN);
	ck_assert_str_eq(web.asked[0].url, "https://moved.example/t");
}
END_TEST

/* Each is one change of a good token */
START_TEST(hostile_id_tokens)
{
	static const struct abroad_token rows[] = {
		{.iss = "'iss':'https://id.example/tenant/'"},
		{.iss = "'iss':'https://id.example'"},
		{.iss = "'iss':['" ABROAD_ISSUER "']"},
		{.iss = "'x':1"},
		{.aud = "'aud':'another'"},
		{.aud = "'aud':''"},
		{.aud = "'aud':[]"},
		{.aud = "'aud':['another']"},
		{.aud = "'aud':['" ABROAD_CLIENT "','another']"}, /* no azp */
		{.aud = "'aud':['" ABROAD_CLIENT "','another'],'azp':'another'"},
		{.aud = "'aud':'" ABROAD_CLIENT "','azp':'another'"},
		{.aud = "'aud':'" ABROAD_CLIENT "','azp':7"},
		{.aud = "'x':1"},
		{.nonce = "'nonce':'n-2'"},
		{.nonce = "'nonce':''"},
		{.nonce = "'nonce':null"},
		{.nonce = "'nonce':['n-1']"},
		{.nonce = "'x':1"},
		{.exp = "'exp':1799999000"},
		{.exp = "'exp':'1800000600'"},
		{.exp = "'exp':1800000600.5"},
		{.exp = "'x':1"},
		{.iat = "'iat':1800009000"},
		{.iat = "'iat':null"},
		{.iat = "'x':1"},
		{.more = ",'nbf':1800009000"},
		{.forged = true},
		{.rs256 = true, .header = "{'alg':'RS256','kid':'r'}", .forged = true},
		{.header = "{'alg':'none'}"},
		{.header = "{'alg':'HS256','kid':'e'}"},
		{.header = "{'alg':'RS256','kid':'r'}"}, /* signed with the other */
		{.header = "{'alg':'es256','kid':'e'}"},
		{.header = "{'alg':'ES256','kid':'e','crit':['x']}"},
		{.header = "{'alg':'ES256','kid':'e','jwk':{}}"},
		{.header = "{'alg':'ES256','kid':'e','typ':'at+jwt'}"},
		{.header = "{'alg':'ES256','kid':7}"},
		{.sub = "'x':1"},
		{.sub = "'sub':''"},
		{.sub = "'sub':7"},
		{.sub = "'sub':null"},
		{.sub = "'sub':'a\\u0009b'"},
		{.sub = "'sub':'\\u007f'"},
		{.sub = "'sub':'J\xc3\xbcrgen'"},
		{.sub = "'sub':'a','sub':'b'"},
	};

	abroad_store.pending = false;
	for (size_t i = 0; i < COUNT(rows); i++) {
		web.n_asked = web.n_texts = 0;
		token_gives(&rows[i], PROVIDER_DOWN);
	}
	ck_assert_int_eq(abroad_store.wishes, 0);
	ck_assert_int_eq(abroad_gates[1].failures, 0); /* it answers */
}
END_TEST

START_TEST(good_id_tokens)
{
	static const struct abroad_token rows[] = {
		{.aud = "'aud':['" ABROAD_CLIENT "']"},
		{.aud = "'aud':['another','" ABROAD_CLIENT "'],'azp':'" ABROAD_CLIENT
			"'"},
		{.header = "{'alg':'ES256','kid':'e','typ':'jwt','x':1}"},
		{.header = "{'alg':'ES256'}"}, /* one key of that kind */
		{.sub = "'sub':'CN=a b, O=c'"},
		{.exp = "'exp':1799999970"}, /* the clocks differ */
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		token_gives(&rows[i], PROVIDER_GOOD);
}
END_TEST

START_TEST(long_subjects)
{
	char sub[300];

	for (int n = 255; n <= 256; n++) {
		snprintf(sub, sizeof sub, "'sub':'%0*d'", n, 0);
		token_gives(&(struct abroad_token){.sub = sub},
			    n == 255 ? PROVIDER_GOOD : PROVIDER_DOWN);
	}
}
END_TEST

START_TEST(hostile_token_answers)
{
	static const struct {
		int status;
		const char *body;
	} rows[] = {
		{200, ""},
		{200, "null"},
		{200, "[]"},
		{200, "'x'"},
		{200, "<html>"},
		{200, "access_token=a&token_type=bearer"},
		{200, "{}"},
		{200, "{'access_token':'a','id_token':'%s'}"},
		{200, "{'access_token':'a','token_type':7,'id_token':'%s'}"},
		{200, "{'access_token':'a','token_type':'mac','id_token':'%s'}"},
		{200, "{'access_token':'a','token_type':'Bearer ','id_token':'%s'}"},
		{200, "{'token_type':'Bearer','id_token':'%s'}"},
		{200, "{'access_token':7,'token_type':'Bearer','id_token':'%s'}"},
		{200, "{'access_token':'','token_type':'Bearer','id_token':'%s'}"},
		{200, "{'access_token':'a b','token_type':'Bearer','id_token':'%s'}"},
		{200,
		 "{'access_token':'a\\r\\nX: y','token_type':'Bearer','id_token':'%s'}"},
		{200,
		 "{'access_token':'\xc3\xa9','token_type':'Bearer','id_token':'%s'}"},
		{200, "{'access_token':'a','token_type':'Bearer'}"},
		{200, "{'access_token':'a','token_type':'Bearer','id_token':null}"},
		{200, "{'access_token':'a','token_type':'Bearer','id_token':['%s']}"},
		{200, "{'access_token':'a','token_type':'Bearer','id_token':''}"},
		{200, "{'access_token':'a','token_type':'Bearer','id_token':'%s.x'}"},
		{200, "{'access_token':'a','token_type':'Bearer','id_token':'%s'}x"},
		{200,
		 "{'id_token':'x','access_token':'a','token_type':'Bearer','id_token':'%s'}"},
		{201, "{'access_token':'a','token_type':'Bearer','id_token':'%s'}"},
		{302, "{'access_token':'a','token_type':'Bearer','id_token':'%s'}"},
		{400, "{'error':'invalid_grant'}"},
		{400, "{'error':7}"},
		{401, "{'error':'invalid_client'}"},
		{500, "{'access_token':'a','token_type':'Bearer','id_token':'%s'}"},
		{503, ""},
	};
	const char *token = abroad_id_token(&(struct abroad_token){0});

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *at = strstr(rows[i].body, "%s");
		const char *body = rows[i].body;

		if (at)
			body = arena_printf(abroad.arena, "%.*s%s%s", (int)(at - body),
					    body, token, at + 2);
		web.n_asked = web.n_texts = 0;
		(void)abroad_page(ABROAD_TOKEN, rows[i].status, body);
		(void)abroad_identify(PROVIDER_DOWN);
		ck_assert_uint_eq(web.n_asked, 1);
	}
	ck_assert_int_eq(abroad_gates[1].failures, 0);
}
END_TEST

static const char *name_type(int with)
{
	static const char *const names[] = {"BEARER", "bearer", "Bearer"};

	return names[with];
}

START_TEST(bearer_in_any_case)
{
	const char *token = abroad_id_token(&(struct abroad_token){0});

	for (int i = 0; i < 3; i++) {
		(void)abroad_page(ABROAD_TOKEN, 200,
				  arena_printf(abroad.arena,
					       "{'access_token':'a','token_type':'%s',"
					       "'id_token':'%s'}",
					       name_type(i), token));
		(void)abroad_identify(PROVIDER_GOOD);
	}
}
END_TEST

/* RFC 9207 */
START_TEST(iss_of_the_answer)
{
	static const char sends[] =
		",\"authorization_response_iss_parameter_supported\":true";
	static const struct {
		const char *metadata, *iss;
		enum provider_verdict verdict;
	} rows[] = {
		{"", NULL, PROVIDER_GOOD},
		{"", ABROAD_ISSUER, PROVIDER_GOOD},
		{"", ABROAD_ISSUER "/", PROVIDER_DOWN},
		{"", "https://attacker.example", PROVIDER_DOWN},
		{"", "", PROVIDER_DOWN},
		{sends, ABROAD_ISSUER, PROVIDER_GOOD},
		{sends, NULL, PROVIDER_DOWN},
		{sends, "https://attacker.example", PROVIDER_DOWN},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		abroad_end();
		begin();
		abroad_metadata(rows[i].metadata);
		abroad_answer.iss = rows[i].iss;
		(void)abroad_identify(rows[i].verdict);
		/* The code goes to nobody else */
		ck_assert_uint_eq(web.n_asked, rows[i].verdict == PROVIDER_GOOD);
	}
}
END_TEST

START_TEST(google_has_one_issuer)
{
	abroad_end();
	abroad_begin("google");
	token_gives(&(struct abroad_token){.iss = "'iss':'https://accounts.google.com'"},
		    PROVIDER_GOOD);
	token_gives(&(struct abroad_token){.iss = "'iss':'accounts.google.com'"},
		    PROVIDER_DOWN);
	abroad_answer.iss = "https://accounts.google.com";
	token_gives(&(struct abroad_token){.iss = "'iss':'https://accounts.google.com'"},
		    PROVIDER_GOOD);
}
END_TEST

static const struct abroad_token OF_A_NEW_KEY = {.header = "{'alg':'ES256','kid':'f'}"};

static const char *with_kid(const char *jwks, const char *old, const char *new)
{
	char *copy = arena_dup(abroad.arena, jwks);
	char *at = strstr(copy, old);

	ck_assert_ptr_nonnull(at);
	memcpy(at, new, strlen(new));
	return copy;
}

START_TEST(a_key_just_published)
{
	abroad_store.later_jwks =
		with_kid(abroad_store.jwks, "\"kid\":\"e\"", "\"kid\":\"f\"");
	abroad_store.later = 5;
	token_gives(&OF_A_NEW_KEY, PROVIDER_GOOD);
	ck_assert_int_eq(abroad_store.wishes, 1);
	ck_assert_int_eq(abroad_store.reads, 5);
}
END_TEST

START_TEST(a_key_that_somebody_fetched_before)
{
	abroad_store.later_jwks =
		with_kid(abroad_store.jwks, "\"kid\":\"e\"", "\"kid\":\"f\"");
	abroad_store.later = 2;
	token_gives(&OF_A_NEW_KEY, PROVIDER_GOOD);
	ck_assert_int_eq(abroad_store.wishes, 0);
}
END_TEST

START_TEST(a_key_that_never_comes)
{
	int64_t before = clock_mono_ms(), took;

	token_gives(&OF_A_NEW_KEY, PROVIDER_DOWN);
	took = clock_mono_ms() - before;
	ck_assert_int_ge(took, PROVIDER_KEYS_MS);
	ck_assert_int_lt(took, PROVIDER_KEYS_MS + 1500);
	ck_assert_int_eq(abroad_store.wishes, 1);
}
END_TEST

START_TEST(a_key_that_was_looked_for_just_now)
{
	int64_t before = clock_mono_ms();

	abroad_store.pending = false;
	token_gives(&OF_A_NEW_KEY, PROVIDER_DOWN);
	ck_assert_int_lt(clock_mono_ms() - before, 1000);
}
END_TEST

START_TEST(the_store)
{
	static const struct {
		enum rc rc;
		enum provider_verdict verdict;
	} rows[] = {{RC_NONE, PROVIDER_DOWN}, {RC_DOWN, PROVIDER_STORE_DOWN}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		abroad_end();
		begin();
		abroad_store.rc = rows[i].rc;
		(void)abroad_identify(rows[i].verdict);
		ck_assert_uint_eq(web.n_asked, 0);
		abroad_end();
		begin();
		abroad_store.wish_rc = rows[i].rc;
		token_gives(&OF_A_NEW_KEY, rows[i].verdict);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		somebody,
		by_rsa_and_by_p256,
		the_secret_where_it_is_taken,
		allowances_go_along,
		settings_come_first,
		hostile_id_tokens,
		good_id_tokens,
		long_subjects,
		hostile_token_answers,
		bearer_in_any_case,
		iss_of_the_answer,
		google_has_one_issuer,
		a_key_just_published,
		a_key_that_somebody_fetched_before,
		a_key_that_never_comes,
		a_key_that_was_looked_for_just_now,
		the_store,
	};
	int status;

	abroad_open();
	status = unit_run("provider_oidc", tests, COUNT(tests), begin, abroad_end);
	abroad_close();
	return status;
}
