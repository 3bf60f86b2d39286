/* fakes: fcgi_client */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fcgi.h"
#include "lib/log.h"
#include "lib/process.h"
#include "t/fake/fcgi_client.h"
#include "t/unit/unit.h"

static char dir[] = P_tmpdir "/latchkey-fcgi-XXXXXX", path[64], answer_text[200000];
static int listen_fd;
static pid_t server;
static struct fcgi_bytes request;

/* "/read": the body back; "/long": an answer of many records; else the URI back. */
static void answer(struct fcgi *io)
{
	const char *uri = fcgi_param(io, "REQUEST_URI"), *again = fcgi_param(io, "TWICE");
	static char text[150000];
	int64_t n = strtoll(fcgi_param(io, "CONTENT_LENGTH"), NULL, 10);

	if (!strcmp(uri, "/long"))
		memset(text, 'x', sizeof text - 1);
	else if (strcmp(uri, "/read") != 0)
		snprintf(text, sizeof text, "%s%s", uri, again ? again : "");
	else if (!fcgi_read(io, text, (size_t)n))
		snprintf(text, sizeof text, "short");
	if (!fcgi_write(io, text, strlen(text)))
		return;
	memset(text, 0, sizeof text);
}

static void serve(void)
{
	static const int ends[] = {SIGTERM};
	struct fcgi *io = fcgi_new(listen_fd);
	sigset_t wake, blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &wake);
	process_catch(ends, COUNT(ends));
	while (!process_got_term)
		if (fcgi_accept(io, &wake, 1000))
			answer(io);
	fcgi_free(&io);
	exit(0);
}

static bool ask(const char *uri)
{
	return fcgi_ask(path, uri, answer_text, sizeof answer_text);
}

static void start_server(void)
{
	server = fork();
	if (!server)
		serve();
	ck_assert(ask("/ready"));
	request.n = 0;
}

static void start(void)
{
	const char *why = NULL;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/s", dir);
	signal(SIGPIPE, SIG_IGN);
	listen_fd = process_listen(path, NULL, 64, &why);
	ck_assert_int_ge(listen_fd, 0);
	start_server();
}

static void stop(void)
{
	int status = -1;

	kill(server, SIGTERM);
	ck_assert_int_eq(waitpid(server, &status, 0), server);
	ck_assert_int_eq(status, 0);
	unlink(path);
	rmdir(dir);
}

START_TEST(answers_one_after_the_other)
{
	for (int i = 0; i < 100; i++) {
		ck_assert(ask("/hello"));
		ck_assert_str_eq(answer_text, "/hello");
	}
}
END_TEST

START_TEST(long_answer_comes_whole)
{
	ck_assert(ask("/long"));
	ck_assert_uint_eq(strlen(answer_text), 149999);
}
END_TEST

static bool ask_with_body(const char *uri, const void *body, size_t n)
{
	int fd = fcgi_connect(path);
	bool whole;

	request.n = 0;
	fcgi_put_request(&request, uri, body, n);
	fcgi_send(fd, request.at, request.n);
	whole = fcgi_receive(fd, answer_text, sizeof answer_text);
	close(fd);
	return whole;
}

START_TEST(body_is_read_whole)
{
	char body[16384];

	memset(body, 'b', sizeof body);
	ck_assert(ask_with_body("/read", body, sizeof body));
	ck_assert_uint_eq(strlen(answer_text), sizeof body);
}
END_TEST

START_TEST(unread_body_does_not_cost_the_answer)
{
	static char body[120000];

	for (int i = 0; i < 20; i++) {
		ck_assert(ask_with_body("/unread", body, sizeof body));
		ck_assert_str_eq(answer_text, "/unread");
	}
}
END_TEST

START_TEST(body_shorter_than_said_is_told)
{
	static struct fcgi_bytes params;
	int fd = fcgi_connect(path);

	params.n = 0;
	fcgi_put_param(&params, "REQUEST_URI", "/read");
	fcgi_put_param(&params, "CONTENT_LENGTH", "10");
	fcgi_put_begin(&request);
	fcgi_put(&request, 4, params.at, params.n);
	fcgi_put(&request, 4, NULL, 0);
	fcgi_put(&request, 5, "four", 4);
	fcgi_put(&request, 5, NULL, 0);
	fcgi_send(fd, request.at, request.n);
	ck_assert(fcgi_receive(fd, answer_text, sizeof answer_text));
	ck_assert_str_eq(answer_text, "short");
	close(fd);
}
END_TEST

START_TEST(first_of_two_parameters_wins)
{
	static struct fcgi_bytes params;
	int fd = fcgi_connect(path);

	params.n = 0;
	fcgi_put_param(&params, "REQUEST_URI", "/");
	fcgi_put_param(&params, "CONTENT_LENGTH", "0");
	fcgi_put_param(&params, "TWICE", "first");
	fcgi_put_param(&params, "TWICE", "second");
	fcgi_put_begin(&request);
	fcgi_put(&request, 4, params.at, params.n);
	fcgi_put(&request, 4, NULL, 0);
	fcgi_put(&request, 5, NULL, 0);
	fcgi_send(fd, request.at, request.n);
	ck_assert(fcgi_receive(fd, answer_text, sizeof answer_text));
	ck_assert_str_eq(answer_text, "/first");
	close(fd);
}
END_TEST

/* Whatever a bad peer does, the next good one is answered within `ms`. */
static void expect_answer_within(int64_t ms)
{
	int64_t from = clock_mono_ms();

	ck_assert(ask("/after"));
	ck_assert_int_le(clock_mono_ms() - from, ms);
}

