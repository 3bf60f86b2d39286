/* fakes: abroad web */
#include "app/provider/type.h"
#include "t/fake/abroad.h"
#include "t/unit/unit.h"

static const struct provider_ask ASK = {
	.state = "s-1", .nonce = "n-1", .verifier = ABROAD_VERIFIER};

#define REDIRECT "https%3A%2F%2Four.example%2Fapi%2Fv1%2Fsocial%2Fauth%2Fx"
#define PKCE	 "&code_challenge=" ABROAD_CHALLENGE "&code_challenge_method=S256"
#define FIRST	 "response_type=code&client_id=our%3Aid%2F1&redirect_uri=" REDIRECT

static void leads_to(const char *wanted)
{
	const char *url = NULL;

	ck_assert_int_eq(provider_authorize_url(&abroad, abroad_provider, &ASK, &url),
			 RC_OK);
	ck_assert_str_eq(url, wanted);
}

START_TEST(find)
{
	abroad_begin("oidc");
	ck_assert_ptr_eq(provider_find(abroad.conf, "x"), abroad_provider);
	ck_assert_ptr_nonnull(provider_find(abroad.conf, "other"));
	ck_assert_ptr_null(provider_find(abroad.conf, "X"));
	ck_assert_ptr_null(provider_find(abroad.conf, ""));
	ck_assert_ptr_null(provider_find(abroad.conf, "google"));
}
END_TEST

START_TEST(callback)
{
	abroad_begin("oidc");
	ck_assert_str_eq(provider_callback_url(&abroad, abroad_provider),
			 "https://our.example/api/v1/social/auth/x");
}
END_TEST

START_TEST(a_secret_of_others)
{
	abroad_begin("oidc");
	ck_assert_ptr_null(provider_objection(abroad.arena, abroad.conf));
	abroad_provider->client_secret = NULL;
	ck_assert_str_eq(
		provider_objection(abroad.arena, abroad.conf),
		"provider x.client_secret: its file cannot be read by this user");
}
END_TEST

START_TEST(authorize_by_discovery)
{
	static const char *const types[] = {"oidc", "google"};

	for (size_t i = 0; i < COUNT(types); i++) {
		abroad_begin(types[i]);
		leads_to(ABROAD_AUTHORIZE
			 "?" FIRST "&scope=openid%20email&state=s-1&nonce=n-1" PKCE);
		abroad_provider->authorize_url = "https://other.example/a?p=1";
		abroad_provider->scope = "openid";
		leads_to("https://other.example/a?p=1&" FIRST
			 "&scope=openid&state=s-1&nonce=n-1" PKCE);
		abroad_end();
	}
	ck_assert_uint_eq(web.n_asked, 0);
}
END_TEST

START_TEST(authorize_by_type)
{
	abroad_begin("yandex");
	abroad_store.rc = RC_DOWN; /* is not asked */
	leads_to("https://oauth.yandex.ru/authorize?" FIRST
		 "&scope=login%3Aemail&state=s-1" PKCE);
	abroad_end();
	abroad_begin("oauth2");
	abroad_store.rc = RC_DOWN;
	leads_to(ABROAD_AUTHORIZE "?" FIRST "&state=s-1" PKCE);
	abroad_provider->scope = "a b";
	leads_to(ABROAD_AUTHORIZE "?" FIRST "&scope=a%20b&state=s-1" PKCE);
}
END_TEST

static enum rc authorize(void)
{
	const char *url = "untouched";
	enum rc rc = provider_authorize_url(&abroad, abroad_provider, &ASK, &url);

	ck_assert((strcmp(url, "untouched") == 0) == (rc != RC_OK));
	return rc;
}

START_TEST(authorize_without_discovery)
{
	static const enum rc failures[] = {RC_NONE, RC_DOWN};

	for (size_t i = 0; i < COUNT(failures); i++) {
		abroad_begin("google");
		abroad_store.rc = failures[i];
		ck_assert_int_eq(authorize(), failures[i]);
		abroad_end();
	}
}
END_TEST

static void all_in_the_settings(void)
{
	abroad_begin("oidc");
	abroad_provider->authorize_url = ABROAD_AUTHORIZE;
	abroad_provider->token_url = ABROAD_TOKEN;
	abroad_store.metadata = NULL;
}

START_TEST(authorize_by_settings)
{
	all_in_the_settings();
	leads_to(ABROAD_AUTHORIZE "?" FIRST
				  "&scope=openid%20email&state=s-1&nonce=n-1" PKCE);
	/* They were there when the keys were fetched, and are no more */
	abroad_provider->token_url = "";
	ck_assert_int_eq(authorize(), RC_NONE);
	abroad_end();
	all_in_the_settings();
	abroad_store.rc = RC_NONE; /* there are no keys */
	ck_assert_int_eq(authorize(), RC_NONE);
}
END_TEST

START_TEST(types)
{
	static const struct {
		const char *type, *issuer, *scope, *email_verified;
	} rows[] = {
		{"google", "https://accounts.google.com", "openid email", "claim"},
		{"yandex", "https://login.yandex.ru", "login:email", "no"},
		{"oidc", ABROAD_ISSUER, "openid email", "claim"},
		{"oauth2", ABROAD_USERINFO, "", "no"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		abroad_begin(rows[i].type);
		ck_assert_str_eq(provider_issuer(abroad.arena, abroad_provider),
				 rows[i].issuer);
		ck_assert_str_eq(provider_scope(abroad_provider), rows[i].scope);
		ck_assert_str_eq(provider_email_verified(abroad_provider),
				 rows[i].email_verified);
		abroad_provider->issuer = "https://named.example";
		abroad_provider->scope = "s";
		abroad_provider->email_verified = "yes";
		ck_assert_str_eq(provider_issuer(abroad.arena, abroad_provider),
				 "https://named.example");
		ck_assert_str_eq(provider_scope(abroad_provider), "s");
		ck_assert_str_eq(provider_email_verified(abroad_provider), "yes");
		abroad_end();
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		find,
		callback,
		a_secret_of_others,
		authorize_by_discovery,
		authorize_by_type,
		authorize_without_discovery,
		authorize_by_settings,
		types,
	};
	int status;

	abroad_open();
	status = unit_run("provider", tests, COUNT(tests), NULL, abroad_end);
	abroad_close();
	return status;
}
