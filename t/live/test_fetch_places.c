#include "t/live/fetch.h"

static const char NOT_PUBLIC[] = "the address is not public";
static const char BAD_URL[] = "the URL is not accepted";

static const struct {
	const char *url; /* P: the port of TLS, H: of HTTP */
	bool http, private;
	const char *why;
} PLACES[] = {
	{"https://127.0.0.1:P/", false, false, NOT_PUBLIC},
	{"https://127.0.0.1:P/", false, true, NOT_PUBLIC},
	{"https://localhost:P/", false, false, NOT_PUBLIC},
	{"https://127.1:P/", false, false, NOT_PUBLIC},
	{"https://2130706433:P/", false, false, NOT_PUBLIC},
	{"https://0x7f000001:P/", false, false, NOT_PUBLIC},
	{"https://017700000001:P/", false, false, NOT_PUBLIC},
	{"https://[::1]:P/", false, false, NOT_PUBLIC},
	{"https://[::ffff:127.0.0.1]:P/", false, false, NOT_PUBLIC},
	{"https://[::]:P/", true, true, NOT_PUBLIC},
	{"https://0.0.0.0:P/", true, true, NOT_PUBLIC},
	{"https://0:P/", true, true, NOT_PUBLIC},
	{"https://[::127.0.0.1]:P/", true, true, NOT_PUBLIC},
	{"https://10.0.0.1/", false, false, NOT_PUBLIC},
	{"https://192.168.0.1/", true, false, NOT_PUBLIC},
	{"https://[fd00::1]/", true, false, NOT_PUBLIC},
	{"https://169.254.169.254/", true, true, NOT_PUBLIC},
	{"http://169.254.169.254/latest/meta-data/", true, true, NOT_PUBLIC},
	{"https://[fe80::1]/", true, true, NOT_PUBLIC},
	{"https://[fe80::1%25lo]/", true, true, NOT_PUBLIC},
	{"https://255.255.255.255/", true, true, NOT_PUBLIC},
	{"https://224.0.0.1/", true, true, NOT_PUBLIC},
	{"https://[ff02::1]/", true, true, NOT_PUBLIC},
	{"http://127.0.0.1:H/ok", false, false, BAD_URL},
	{"http://127.0.0.1:H/ok", false, true, BAD_URL},
	{"http://user@127.0.0.1:H/ok", true, true, BAD_URL},
	{"http://user:password@127.0.0.1:H/ok", true, true, BAD_URL},
	{"http://@127.0.0.1:H/ok", true, true, BAD_URL},
	{"http://:@127.0.0.1:H/ok", true, true, BAD_URL},
	{"http://127.0.0.1:H/o k", true, true, BAD_URL},
	{"http://127.0.0.1:H/ok\r\nX: y", true, true, BAD_URL},
	{"http://127.0.0.1:H\n/ok", true, true, BAD_URL},
	{"http://127.0.0.1:99999/", true, true, BAD_URL},
	{"127.0.0.1:H/ok", true, true, BAD_URL},
	{"//127.0.0.1:H/ok", true, true, BAD_URL},
	{"/ok", true, true, BAD_URL},
	{"", true, true, BAD_URL},
	{"http://", true, true, BAD_URL},
	{"file:///etc/passwd", true, true, BAD_URL},
	{"ftp://127.0.0.1:H/", true, true, BAD_URL},
	{"gopher://127.0.0.1:H/_x", true, true, BAD_URL},
	{"dict://127.0.0.1:H/x", true, true, BAD_URL},
	{"ws://127.0.0.1:H/", true, true, BAD_URL},
	{"javascript:1", true, true, BAD_URL},
};

static const char *filled(const char *url)
{
	struct buf buf;

	buf_init(&buf, arena_alloc(arena, 256), 256);
	for (; *url; url++) {
		if (url[0] == ':' && (url[1] == 'P' || url[1] == 'H'))
			buf_printf(&buf, ":%s", port(*++url == 'P' ? "TLS" : "HTTP"));
		else
			buf_put(&buf, url, 1);
	}
	return buf.at;
}

START_TEST(some_places_are_not_gone_to)
{
	int64_t before = hits("connections");

	for (size_t i = 0; i < COUNT(PLACES); i++) {
		struct fetch_request request = {.url = filled(PLACES[i].url),
						.allow_http = PLACES[i].http,
						.allow_private = PLACES[i].private};
		struct outcome is = outcome_of(fetch, &request);

		ck_assert_msg(!is.ok && strcmp(is.why, PLACES[i].why) == 0, "%s: %s",
			      request.url, is.why);
		ck_assert_msg(is.ms < 500, "%s: %lld ms", request.url, (long long)is.ms);
	}
	ck_assert_int_eq(hits("connections"), before + 1); /* that one asked */
}
END_TEST

START_TEST(other_requests_are_refused)
{
	struct fetch_request request = {.allow_http = true};
	char *url = arena_alloc(arena, FETCH_URL_MAX + 2);

	request.url = http("/ok");
	request.authorization = "Bearer x\r\nX: y";
	ck_assert_str_eq(outcome_of(fetch, &request).why,
			 "the authorization has a control character");
	request.authorization = NULL;
	request.url = "http://127.0.0.1:1/";
	ck_assert_str_eq(outcome_of(fetch, &request).why, "the connection was refused");
	request.url = "https://nobody.invalid/";
	ck_assert_str_eq(outcome_of(fetch, &request).why, "the name was not found");
	memset(url, 'x', FETCH_URL_MAX + 1);
	memcpy(url, "https://h/", 10);
	request.url = url;
	ck_assert_str_eq(outcome_of(fetch, &request).why, BAD_URL);
	ck_assert_str_eq(get("/ok").body, "{}");
}
END_TEST

