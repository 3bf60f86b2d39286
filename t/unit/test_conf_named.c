/* fakes: conf_dir */
#include "t/fake/conf_dir.h"

#include <unistd.h>

#include "app/setting.h"
#include "lib/text.h"
#include "t/unit/unit.h"

#define ISSUER                                                                           \
	"[issuer auth0]\nissuer = https://t.example/\naudience = https://api.example\n"
#define GOOGLE                                                                           \
	"[provider google]\ntype = google\nclient_id = id\nclient_secret = a-good-one\n"
#define OAUTH2                                                                           \
	"[provider forge]\ntype = oauth2\nclient_id = id\nclient_secret = a-good-one\n"  \
	"authorize_url = https://f.example/a?x=1\ntoken_url = https://f.example/t\n"     \
	"userinfo_url = https://f.example/u\n"

enum { NOBODY = 65534 };

/* ---- what is taken ---- */

START_TEST(none_at_first)
{
	const struct conf *conf = conf_load(arena, NULL, &(const char *){NULL});

	ck_assert_uint_eq(conf->n_issuers, 0);
	ck_assert_uint_eq(conf->n_providers, 0);
}
END_TEST

START_TEST(an_issuer)
{
	const struct conf *conf = conf_dir_load(ISSUER);
	const struct issuer_conf *issuer = conf->issuers;

	ck_assert_uint_eq(conf->n_issuers, 1);
	ck_assert_str_eq(issuer->name, "auth0");
	ck_assert_str_eq(issuer->issuer, "https://t.example/");
	ck_assert_str_eq(issuer->audience, "https://api.example");
	ck_assert_str_eq(issuer->jwks_url, "");
	ck_assert_uint_eq(issuer->algorithms.n, 2);
	ck_assert_str_eq(issuer->algorithms.at[0], "RS256");
	ck_assert_str_eq(issuer->algorithms.at[1], "ES256");
	ck_assert_uint_eq(issuer->scopes.n, 0);
	ck_assert(!issuer->allow_http);
	ck_assert(!issuer->allow_private);
}
END_TEST

START_TEST(every_key_of_an_issuer)
{
	const struct conf *conf = conf_dir_load(
		"[issuer i]\nissuer = http://localhost:1/i\naudience = a b\n"
		"jwks_url = http://[::1]:65535\nalgorithms = ES256\n"
		"scopes = read:users  write:roles\nallow_http = yes\n"
		"allow_private = yes\n");
	const struct issuer_conf *issuer = conf->issuers;

	ck_assert_str_eq(issuer->issuer, "http://localhost:1/i");
	ck_assert_str_eq(issuer->audience, "a b");
	ck_assert_str_eq(issuer->jwks_url, "http://[::1]:65535");
	ck_assert_uint_eq(issuer->algorithms.n, 1);
	ck_assert_str_eq(issuer->algorithms.at[0], "ES256");
	ck_assert_uint_eq(issuer->scopes.n, 2);
	ck_assert_str_eq(issuer->scopes.at[1], "write:roles");
	ck_assert(issuer->allow_http);
	ck_assert(issuer->allow_private);
}
END_TEST

START_TEST(a_provider)
{
	const struct conf *conf = conf_dir_load(GOOGLE);
	const struct provider_conf *provider = conf->providers;

	ck_assert_uint_eq(conf->n_providers, 1);
	ck_assert_str_eq(provider->name, "google");
	ck_assert_str_eq(provider->type, "google");
	ck_assert_str_eq(provider->client_id, "id");
	ck_assert_str_eq(provider->client_secret, "a-good-one");
	ck_assert_str_eq(provider->issuer, "");
	ck_assert_str_eq(provider->authorize_url, "");
	ck_assert_str_eq(provider->scope, "");
	ck_assert_str_eq(provider->email_verified, "by-type");
	ck_assert_str_eq(provider->subject_field, "id");
	ck_assert_str_eq(provider->email_field, "email");
	ck_assert_str_eq(provider->email_verified_field, "email_verified");
	ck_assert_uint_eq(provider->algorithms.n, 2);
	ck_assert(!provider->allow_http);
	ck_assert(!provider->allow_private);
}
END_TEST