START_TEST(peer_that_leaves_costs_no_time)
{
	for (size_t n = 0; n < 40; n++) {
		int fd = fcgi_connect(path);

		request.n = 0;
		fcgi_put_request(&request, "/", NULL, 0);
		fcgi_send(fd, request.at, n);
		close(fd);
	}
	expect_answer_within(500);
}
END_TEST

START_TEST(malformed_request_is_closed_at_once)
{
	int fd = fcgi_connect(path);

	fcgi_put_begin(&request);
	fcgi_put(&request, 4, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
	fcgi_put(&request, 4, NULL, 0);
	fcgi_put(&request, 5, NULL, 0);
	fcgi_send(fd, request.at, request.n);
	ck_assert(!fcgi_receive(fd, answer_text, sizeof answer_text));
	close(fd);
	expect_answer_within(500);
}
END_TEST

START_TEST(idle_peer_is_left_after_a_while)
{
	int fd = fcgi_connect(path);

	expect_answer_within(FCGI_REQUEST_MS + 1000);
	close(fd);
}
END_TEST

/* A byte now and then does not prolong it. */
START_TEST(dripping_peer_is_left_after_a_while)
{
	int fd = fcgi_connect(path);
	pid_t dripper = fork();

	fcgi_put_request(&request, "/", NULL, 0);
	for (size_t i = 0; !dripper && i < request.n; i++) {
		fcgi_send(fd, request.at + i, 1);
		usleep(200 * 1000);
	}
	if (!dripper)
		_exit(0);
	usleep(50 * 1000);
	expect_answer_within(FCGI_REQUEST_MS + 1000);
	kill(dripper, SIGKILL);
	waitpid(dripper, NULL, 0);
	close(fd);
}
END_TEST

START_TEST(slow_but_good_request_is_answered)
{
	int fd = fcgi_connect(path);

	fcgi_put_request(&request, "/slow", "0123456789", 10);
	for (size_t at = 0; at < request.n; at += 20) {
		fcgi_send(fd, request.at + at, request.n - at < 20 ? request.n - at : 20);
		usleep(10 * 1000);
	}
	ck_assert(fcgi_receive(fd, answer_text, sizeof answer_text));
	ck_assert_str_eq(answer_text, "/slow");
	close(fd);
}
END_TEST

/* In this process: no descriptor is left for a connection. */
START_TEST(no_descriptors_is_no_request_and_no_end)
{
	const struct rlimit few = {(rlim_t)dup(0), 64};
	struct rlimit was;
	struct fcgi *io;
	sigset_t wake;
	int fd;
	int64_t from;

	if (unit_valgrind_without("a limit of descriptors below its own"))
		return;
	kill(server, SIGSTOP);
	sigemptyset(&wake);
	io = fcgi_new(listen_fd);
	fd = fcgi_connect(path);
	request.n = 0;
	fcgi_put_request(&request, "/", NULL, 0);
	fcgi_send(fd, request.at, request.n);
	ck_assert(!getrlimit(RLIMIT_NOFILE, &was));
	ck_assert(!setrlimit(RLIMIT_NOFILE, &few));
	from = clock_mono_ms();
	ck_assert(!fcgi_accept(io, &wake, 1000));
	ck_assert_int_ge(clock_mono_ms() - from, FCGI_SHORT_MS - 1);
	ck_assert(!setrlimit(RLIMIT_NOFILE, &(struct rlimit){64, 64}));
	ck_assert(fcgi_accept(io, &wake, 1000));
	ck_assert_str_eq(fcgi_param(io, "REQUEST_URI"), "/");
	fcgi_free(&io);
	close(fd);
	kill(server, SIGCONT);
}
END_TEST

/* The backlog is never empty, and yet SIGTERM is seen after the request in hand. */
START_TEST(signal_comes_through_a_full_backlog)
{
	int fds[50], status = -1;
	int64_t from;

	kill(server, SIGSTOP);
	fcgi_put_request(&request, "/long", NULL, 0);
	for (size_t i = 0; i < COUNT(fds); i++) {
		fds[i] = fcgi_connect(path);
		fcgi_send(fds[i], request.at, request.n);
	}
	kill(server, SIGTERM);
	kill(server, SIGCONT);
	from = clock_mono_ms();
	ck_assert_int_eq(waitpid(server, &status, 0), server);
	ck_assert_int_eq(status, 0);
	ck_assert_int_le(clock_mono_ms() - from, 500);
	for (size_t i = 0; i < COUNT(fds); i++)
		close(fds[i]);
	start_server();
}
END_TEST

START_TEST(time_out_is_no_request)
{
	struct fcgi *io = fcgi_new(listen_fd);
	int64_t from = clock_mono_ms();
	sigset_t wake;

	sigemptyset(&wake);
	ck_assert(!fcgi_accept(io, &wake, 50));
	ck_assert_int_ge(clock_mono_ms() - from, 49);
	fcgi_free(&io);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		answers_one_after_the_other,
		long_answer_comes_whole,
		body_is_read_whole,
		unread_body_does_not_cost_the_answer,
		body_shorter_than_said_is_told,
		first_of_two_parameters_wins,
		peer_that_leaves_costs_no_time,
		malformed_request_is_closed_at_once,
		idle_peer_is_left_after_a_while,
		dripping_peer_is_left_after_a_while,
		slow_but_good_request_is_answered,
		no_descriptors_is_no_request_and_no_end,
		signal_comes_through_a_full_backlog,
		time_out_is_no_request,
	};

	log_open("test_fcgi", LOG_LEVEL_ERROR); /* the refusals are meant */
	return unit_run("fcgi", tests, COUNT(tests), start, stop);
}