/* A connection made under one request's allowance serves no other. */
START_TEST(an_allowance_ends_with_its_request)
{
	struct fetch_request request = {.url = filled("https://127.0.0.1:P/")};
	int64_t before = hits("connections");

	(void)get("/ok");
	(void)get("/ok");
	ck_assert_int_eq(hits("connections"), before + 3);
	ck_assert_str_eq(outcome_of(fetch, &request).why, NOT_PUBLIC);
}
END_TEST

START_TEST(no_proxy_of_the_environment)
{
	static const char *const NAMES[] = {"http_proxy", "https_proxy", "all_proxy",
					    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"};
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct fetch_request tls = {.url = filled("https://127.0.0.1:P/"),
				    .allow_http = true};
	int proxy = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	socklen_t n = sizeof at;
	const char *url;

	ck_assert_int_eq(bind(proxy, (struct sockaddr *)&at, sizeof at), 0);
	ck_assert_int_eq(listen(proxy, 8), 0);
	ck_assert_int_eq(getsockname(proxy, (struct sockaddr *)&at, &n), 0);
	url = arena_printf(arena, "http://127.0.0.1:%d", ntohs(at.sin_port));
	for (size_t i = 0; i < COUNT(NAMES); i++)
		ck_assert_int_eq(setenv(NAMES[i], url, 1), 0);
	ck_assert_str_eq(get("/ok").body, "{}");
	ck_assert_str_eq(outcome_of(fetch, &tls).why, "the certificate was not accepted");
	ck_assert(accept(proxy, NULL, NULL) < 0 && errno == EAGAIN);
	for (size_t i = 0; i < COUNT(NAMES); i++)
		ck_assert_int_eq(unsetenv(NAMES[i]), 0);
	close(proxy);
}
END_TEST

/* ---- with a network of our own ---- */

static const struct {
	const char *port, *host, *why;
} TLS[] = {
	{"TLS", "elsewhere.test", ""},
	{"TLS", "another.test", "the certificate was not accepted"},
	{"TLS_OTHER_NAME", "elsewhere.test", "the certificate was not accepted"},
	{"TLS_EXPIRED", "elsewhere.test", "the certificate was not accepted"},
	{"TLS_OF_ITS_OWN", "elsewhere.test", "the certificate was not accepted"},
	{"TLS_OLD", "elsewhere.test", "TLS failed"},
	{"HTTP", "elsewhere.test", "TLS failed"},
};

START_TEST(a_certificate_must_hold)
{
	for (size_t i = 0; i < COUNT(TLS); i++) {
		struct fetch_request request = {
			.url = arena_printf(arena, "https://%s:%s/ok", TLS[i].host,
					    port(TLS[i].port))};
		struct outcome is = outcome_of(fetch, &request);

		ck_assert_msg(is.ok == !*TLS[i].why && strcmp(is.why, TLS[i].why) == 0,
			      "%s: %d %s", request.url, is.status, is.why);
		ck_assert_msg(is.ms < AT_ONCE_MS, "%s", request.url);
	}
}
END_TEST

static int64_t connections_for(const char *form)
{
	const char *url =
		arena_printf(arena, "https://elsewhere.test:%s/ok", port("TLS"));
	int64_t before = hits("connections");

	(void)good(&(struct fetch_request){.url = url, .form = form});
	return hits("connections") - before - 1; /* one asks */
}

START_TEST(a_connection_is_kept_but_not_for_a_form)
{
	(void)connections_for(NULL);
	ck_assert_int_eq(connections_for(NULL), 0);
	ck_assert_int_eq(connections_for("a=b"), 1);
	ck_assert_int_eq(connections_for(NULL), 0);
}
END_TEST

START_TEST(a_silent_name_server_is_not_waited_for)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				 .sin_port = htons(53)};
	int names = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct outcome is;

	ck_assert_int_eq(bind(names, (struct sockaddr *)&at, sizeof at), 0);
	is = outcome_of(fetch, &(struct fetch_request){.url = "https://slow.test/"});
	ck_assert_str_eq(is.why, "time out");
	ck_assert_int_ge(is.ms, 900);
	ck_assert_int_le(is.ms, 1300);
	ck_assert_str_eq(get("/ok").body, "{}");
	close(names);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fetch_places");
	TCase *group = tcase_create("fetch_places");

	tcase_set_timeout(group, 30);
	tcase_add_unchecked_fixture(group, begin, end);
	tcase_add_test(group, some_places_are_not_gone_to);
	tcase_add_test(group, other_requests_are_refused);
	tcase_add_test(group, an_allowance_ends_with_its_request);
	tcase_add_test(group, no_proxy_of_the_environment);
	if (own_network()) {
		tcase_add_test(group, a_certificate_must_hold);
		tcase_add_test(group, a_connection_is_kept_but_not_for_a_form);
		tcase_add_test(group, a_silent_name_server_is_not_waited_for);
	} else {
		puts("fetch_places: no namespaces here: certificates are not tried");
	}
	suite_add_tcase(suite, group);
	return live_main(suite);
}