START_TEST(every_key_of_a_provider)
{
	const struct conf *conf = conf_dir_load(
		OAUTH2
		"issuer = https://F.example\njwks_url = https://10.0.0.1/keys\n"
		"scope = openid email\nemail_verified = yes\nsubject_field = uid\n"
		"email_field = mail\nemail_verified_field = ok\nalgorithms = RS256\n"
		"allow_http = yes\nallow_private = yes\n");
	const struct provider_conf *provider = conf->providers;

	ck_assert_str_eq(provider->type, "oauth2");
	ck_assert_str_eq(provider->authorize_url, "https://f.example/a?x=1");
	ck_assert_str_eq(provider->token_url, "https://f.example/t");
	ck_assert_str_eq(provider->userinfo_url, "https://f.example/u");
	ck_assert_str_eq(provider->issuer, "https://F.example");
	ck_assert_str_eq(provider->jwks_url, "https://10.0.0.1/keys");
	ck_assert_str_eq(provider->scope, "openid email");
	ck_assert_str_eq(provider->email_verified, "yes");
	ck_assert_str_eq(provider->subject_field, "uid");
	ck_assert_str_eq(provider->email_field, "mail");
	ck_assert_str_eq(provider->email_verified_field, "ok");
	ck_assert_uint_eq(provider->algorithms.n, 1);
	ck_assert(provider->allow_http);
	ck_assert(provider->allow_private);
}
END_TEST

START_TEST(the_types_that_need_little)
{
	const struct conf *conf = conf_dir_load(
		"[provider y]\ntype = yandex\nclient_id = id\nclient_secret = one\n"
		"[provider o]\ntype = oidc\nclient_id = id\nclient_secret = two\n"
		"issuer = https://o.example\n");

	ck_assert_str_eq(conf->providers[0].type, "yandex");
	ck_assert_str_eq(conf->providers[1].type, "oidc");
}
END_TEST

START_TEST(in_the_order_of_the_files)
{
	const struct conf *conf;

	conf_dir_write("conf.d/1.conf", 0640,
		       "[issuer a]\nissuer = https://a.example\naudience = 1\n"
		       "[issuer z]\naudience = 2\n");
	conf = conf_dir_load("[issuer z]\nissuer = https://z.example\naudience = 0\n"
			     "[server]\nbacklog = 2000\n" GOOGLE
			     "[issuer b]\nissuer = https://b.example\naudience = 3\n");
	ck_assert_uint_eq(conf->n_issuers, 3);
	ck_assert_uint_eq(conf->n_providers, 1);
	ck_assert_str_eq(conf->issuers[0].name, "z");
	ck_assert_str_eq(conf->issuers[1].name, "b");
	ck_assert_str_eq(conf->issuers[2].name, "a");
	ck_assert_str_eq(conf->issuers[0].issuer, "https://z.example");
	ck_assert_str_eq(conf->issuers[0].audience, "2");
	ck_assert_str_eq(conf->issuers[1].audience, "3");
	ck_assert_int_eq(conf->server_backlog, 2000);
}
END_TEST

/* What a later file adds may be what was missing. */
START_TEST(a_section_in_two_files)
{
	const struct conf *conf;

	conf_dir_write("conf.d/1.conf", 0640,
		       "[provider g]\nclient_id = 2\nclient_secret = other-one\n"
		       "algorithms = ES256\n");
	conf = conf_dir_load("[provider g]\ntype = google\nclient_id = 1\nscope = x\n");
	ck_assert_uint_eq(conf->n_providers, 1);
	ck_assert_str_eq(conf->providers->client_id, "2");
	ck_assert_str_eq(conf->providers->client_secret, "other-one");
	ck_assert_str_eq(conf->providers->scope, "x");
	ck_assert_uint_eq(conf->providers->algorithms.n, 1);
}
END_TEST

START_TEST(a_reload_starts_anew)
{
	ck_assert_uint_eq(conf_dir_load(ISSUER)->n_issuers, 1);
	ck_assert_uint_eq(conf_dir_load(ISSUER GOOGLE)->n_issuers, 1);
	ck_assert_uint_eq(conf_dir_load("")->n_issuers, 0);
}
END_TEST

/* ---- names and numbers ---- */

