/* fakes: conf_dir */
#include "t/fake/conf_dir.h"
#include "t/unit/unit.h"

#define ISSUER                                                                           \
	"[issuer auth0]\nissuer = https://t.example/\naudience = https://api.example\n"
#define GOOGLE                                                                           \
	"[provider google]\ntype = google\nclient_id = id\nclient_secret = a-good-one\n"
#define OAUTH2                                                                           \
	"[provider forge]\ntype = oauth2\nclient_id = id\nclient_secret = a-good-one\n"  \
	"authorize_url = https://f.example/a?x=1\ntoken_url = https://f.example/t\n"     \
	"userinfo_url = https://f.example/u\n"

#define NAMED "a NAME is 1 to 32 of a-z, 0-9, _ and -, the first a letter or digit"

static const struct {
	const char *section, *why;
} bad_sections[] = {
	{"issuer", NAMED},
	{"issuer ", NAMED},
	{"issuer  a", NAMED},
	{"issuer\ta", "there is no such section"},
	{"issuer A", NAMED},
	{"issuer -a", NAMED},
	{"issuer _a", NAMED},
	{"issuer a.b", NAMED},
	{"issuer a b", NAMED},
	{"issuer a ", NAMED},
	{"issuer ç", NAMED},
	{"provider", NAMED},
	{"provider g/h", NAMED},
	{"provider 123456789012345678901234567890123", NAMED},
	{"issuers a", "there is no such section"},
	{"Issuer a", "there is no such section"},
	{" issuer a", "there is no such section"},
	{"server a", "there is no such section"},
	{"server ", "there is no such section"},
};

START_TEST(bad_names_are_refused)
{
	const char *section = bad_sections[_i].section;
	const char *why = conf_dir_refusal(arena_printf(arena, "\n[%s]\n", section));

	ck_assert_str_eq(
		why, arena_printf(arena, ":2: [%s]: %s", section, bad_sections[_i].why));
}
END_TEST

#define URL   "must be https://HOST[:PORT][/PATH], without a user or a fragment"
#define PLAIN "must be https (http only for this host itself)"

