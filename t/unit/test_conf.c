/* fakes: conf_dir */
#include "t/fake/conf_dir.h"

#include <fcntl.h>
#include <unistd.h>

#include "app/setting.h"
#include "lib/text.h"

START_TEST(defaults_without_a_file)
{
	const char *why = NULL;
	const struct conf *conf = conf_load(arena, NULL, &why);

	ck_assert_ptr_nonnull(conf);
	ck_assert_int_eq(conf->tokens_access_ttl, 600);
	ck_assert_str_eq(conf->tokens_access_alg, "ES256");
	ck_assert(conf->limits_enabled);
	ck_assert_str_eq(conf->redis_user, "");
	ck_assert_str_eq(conf->mail_password, "");
	ck_assert_uint_eq(conf->web_allowed_origins.n, 0);
}
END_TEST

START_TEST(every_kind_is_read)
{
	const struct conf *conf = conf_dir_load(
		"[server]\nfast_workers = 7\nlog_level = debug\n"
		"[web]\nallowed_origins = https://a.example  https://b.example:8443\n"
		"service_name = Çay evi; \"x\"\n"
		"[limits]\nenabled = no\n[database]\npassword = it's a \\ long one\n");

	ck_assert_int_eq(conf->server_fast_workers, 7);
	ck_assert_str_eq(conf->server_log_level, "debug");
	ck_assert_uint_eq(conf->web_allowed_origins.n, 2);
	ck_assert_str_eq(conf->web_allowed_origins.at[1], "https://b.example:8443");
	ck_assert_str_eq(conf->web_service_name, "Çay evi; \"x\"");
	ck_assert(!conf->limits_enabled);
	ck_assert_str_eq(conf->database_password, "it's a \\ long one");
}
END_TEST

START_TEST(redis_is_in_one_place)
{
	struct redis_server by_socket = conf_redis(conf_dir_load("[redis]\nport = 7\n"));
	struct redis_server by_port =
		conf_redis(conf_dir_load("[redis]\nsocket =\nport = 7\n"));
	struct redis_server by_sentinel = conf_redis(conf_dir_load(
		"[redis]\nport = 7\nsentinels = 192.0.2.1:1 [::1]:2\nmaster_name = m\n"));

	ck_assert_str_eq(by_socket.socket, "/run/redis/redis-server.sock");
	ck_assert(!by_socket.host && !by_socket.n_sentinels);
	ck_assert_str_eq(by_port.host, "127.0.0.1");
	ck_assert(!by_port.socket && by_port.port == 7 && !by_port.n_sentinels);
	ck_assert(!by_sentinel.socket && !by_sentinel.host);
	ck_assert_uint_eq(by_sentinel.n_sentinels, 2);
	ck_assert_str_eq(by_sentinel.sentinels[1], "[::1]:2");
	ck_assert_str_eq(by_sentinel.master, "m");
	ck_assert_ptr_null(by_sentinel.sentinel_password);
}
END_TEST