START_TEST(names_that_are_names)
{
	static const char *const names[] = {"0", "a", "a-", "a_b-9",
					    "12345678901234567890123456789012"};
	const struct conf *conf;
	const char *text = "";

	for (size_t i = 0; i < COUNT(names); i++)
		text = arena_printf(arena,
				    "%s[issuer %s]\nissuer = https://%zu.example\n"
				    "audience = x\n",
				    text, names[i], i);
	conf = conf_dir_load(text);
	for (size_t i = 0; i < COUNT(names); i++)
		ck_assert_str_eq(conf->issuers[i].name, names[i]);
}
END_TEST

static const char *many(const char *kind, const char *keys, int n)
{
	const char *text = "";

	for (int i = 0; i < n; i++)
		text = arena_printf(
			arena, "%s[%s n%d]\n%s\n", text, kind, i,
			arena_printf(arena, "issuer = https://%d.example\n%s", i, keys));
	return text;
}

START_TEST(sixteen_of_a_kind)
{
	const char *issuers = many("issuer", "audience = x", SETTING_SAME_MAX);
	const char *providers =
		many("provider", "type = oidc\nclient_id = x\nclient_secret = one",
		     SETTING_SAME_MAX);
	const char *both = arena_printf(arena, "%s%s", issuers, providers);
	const struct conf *conf = conf_dir_load(both);

	ck_assert_uint_eq(conf->n_issuers, 16);
	ck_assert_uint_eq(conf->n_providers, 16);
	ck_assert_str_eq(conf->issuers[15].name, "n15");
	ck_assert_str_eq(conf->providers[15].issuer, "https://15.example");
	ck_assert_str_eq(conf_dir_refusal(arena_printf(arena, "%s[issuer x]\n", issuers)),
			 ":49: [issuer x]: there may be 16 of these");
	ck_assert_str_eq(
		conf_dir_refusal(arena_printf(arena, "%s[provider x]\n", providers)),
		":81: [provider x]: there may be 16 of these");
	conf_dir_write("conf.d/1.conf", 0640, "[issuer n15]\naudience = y\n");
	ck_assert_str_eq(conf_dir_load(both)->issuers[15].audience, "y");
}
END_TEST

/* Two providers may well be of one issuer: two clients of it. */
START_TEST(providers_may_share_an_issuer)
{
	const struct conf *conf =
		conf_dir_load(ISSUER GOOGLE "issuer = https://t.example/\n" OAUTH2
					    "issuer = https://t.example/\n");

	ck_assert_uint_eq(conf->n_providers, 2);
}
END_TEST

/* ---- secrets ---- */

START_TEST(a_secret_in_a_file)
{
	const char *path = conf_dir_write("secret", 0640, "from-a-file\n");
	const struct conf *conf = conf_dir_load(arena_printf(
		arena,
		"[provider g]\ntype = google\nclient_id = x\nclient_secret_file = %s\n",
		path));

	ck_assert_str_eq(conf->providers->client_secret, "from-a-file");
}
END_TEST

static const struct {
	const char *text;
	mode_t mode;
	const char *why;
} bad_secrets[] = {
	{"\n", 0600, "is empty"},
	{"ChangeMe\n", 0600, "is a sample, not a secret"},
	{"a-good-one\n", 0644, "others may read"},
	{"a-good-one\n", 0660, "group may write"},
	{"two\nlines\n", 0600, "control character"},
};

START_TEST(a_secret_file_is_judged)
{
	for (size_t i = 0; i < COUNT(bad_secrets); i++) {
		const char *path = conf_dir_write("secret", bad_secrets[i].mode,
						  bad_secrets[i].text);
		const char *why = conf_dir_refusal(arena_printf(
			arena, "[provider g]\nclient_secret_file = %s\n", path));

		ck_assert_msg(text_starts(why, ":2: provider g.client_secret_file: "),
			      "%s", why);
		ck_assert_msg(strstr(why, bad_secrets[i].why) != NULL, "%s", why);
		ck_assert_ptr_null(strstr(why, "a-good-one"));
	}
}
END_TEST

