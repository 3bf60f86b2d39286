#include "t/live/fetch.h"

#include <dirent.h>

/* ---- what is answered ---- */

START_TEST(an_answer_is_what_was_sent)
{
	struct fetch_answer answer = get("/ok");

	ck_assert_int_eq(answer.status, 200);
	ck_assert_str_eq(answer.content_type, "application/json");
	ck_assert_str_eq(answer.body, "{}");
	ck_assert_uint_eq(answer.n, 2);
	ck_assert_int_eq(answer.max_age_s, 600);
	ck_assert_int_eq(get("/age/twice").max_age_s, 0);
	answer = get("/age/none");
	ck_assert_int_eq(answer.max_age_s, -1);
	ck_assert_str_eq(answer.body, "");
	answer = get("/nul");
	ck_assert_uint_eq(answer.n, 3);
	ck_assert_mem_eq(answer.body, "a\0b", 3);
	ck_assert_str_eq(answer.content_type, "");
	ck_assert_str_eq(get("/chunked").body, "abcd");
	ck_assert_str_eq(get("/no-length").body, "until the end");
	ck_assert_str_eq(get("/interim").body, "x");
	ck_assert_str_eq(get("/long").body, "mo");
	ck_assert_uint_eq(get("/full").n, FETCH_BODY_MAX);
}
END_TEST

START_TEST(a_request_says_no_more_than_it_must)
{
	static const char *const NEVER[] = {
		"Cookie:", "Expect:", "Referer:", "TE:", "Upgrade:", "gzip"};
	struct fetch_request request = {.url = http("/echo"), .allow_http = true};
	const char *netrc = arena_printf(arena, "%s/.netrc", folder);
	FILE *file = fopen(netrc, "w");
	const char *sent;

	ck_assert_ptr_nonnull(file);
	fputs("machine 127.0.0.1 login a password b\n", file);
	fclose(file);
	setenv("HOME", folder, 1);
	for (int i = 0; i < 2; i++) { /* the first answer sets a cookie */
		sent = good(&request).body;
		ck_assert(text_starts(sent, "GET /echo HTTP/1.1\r\n"));
		ck_assert_ptr_nonnull(strstr(sent, "\r\nUser-Agent: latchkey\r\n"));
		ck_assert_ptr_nonnull(strstr(sent, "\r\nAccept-Encoding: identity\r\n"));
		ck_assert_ptr_null(strstr(sent, "Authorization:"));
		for (size_t n = 0; n < COUNT(NEVER); n++)
			ck_assert_msg(!strstr(sent, NEVER[n]), "%s", NEVER[n]);
	}
	request.authorization = "Bearer x.y";
	ck_assert_ptr_nonnull(
		strstr(good(&request).body, "\r\nAuthorization: Bearer x.y\r\n"));
}
END_TEST