static const struct {
	const char *text, *why;
} refused[] = {
	{"[nowhere]\n", ":1: [nowhere]: there is no such section"},
	{"[server]\n\nnothing = 1\n", ":3: server.nothing: there is no such setting"},
	{"[server]\nfast_workers = 257\n",
	 ":2: server.fast_workers: must be a whole number from 0 to 256"},
	{"[server]\nfast_workers = 4 \nslow_workers = -1\n",
	 ":3: server.slow_workers: must be a whole number from 0 to 64"},
	{"[server]\nfast_workers = 1e1\n",
	 ":2: server.fast_workers: must be a whole number from 0 to 256"},
	{"[server]\nfast_workers =\n",
	 ":2: server.fast_workers: must be a whole number from 0 to 256"},
	{"[server]\nfast_workers = 99999999999999999999\n",
	 ":2: server.fast_workers: must be a whole number from 0 to 256"},
	{"[server]\nlog_level = warn|info\n",
	 ":2: server.log_level: must be one of error|warn|info|debug"},
	{"[server]\nlog_level = inf\n",
	 ":2: server.log_level: must be one of error|warn|info|debug"},
	{"[server]\nlog_level =\n",
	 ":2: server.log_level: must be one of error|warn|info|debug"},
	{"[server]\nrun_dir = run\n", ":2: server.run_dir: must be an absolute path"},
	{"[limits]\nenabled = true\n", ":2: limits.enabled: must be yes or no"},
	{"[web]\npublic_url = https://x.example/\n",
	 ":2: web.public_url: must be https://HOST[:PORT], in lower case, without a path"},
	{"[web]\npublic_url = https://X.example\n",
	 ":2: web.public_url: must be https://HOST[:PORT], in lower case, without a path"},
	{"[web]\npublic_url = https://x.example:0\n",
	 ":2: web.public_url: must be https://HOST[:PORT], in lower case, without a path"},
	{"[web]\npublic_url = http://x.example\n",
	 ":2: web.public_url: must be https (http only for this host itself)"},
	{"[web]\nallowed_origins = https://a.example *\n",
	 ":2: web.allowed_origins: must be https://HOST[:PORT], in lower case, without a path"},
	{"[mail]\nfrom = Us <us@example.org>\n",
	 ":2: mail.from: must be a bare address, as name@host"},
	{"[tokens]\nclient_id =\n",
	 ":2: tokens.client_id: must be one word without quotes"},
	{"[redis]\npassword = ChangeMe\n",
	 ":2: redis.password: is a sample, not a secret"},
	{"[redis]\npassword_file = secret\n",
	 ":2: redis.password_file: must be an absolute path"},
	{"[redis]\nsentinels = 192.0.2.1:26379 localhost:26379\n",
	 ":2: redis.sentinels: must be ADDRESS:PORT, an IPv6 address in brackets"},
	{"[redis]\nuser_file = /x\n", ":2: redis.user_file: there is no such setting"},
	{"[redis]\npassword = one\npassword_file = /x\n",
	 ":3: redis.password_file: is set twice in this file"},
	{"[codes]\nttl_s = 3000\nmax_ttl_s = 700\n",
	 ": codes.max_ttl_s: must not be less than codes.ttl_s"},
	{"[redis]\nsocket =\nhost =\n",
	 ": redis.host: is needed where redis.socket is empty"},
	{"[redis]\nuser = u\n", ": redis.password: is needed, as redis.user is set"},
	{"[mail]\nuser = u\n", ": mail.password: is needed, as mail.user is set"},
	{"[passwords]\nmemory_kib = 8\nlanes = 4\n",
	 ": passwords.memory_kib: must be at least 8 for each lane"},
};

START_TEST(each_mistake_is_named)
{
	ck_assert_str_eq(conf_dir_refusal(refused[_i].text), refused[_i].why);
}
END_TEST

START_TEST(a_secret_may_be_a_file)
{
	const char *path = conf_dir_write("secret", 0640, "from-a-file\n");
	const struct conf *conf =
		conf_dir_load(arena_printf(arena, "[redis]\npassword_file = %s\n", path));

	ck_assert_str_eq(conf->redis_password, "from-a-file");
}
END_TEST

static const struct {
	const char *text;
	mode_t mode;
	const char *why;
} bad_secrets[] = {
	{"", 0600, "is empty"},
	{"\n", 0600, "is empty"},
	{"password\n", 0600, "is a sample, not a secret"},
	{"a-good-one\n", 0644, "others may read"},
	{"a-good-one\n", 0660, "group may write"},
	{"two\nlines\n", 0600, "control character"},
};

START_TEST(a_secret_file_is_judged)
{
	const char *path =
		conf_dir_write("secret", bad_secrets[_i].mode, bad_secrets[_i].text);
	const char *why = conf_dir_refusal(
		arena_printf(arena, "[redis]\npassword_file = %s\n", path));

	ck_assert_msg(text_starts(why, ":2: redis.password_file: "), "%s", why);
	ck_assert_msg(strstr(why, bad_secrets[_i].why) != NULL, "%s", why);
	ck_assert_ptr_null(strstr(why, "a-good-one"));
}
END_TEST

START_TEST(a_missing_secret_file_is_refused)
{
	const char *why =
		conf_dir_refusal("[redis]\npassword_file = /nonexistent/secret\n");

	ck_assert_str_eq(
		why,
		":2: redis.password_file: /nonexistent/secret: No such file or directory");
}
END_TEST