START_TEST(a_file_with_a_secret_is_one)
{
	const char *why = NULL, *path = conf_dir_write("open.conf", 0644, GOOGLE);

	ck_assert_ptr_null(conf_load(arena, path, &why));
	ck_assert_str_eq(
		why, arena_printf(arena,
				  "%s:4: provider google.client_secret: a secret in a "
				  "file that others may read, or the group write: chmod "
				  "640 %s, or use client_secret_file",
				  path, path));
}
END_TEST

/* As a process that can read the configuration, but not what has mode 0 */
static const struct conf *load_as_another(const char *text, const char **why)
{
	const char *path = conf_dir_write("main.conf", 0640, text);
	bool root = geteuid() == 0;
	const struct conf *conf;

	if (root) {
		ck_assert_int_eq(chown(path, NOBODY, (gid_t)-1), 0);
		ck_assert_int_eq(chown(conf_dir_path(""), NOBODY, (gid_t)-1), 0);
		ck_assert_int_eq(seteuid(NOBODY), 0);
	}
	conf = conf_load(arena, path, why);
	if (root)
		ck_assert_int_eq(seteuid(0), 0);
	return conf;
}

START_TEST(a_secret_of_others_is_withheld)
{
	const char *path = conf_dir_write("secret", 0, "from-a-file\n"), *why = NULL;
	const struct conf *conf = load_as_another(
		arena_printf(arena,
			     "[mail]\nuser = u\npassword_file = %s\n[provider g]\n"
			     "type = google\nclient_id = x\nclient_secret_file = %s\n",
			     path, path),
		&why);

	ck_assert_msg(conf != NULL, "%s", why);
	ck_assert_ptr_null(conf->mail_password);
	ck_assert_ptr_null(conf->providers->client_secret);
	ck_assert_str_eq(conf->providers->client_id, "x");
}
END_TEST

START_TEST(a_secret_of_ones_own_is_not)
{
	const char *path = conf_dir_write("secret", 0, "from-a-file\n"), *why = NULL;

	ck_assert_ptr_null(load_as_another(
		arena_printf(arena, "[redis]\npassword_file = %s\n", path), &why));
	ck_assert_ptr_nonnull(strstr(why, ":2: redis.password_file: "));
	ck_assert_ptr_nonnull(strstr(why, "Permission denied"));
}
END_TEST

/* ---- much of it ---- */

/* All that one file may say, in as many bytes as it may take */
static const char *fullest(void)
{
	enum { SIZE = 512 * 1024, SCOPES = 500 };
	struct buf out;

	buf_init(&out, arena_alloc(arena, SIZE), SIZE);
	for (int i = 0; i < SETTING_SAME_MAX; i++) {
		buf_printf(&out,
			   "[issuer n%d]\nissuer = https://%d.example\n"
			   "audience = x\nscopes =",
			   i, i);
		for (int j = 0; j < SCOPES; j++)
			buf_puts(&out, " a");
		buf_printf(&out, "\njwks_url = https://x.example/%0400d\n", i);
	}
	ck_assert(!out.cut);
	return out.at;
}

/* It is refused where it grows too large, in memory that all readers have. */
START_TEST(a_hundred_full_files)
{
	const char *full = fullest(), *why = NULL;
	const char *path = conf_dir_write("main.conf", 0640, full);

	for (int i = 0; i < 100; i++)
		conf_dir_write(arena_printf(arena, "conf.d/%03d.conf", i), 0640, full);
	ck_assert_ptr_null(conf_load(arena, path, &why));
	ck_assert_ptr_nonnull(strstr(why, ".conf: more settings than fit in memory"));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		none_at_first,
		an_issuer,
		every_key_of_an_issuer,
		a_provider,
		every_key_of_a_provider,
		the_types_that_need_little,
		providers_may_share_an_issuer,
		in_the_order_of_the_files,
		a_section_in_two_files,
		a_reload_starts_anew,
		names_that_are_names,
		sixteen_of_a_kind,
		a_secret_in_a_file,
		a_secret_file_is_judged,
		a_file_with_a_secret_is_one,
		a_secret_of_others_is_withheld,
		a_secret_of_ones_own_is_not,
		a_hundred_full_files,
	};

	return unit_run("conf_named", tests, COUNT(tests), conf_dir_setup,
			conf_dir_teardown);
}