START_TEST(a_form_is_posted)
{
	struct fetch_request request = {
		.url = http("/echo"), .form = "a=b&c=%20", .allow_http = true};
	const char *sent = good(&request).body;

	ck_assert(text_starts(sent, "POST /echo HTTP/1.1\r\n"));
	ck_assert_ptr_nonnull(
		strstr(sent, "\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
	ck_assert_ptr_nonnull(strstr(sent, "\r\nContent-Length: 9\r\n"));
	ck_assert_ptr_nonnull(strstr(sent, "\r\n\r\na=b&c=%20"));
	/* What it was is forgotten */
	request.form = NULL;
	sent = good(&request).body;
	ck_assert(text_starts(sent, "GET /echo HTTP/1.1\r\n"));
	ck_assert_ptr_null(strstr(sent, "a=b"));
	request.form = "";
	sent = good(&request).body;
	ck_assert(text_starts(sent, "POST /echo HTTP/1.1\r\n"));
	ck_assert_ptr_nonnull(strstr(sent, "\r\nContent-Length: 0\r\n"));
}
END_TEST

START_TEST(a_redirect_is_an_answer)
{
	ck_assert_int_eq(get("/302").status, 302);
	ck_assert_int_eq(get("/307").status, 307);
	ck_assert_int_eq(get("/302/file").status, 302);
	ck_assert_int_eq(get("/refresh").status, 200);
	ck_assert_int_eq(hits("/302"), 1);
	ck_assert_int_eq(hits("/elsewhere"), 0);
}
END_TEST

static size_t descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static const char TOO_LARGE[] = "the answer is too large";
static const char HEAD_TOO_LARGE[] = "the answer's head is too large";
static const char ENCODED[] = "the answer is encoded";
static const char BROKE_OFF[] = "the answer broke off";
static const char NOT_HTTP[] = "the answer is not HTTP";

static const struct {
	const char *path;
	int status; /* 0: none, and: */
	const char *why;
} ANSWERS[] = {
	{"/404", 404, ""},
	{"/500", 500, ""},
	{"/204", 204, ""},
	{"/304", 304, ""},
	{"/401", 401, ""},
	{"/huge/said", 0, TOO_LARGE},
	{"/huge/only-said", 0, TOO_LARGE},
	{"/huge/unsaid", 0, TOO_LARGE},
	{"/huge/chunked", 0, TOO_LARGE},
	{"/huge/chunk-size", 0, TOO_LARGE},
	{"/huge/headers", 0, HEAD_TOO_LARGE},
	{"/huge/header", 0, TOO_LARGE},
	{"/huge/fold", 0, HEAD_TOO_LARGE},
	{"/huge/interim", 0, HEAD_TOO_LARGE},
	{"/huge/trailers", 0, HEAD_TOO_LARGE},
	{"/huge/status", 0, TOO_LARGE},
	{"/gzip", 0, ENCODED},
	{"/gzip/not", 0, ENCODED},
	{"/gzip/transfer", 0, ENCODED},
	{"/gzip/transfer/chunked", 0, ENCODED},
	{"/gzip/transfer/twice", 0, ENCODED},
	{"/gzip/transfer/folded", 0, ENCODED},
	{"/gzip/transfer/below", 0, ENCODED},
	{"/deflate", 0, ENCODED},
	{"/br", 0, ENCODED},
	{"/short", 0, BROKE_OFF},
	{"/chunked/cut", 0, BROKE_OFF},
	{"/chunked/bad", 0, BROKE_OFF},
	{"/length/negative", 0, NOT_HTTP},
	{"/length/word", 0, NOT_HTTP},
	{"/close", 0, BROKE_OFF},
	{"/close/half", 0, BROKE_OFF},
	{"/close/head", 0, BROKE_OFF},
	{"/reset", 0, BROKE_OFF},
	{"/garbage", 0, NOT_HTTP},
	{"/ssh", 0, NOT_HTTP},
	{"/http/0.9", 0, NOT_HTTP},
	{"/http/3", 0, NOT_HTTP},
	{"/status/0", 0, NOT_HTTP},
	{"/status/99", 0, NOT_HTTP},
	{"/status/101", 0, BROKE_OFF},
	{"/status/600", 0, NOT_HTTP},
	{"/status/999", 0, NOT_HTTP},
	{"/status/word", 0, NOT_HTTP},
	{"/header/nul", 0, NOT_HTTP},
};

/* One handle for all of them, which is good again after each. */
START_TEST(what_a_server_may_say)
{
	size_t before;

	(void)get("/ok");
	before = descriptors();
	for (size_t i = 0; i < COUNT(ANSWERS); i++) {
		struct fetch_request request = {.url = http(ANSWERS[i].path),
						.allow_http = true};
		struct outcome is = outcome_of(fetch, &request);
		int status = ANSWERS[i].status;

		ck_assert_msg(is.ok == !!status && is.status == (status ? status : -1) &&
				      strcmp(is.why, ANSWERS[i].why) == 0,
			      "%s: %d %s", ANSWERS[i].path, is.status, is.why);
		ck_assert_msg(is.ms < AT_ONCE_MS, "%s: %lld ms", ANSWERS[i].path,
			      (long long)is.ms);
		ck_assert_str_eq(get("/ok").body, "{}");
	}
	ck_assert_uint_eq(descriptors(), before);
}
END_TEST

/* ---- how long it may take ---- */

static const struct {
	const char *port, *path;
	int64_t deadline_in, from, to; /* ms; `to` leaves room for other work */
} SLOW[] = {
	{"HTTP", "/stall", 0, 2900, 4500},
	{"HTTP", "/stall", 300, 290, 850},
	{"HTTP", "/stall", 60000, 2900, 4500},
	{"HTTP", "/stall", -5, 0, 800},
	{"HTTP", "/stall/line", 0, 2900, 4500},
	{"HTTP", "/stall/body", 0, 2900, 4500},
	{"HTTP", "/drip/head", 0, 2900, 4500},
	{"HTTP", "/drip/body", 0, 2900, 4500},
	{"HTTP", "/drip/chunks", 0, 2900, 4500},
	{"HTTP", "/drip/interim", 0, 2900, 4500},
	{"HTTP", "/slow/extension", 0, 2900, 4500},
	{"SILENT", "/", 0, 2900, 4500},
	{"SILENT", NULL, 0, 900, 2500},
	{"SILENT", NULL, 300, 290, 850},
	{"BLACKHOLE", "/", 0, 900, 2500},
	{"BLACKHOLE", NULL, 0, 900, 2500},
};

/* In a process of its own, with a handle of its own: what `run` gives is written. */
static int apart(void (*run)(int out, size_t i), size_t i, pid_t *child)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	*child = live_fork();
	if (*child == 0) {
		run(ends[1], i);
		_exit(0);
	}
	close(ends[1]);
	return ends[0];
}

static void run_and_tell(int out, const struct fetch_request *request)
{
	CLEANUP(fetch_free) struct fetch *mine = fetch_new();
	struct outcome is = outcome_of(mine, request);

	if (write(out, &is, sizeof is) != (ssize_t)sizeof is)
		_exit(1);
}

static void run_slow(int out, size_t i)
{
	struct fetch_request request = {.allow_http = true};

	if (SLOW[i].path)
		request.url = arena_printf(arena, "http://127.0.0.1:%s%s",
					   port(SLOW[i].port), SLOW[i].path);
	else
		request.url =
			arena_printf(arena, "https://127.0.0.1:%s/", port(SLOW[i].port));
	if (SLOW[i].deadline_in)
		request.deadline_ms = clock_mono_ms() + SLOW[i].deadline_in;
	run_and_tell(out, &request);
}

START_TEST(nothing_takes_longer_than_said)
{
	pid_t children[COUNT(SLOW)];
	int ends[COUNT(SLOW)], status;

	for (size_t i = 0; i < COUNT(SLOW); i++)
		ends[i] = apart(run_slow, i, &children[i]);
	for (size_t i = 0; i < COUNT(SLOW); i++) {
		struct outcome is = {0};

		ck_assert_int_eq(read(ends[i], &is, sizeof is), (ssize_t)sizeof is);
		ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
		close(ends[i]);
		ck_assert_msg(!is.ok && strcmp(is.why, "time out") == 0, "%zu: %d %s", i,
			      is.status, is.why);
		ck_assert_msg(is.ms >= SLOW[i].from && is.ms <= SLOW[i].to,
			      "%zu: %lld ms", i, (long long)is.ms);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fetch");
	TCase *group = tcase_create("fetch");

	(void)own_network();
	tcase_set_timeout(group, 30);
	tcase_add_unchecked_fixture(group, begin, end);
	tcase_add_test(group, an_answer_is_what_was_sent);
	tcase_add_test(group, a_request_says_no_more_than_it_must);
	tcase_add_test(group, a_form_is_posted);
	tcase_add_test(group, a_redirect_is_an_answer);
	tcase_add_test(group, what_a_server_may_say);
	tcase_add_test(group, nothing_takes_longer_than_said);
	suite_add_tcase(suite, group);
	return live_main(suite);
}