START_TEST(a_file_with_a_secret_is_one)
{
	const char *path =
		conf_dir_write("open.conf", 0644, "[redis]\npassword = hidden-word\n");
	const char *why = NULL;

	ck_assert_ptr_null(conf_load(arena, path, &why));
	ck_assert_ptr_nonnull(strstr(why, "others may read"));
	ck_assert_ptr_null(strstr(why, "hidden-word"));
	path = conf_dir_write("open.conf", 0644, "[redis]\nport = 7000\n");
	ck_assert_ptr_nonnull(conf_load(arena, path, &why));
}
END_TEST

START_TEST(layers_in_order_of_names)
{
	const struct conf *conf;
	const char *why = NULL;

	conf_dir_write("conf.d/20-b.conf", 0600, "[redis]\nport = 2\n");
	conf_dir_write("conf.d/10-a.conf", 0600,
		       "[redis]\nport = 1\n[codes]\nttl_s = 60\n");
	conf_dir_write("conf.d/.30.conf", 0600, "[redis]\nport = 3\n");
	conf_dir_write("conf.d/30.conf~", 0600, "[redis]\nport = 3\n");
	conf = conf_dir_load("[redis]\nport = 9\nhost = h\n");
	ck_assert_int_eq(conf->redis_port, 2);
	ck_assert_int_eq(conf->codes_ttl_s, 60);
	ck_assert_str_eq(conf->redis_host, "h");

	conf_dir_write("conf.d/20-b.conf", 0600, "[redis]\nport = x\n");
	ck_assert_ptr_null(conf_load(arena, conf_dir_path("main.conf"), &why));
	ck_assert_ptr_nonnull(strstr(why, "/conf.d/20-b.conf:2: redis.port: "));
}
END_TEST

START_TEST(a_missing_file_is_refused)
{
	const char *why = NULL;

	ck_assert_ptr_null(conf_load(arena, conf_dir_path("none.conf"), &why));
	ck_assert_ptr_nonnull(strstr(why, "none.conf: No such file"));
}
END_TEST

/* The sample with every # before a setting taken away */
static char *take_all(void)
{
	char *sample = conf_sample(arena), *to = sample;

	for (const char *at = sample; *at; at++)
		if (!(*at == '#' && at[1] != ' ' && (at == sample || at[-1] == '\n')))
			*to++ = *at;
	*to = '\0';
	return sample;
}

/* What has no default */
static const struct {
	const char *line, *with;
} filled_in[] = {
	{"[issuer NAME]", "[issuer x]"},
	{"issuer =", "issuer = https://x.example"},
	{"audience =", "audience = x"},
	{"[provider NAME]", "[provider x]"},
	{"type =", "type = google"},
	{"client_id =", "client_id = x"},
	{"client_secret =", "client_secret = a-good-one"},
};

static const char *fill_in(const char *sample)
{
	for (size_t i = 0; i < COUNT(filled_in); i++) {
		const char *line = arena_printf(arena, "\n%s\n", filled_in[i].line);
		const char *at = strstr(sample, line);

		ck_assert_msg(at != NULL, "%s", filled_in[i].line);
		sample = arena_printf(arena, "%.*s\n%s\n%s", (int)(at - sample), sample,
				      filled_in[i].with, at + strlen(line));
	}
	return sample;
}

static void same_value(const struct setting *row, const void *a, const void *b)
{
	const struct words *words_a = a, *words_b = b;

	switch (row->kind) {
	case SETTING_NUMBER:
		ck_assert_int_eq(*(const int64_t *)a, *(const int64_t *)b);
		return;
	case SETTING_FLAG:
		ck_assert_int_eq(*(const bool *)a, *(const bool *)b);
		return;
	case SETTING_WORDS:
		ck_assert_uint_eq(words_a->n, words_b->n);
		for (size_t i = 0; i < words_a->n; i++)
			ck_assert_str_eq(words_a->at[i], words_b->at[i]);
		return;
	case SETTING_TEXT:
	case SETTING_CHOICE:
	case SETTING_SECRET:
		ck_assert_str_eq(*(const char *const *)a, *(const char *const *)b);
		return;
	}
}

/* Of a section in `conf`, but for what was filled in */
static void same_as_the_defaults(const struct setting_section *section, const void *conf)
{
	char *plain = arena_alloc(arena, sizeof(struct conf));

	if (section->size)
		conf = *(const void *const *)((const char *)conf + section->list);
	setting_put_defaults(arena, plain, section);
	for (size_t i = 0; i < setting_n_rows; i++) {
		const struct setting *row = &setting_rows[i];
		bool set =
			!row->initial || (section->size && row->kind == SETTING_SECRET);

		if (!set && !strcmp(row->section, section->name))
			same_value(row, plain + row->offset,
				   (const char *)conf + row->offset);
	}
}