static const struct {
	const char *text, *why;
} refused[] = {
	{ISSUER "key = 1\n", ":4: issuer auth0.key: there is no such setting"},
	{ISSUER "name = x\n", ":4: issuer auth0.name: there is no such setting"},
	{ISSUER "client_id = x\n",
	 ":4: issuer auth0.client_id: there is no such setting"},
	{GOOGLE "audience = x\n",
	 ":5: provider google.audience: there is no such setting"},
	{"[server]\nissuer = https://x.example\n",
	 ":2: server.issuer: there is no such setting"},
	{ISSUER "audience = x\n", ":4: this key was there before"},
	{ISSUER "[server]\n[issuer auth0]\n", ":5: this section was there before"},
	{GOOGLE "client_secret_file = /x\n",
	 ":5: provider google.client_secret_file: is set twice in this file"},
	{GOOGLE "client_id_file = /x\n",
	 ":5: provider google.client_id_file: there is no such setting"},
	{"[issuer a]\nissuer =\n", ":2: issuer a.issuer: " URL},
	{"[issuer a]\nissuer = x\n", ":2: issuer a.issuer: " URL},
	{"[issuer a]\nissuer = ftp://x.example\n", ":2: issuer a.issuer: " URL},
	{"[issuer a]\nissuer = https://\n", ":2: issuer a.issuer: " URL},
	{"[issuer a]\nissuer = https://u@x.example\n", ":2: issuer a.issuer: " URL},
	{"[issuer a]\nissuer = https://x.example#a\n", ":2: issuer a.issuer: " URL},
	{"[issuer a]\nissuer = https://x.example/a b\n", ":2: issuer a.issuer: " URL},
	{"[issuer a]\nissuer = https://x.example:65536/\n", ":2: issuer a.issuer: " URL},
	{"[issuer a]\nissuer = https://x.example/?q\n",
	 ":2: issuer a.issuer: must not have a query"},
	{"[issuer a]\nissuer = http://x.example\n", ":2: issuer a.issuer: " PLAIN},
	{"[issuer a]\nissuer = http://127.0.0.10/\n", ":2: issuer a.issuer: " PLAIN},
	{"[issuer a]\nissuer = http://localhost.example/\n",
	 ":2: issuer a.issuer: " PLAIN},
	{"[issuer a]\naudience =\n", ":2: issuer a.audience: must not be empty"},
	{"[issuer a]\njwks_url = http://x.example/k\n", ":2: issuer a.jwks_url: " PLAIN},
	{"[issuer a]\nalgorithms = RS256 HS256\n",
	 ":2: issuer a.algorithms: must be of RS256 and ES256"},
	{"[issuer a]\nalgorithms = none\n",
	 ":2: issuer a.algorithms: must be of RS256 and ES256"},
	{"[issuer a]\nalgorithms = rs256\n",
	 ":2: issuer a.algorithms: must be of RS256 and ES256"},
	{"[issuer a]\nscopes = a \"b\"\n",
	 ":2: issuer a.scopes: must be of ASCII without quotes and backslashes"},
	{"[issuer a]\nscopes = ç\n",
	 ":2: issuer a.scopes: must be of ASCII without quotes and backslashes"},
	{"[issuer a]\nallow_http = 1\n", ":2: issuer a.allow_http: must be yes or no"},
	{"[provider p]\ntype = auth0\n",
	 ":2: provider p.type: must be one of google|yandex|oidc|oauth2"},
	{"[provider p]\ntype =\n",
	 ":2: provider p.type: must be one of google|yandex|oidc|oauth2"},
	{"[provider p]\nclient_id =\n", ":2: provider p.client_id: must not be empty"},
	{"[provider p]\nclient_secret = changeme\n",
	 ":2: provider p.client_secret: is a sample, not a secret"},
	{"[provider p]\nclient_secret_file = secret\n",
	 ":2: provider p.client_secret_file: must be an absolute path"},
	{"[provider p]\nclient_secret_file = /nonexistent/x\n",
	 ":2: provider p.client_secret_file: /nonexistent/x: No such file or directory"},
	{"[provider p]\nissuer = https://x.example?a\n",
	 ":2: provider p.issuer: must not have a query"},
	{"[provider p]\nauthorize_url = x\n", ":2: provider p.authorize_url: " URL},
	{"[provider p]\ntoken_url = http://x.example\n",
	 ":2: provider p.token_url: " PLAIN},
	{"[provider p]\nuserinfo_url = //x.example\n",
	 ":2: provider p.userinfo_url: " URL},
	{"[provider p]\njwks_url = file:///etc/passwd\n",
	 ":2: provider p.jwks_url: " URL},
	{"[provider p]\nscope = a\\b\n",
	 ":2: provider p.scope: must be of ASCII without quotes and backslashes"},
	{"[provider p]\nemail_verified = true\n",
	 ":2: provider p.email_verified: must be one of by-type|claim|yes|no"},
	{"[provider p]\nsubject_field =\n",
	 ":2: provider p.subject_field: must be one word without quotes"},
	{"[provider p]\nemail_field = a b\n",
	 ":2: provider p.email_field: must be one word without quotes"},
	{"[provider p]\nemail_verified_field = \"a\"\n",
	 ":2: provider p.email_verified_field: must be one word without quotes"},
	{"[provider p]\nalgorithms = PS256\n",
	 ":2: provider p.algorithms: must be of RS256 and ES256"},
	{"[web]\nreturn_to = https://x.example/path\n",
	 ":2: web.return_to: must be https://HOST[:PORT], in lower case, without a path"},
	{"[web]\nreturn_to = https://x.example http://y.example\n",
	 ":2: web.return_to: " PLAIN},
	/* What is known only at the end */
	{"[issuer a]\n", ": issuer a.issuer: must be set"},
	{"[issuer a]\nissuer = https://x.example\n", ": issuer a.audience: must be set"},
	{ISSUER "[issuer a]\naudience = x\n", ": issuer a.issuer: must be set"},
	{"[issuer a]\naudience = x\nissuer = https://x.example\nalgorithms =\n",
	 ": issuer a.algorithms: must be one at least"},
	{"[issuer a]\naudience = x\nissuer = http://localhost\n",
	 ": issuer a.issuer: must be https where allow_http is no"},
	{ISSUER "jwks_url = http://127.0.0.1/k\nallow_http = no\n",
	 ": issuer auth0.jwks_url: must be https where allow_http is no"},
	{ISSUER "[issuer b]\naudience = x\nissuer = https://t.example/\n",
	 ": issuer b.issuer: is that of issuer auth0"},
	{"[issuer a]\naudience = x\nissuer = https://localhost\n",
	 ": issuer a.issuer: is web.public_url"},
	{"[provider p]\n", ": provider p.type: must be set"},
	{"[provider p]\ntype = google\n", ": provider p.client_id: must be set"},
	{"[provider p]\ntype = google\nclient_id = x\n",
	 ": provider p.client_secret: must be set"},
	{"[provider p]\ntype = google\nclient_id = x\nclient_secret =\n",
	 ": provider p.client_secret: must be set"},
	{"[provider p]\ntype = oidc\nclient_id = x\nclient_secret = one\n",
	 ": provider p.issuer: is needed, as type is oidc"},
	{"[provider p]\ntype = oauth2\nclient_id = x\nclient_secret = one\n",
	 ": provider p.authorize_url: is needed, as type is oauth2"},
	{"[provider p]\ntype = oauth2\nclient_id = x\nclient_secret = one\n"
	 "authorize_url = https://x.example\n",
	 ": provider p.token_url: is needed, as type is oauth2"},
	{"[provider p]\ntype = oauth2\nclient_id = x\nclient_secret = one\n"
	 "authorize_url = https://x.example\ntoken_url = https://x.example\n",
	 ": provider p.userinfo_url: is needed, as type is oauth2"},
	{GOOGLE "algorithms =\n", ": provider google.algorithms: must be one at least"},
	{GOOGLE "issuer = http://localhost\n",
	 ": provider google.issuer: must be https where allow_http is no"},
	{GOOGLE "authorize_url = http://localhost\n",
	 ": provider google.authorize_url: must be https where allow_http is no"},
	{GOOGLE "token_url = http://localhost\n",
	 ": provider google.token_url: must be https where allow_http is no"},
	{GOOGLE "userinfo_url = http://localhost\n",
	 ": provider google.userinfo_url: must be https where allow_http is no"},
	{GOOGLE "jwks_url = http://localhost\n",
	 ": provider google.jwks_url: must be https where allow_http is no"},
};

START_TEST(each_mistake_is_named)
{
	for (size_t i = 0; i < COUNT(refused); i++)
		ck_assert_str_eq(conf_dir_refusal(refused[i].text), refused[i].why);
}
END_TEST

START_TEST(a_mistake_in_a_later_file)
{
	const char *why = NULL, *main = conf_dir_write("main.conf", 0640, ISSUER);
	const char *path =
		conf_dir_write("conf.d/1.conf", 0640, "[issuer auth0]\naudience =\n");

	ck_assert_ptr_null(conf_load(arena, main, &why));
	ck_assert_str_eq(
		why, arena_printf(arena, "%s:2: issuer auth0.audience: must not be empty",
				  path));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		bad_names_are_refused,
		each_mistake_is_named,
		a_mistake_in_a_later_file,
	};

	return unit_run("conf_named_refused", tests, COUNT(tests), conf_dir_setup,
			conf_dir_teardown);
}