START_TEST(the_sample_is_the_defaults)
{
	const char *sample = take_all();
	const struct conf *conf;

	ck_assert_ptr_nonnull(strstr(sample, "\naccess_ttl = 600\n"));
	conf = conf_dir_load(fill_in(sample));
	ck_assert_uint_eq(conf->n_issuers, 1);
	ck_assert_uint_eq(conf->n_providers, 1);
	for (size_t i = 0; i < setting_n_sections; i++)
		same_as_the_defaults(&setting_sections[i], conf);
}
END_TEST

/* The bytes of a file of this tree; tests run from its top. */
static const char *slurp(const char *path)
{
	enum { MOST = 256 * 1024 };
	char *text = arena_alloc(arena, MOST);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = 0, n = 0;

	ck_assert_msg(fd >= 0, "%s", path);
	while ((got = read(fd, text + n, (size_t)(MOST - 1 - n))) > 0)
		n += got;
	close(fd);
	return text;
}

START_TEST(the_shipped_file_is_the_sample)
{
	ck_assert_str_eq(slurp("conf/latchkey.conf"), conf_sample(arena));
}
END_TEST

START_TEST(the_manual_lists_the_settings)
{
	ck_assert_msg(strstr(slurp("doc/latchkey.conf.5"), conf_manual(arena)) != NULL,
		      "doc/latchkey.conf.5 does not hold `latchkeyctl config manual`");
}
END_TEST

static const struct {
	const char *base, *password, *want;
} conninfos[] = {
	{"host=/run dbname=x", "", "host=/run dbname=x"},
	{"host=/run dbname=x", "a b'c\\d", "host=/run dbname=x password='a b\\'c\\\\d'"},
	{"postgresql://u@h/db", "a&b%", "postgresql://u@h/db?password=%61%26%62%25"},
	{"postgres://h/db?x=1", "\xc3\xa7", "postgres://h/db?x=1&password=%C3%A7"},
};

START_TEST(the_password_is_quoted)
{
	struct conf conf = {.database_password = conninfos[_i].password};

	ck_assert_str_eq(conf_conninfo(arena, &conf, conninfos[_i].base),
			 conninfos[_i].want);
}
END_TEST

START_TEST(the_path_of_the_file)
{
	unsetenv("LATCHKEY_CONF");
	ck_assert_str_eq(conf_path(NULL), "/etc/latchkey/latchkey.conf");
	setenv("LATCHKEY_CONF", "", 1);
	ck_assert_str_eq(conf_path(NULL), "/etc/latchkey/latchkey.conf");
	setenv("LATCHKEY_CONF", "/x", 1);
	ck_assert_str_eq(conf_path(NULL), "/x");
	ck_assert_str_eq(conf_path("/y"), "/y");
}
END_TEST

static TCase *make_case(void)
{
	TCase *tests = tcase_create("conf");

	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, conf_dir_setup, conf_dir_teardown);
	tcase_add_test(tests, defaults_without_a_file);
	tcase_add_test(tests, every_kind_is_read);
	tcase_add_test(tests, redis_is_in_one_place);
	tcase_add_loop_test(tests, each_mistake_is_named, 0, COUNT(refused));
	tcase_add_test(tests, a_secret_may_be_a_file);
	tcase_add_loop_test(tests, a_secret_file_is_judged, 0, COUNT(bad_secrets));
	tcase_add_test(tests, a_missing_secret_file_is_refused);
	tcase_add_test(tests, a_file_with_a_secret_is_one);
	tcase_add_test(tests, layers_in_order_of_names);
	tcase_add_test(tests, a_missing_file_is_refused);
	tcase_add_test(tests, the_sample_is_the_defaults);
	tcase_add_test(tests, the_shipped_file_is_the_sample);
	tcase_add_test(tests, the_manual_lists_the_settings);
	tcase_add_loop_test(tests, the_password_is_quoted, 0, COUNT(conninfos));
	tcase_add_test(tests, the_path_of_the_file);
	return tests;
}

int main(void)
{
	Suite *suite = suite_create("conf");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, make_case());
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
