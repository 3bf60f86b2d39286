#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/json.h"
#include "lib/log.h"
#include "t/unit/unit.h"

static struct arena *arena;
static int pipe_fds[2], stderr_before;

static void setup(void)
{
	arena = arena_new(1 << 20);
	stderr_before = dup(STDERR_FILENO);
	ck_assert_int_eq(pipe2(pipe_fds, O_NONBLOCK), 0);
	ck_assert_int_ge(dup2(pipe_fds[1], STDERR_FILENO), 0);
	log_open("tester", LOG_LEVEL_DEBUG);
}

static void teardown(void)
{
	(void)unsetenv("JOURNAL_STREAM");
	ck_assert_int_ge(dup2(stderr_before, STDERR_FILENO), 0);
	(void)close(stderr_before);
	(void)close(pipe_fds[0]);
	(void)close(pipe_fds[1]);
	arena_free(&arena);
}

/* All that was logged; "" when nothing was */
static char *logged(void)
{
	char *text = arena_alloc(arena, 65536);
	ssize_t n = read(pipe_fds[0], text, 65535);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static const struct json *logged_line(void)
{
	char *text = logged();
	const struct json *line;
	size_t n = strlen(text);

	ck_assert_uint_gt(n, 1);
	ck_assert_uint_le(n, 4096);
	ck_assert_ptr_eq(strchr(text, '\n'), text + n - 1);
	line = json_parse(arena, text, n - 1);
	ck_assert_msg(line != NULL, "not JSON: %s", text);
	return line;
}

START_TEST(a_line)
{
	const struct json *line;

	errno = EPIPE;
	log_request("0123456789abcdef");
	log_warn("something_happened", "name", "value", "absent", NULL, "n",
		 log_number(-42));
	ck_assert_int_eq(errno, EPIPE);
	line = logged_line();
	ck_assert_uint_eq(strlen(json_text(line, "time")), 24);
	ck_assert_str_eq(json_text(line, "level"), "warn");
	ck_assert_str_eq(json_text(line, "program"), "tester");
	ck_assert_str_eq(json_text(line, "event"), "something_happened");
	ck_assert_str_eq(json_text(line, "request_id"), "0123456789abcdef");
	ck_assert_str_eq(json_text(line, "name"), "value");
	ck_assert_str_eq(json_text(line, "n"), "-42");
	ck_assert_int_eq(json_type(line, "absent"), JSON_ABSENT);
	ck_assert_int_eq(json_type(line, "pid"), JSON_NUMBER);

	log_request(NULL);
	log_error("next");
	ck_assert_int_eq(json_type(logged_line(), "request_id"), JSON_ABSENT);
}
END_TEST

static int64_t logged_pid(void)
{
	int64_t pid = 0;

	ck_assert(json_integer(logged_line(), "pid", &pid));
	return pid;
}

START_TEST(pid_is_that_of_who_writes)
{
	pid_t child;

	log_warn("parent");
	ck_assert_int_eq(logged_pid(), getpid());
	child = fork();
	if (!child) {
		log_warn("child");
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	ck_assert_int_eq(logged_pid(), child);
}
END_TEST

START_TEST(levels)
{
	log_open("tester", LOG_LEVEL_WARN);
	log_info("unseen");
	log_debug("unseen");
	ck_assert_str_eq(logged(), "");
	log_warn("seen");
	ck_assert_str_eq(json_text(logged_line(), "event"), "seen");
	log_error("seen");
	ck_assert_str_eq(json_text(logged_line(), "level"), "error");
}
END_TEST

/* As systemd does for a service (systemd.exec(5)) */
static void say_that_the_journal_is(int fd)
{
	struct stat stream;

	ck_assert_int_eq(fstat(fd, &stream), 0);
	ck_assert_int_eq(setenv("JOURNAL_STREAM",
				arena_printf(arena, "%ju:%ju", (uintmax_t)stream.st_dev,
					     (uintmax_t)stream.st_ino),
				1),
			 0);
	log_open("tester", LOG_LEVEL_DEBUG);
}

START_TEST(the_journal_learns_the_priority)
{
	static const char *const expected[] = {"<3>{", "<4>{", "<6>{", "<7>{"};

	say_that_the_journal_is(STDERR_FILENO);
	for (size_t i = 0; i < COUNT(expected); i++) {
		const char *line;

		log_event((enum log_level)i, "x", NULL);
		line = logged();
		ck_assert_msg(strncmp(line, expected[i], 4) == 0, "%s", line);
		ck_assert_ptr_eq(strchr(line, '\n'), line + strlen(line) - 1);
	}
}
END_TEST

START_TEST(another_stream_than_the_journals)
{
	int other[2];

	ck_assert_int_eq(pipe(other), 0);
	say_that_the_journal_is(other[0]);
	log_error("x");
	ck_assert_str_eq(json_text(logged_line(), "event"), "x");
	(void)close(other[0]);
	(void)close(other[1]);
}
END_TEST

START_TEST(user_text_stays_one_value)
{
	log_info("x", "agent", "\"}\n{\"level\":\"error\"\x1b[2J\xc2\x9b\xff");
	ck_assert_str_eq(json_text(logged_line(), "agent"),
			 "\"}\n{\"level\":\"error\"\x1b[2J\xc2\x9b\xef\xbf\xbd");
}
END_TEST

START_TEST(values_are_cut_between_characters)
{
	char value[300];

	for (size_t lead = 250; lead <= 257; lead++) {
		const char *shown;

		memset(value, 'a', sizeof value);
		memcpy(value + lead, "\xf0\x9f\x94\x91", 5);
		log_info("x", "value", value);
		shown = json_text(logged_line(), "value");
		ck_assert_uint_eq(strlen(shown), lead + 4 <= 256 ? lead + 4
						 : lead < 256	 ? lead
								 : 256);
		ck_assert_ptr_null(strstr(shown, "\xef\xbf\xbd"));
	}
	memset(value, 0x80, sizeof value - 1);
	value[sizeof value - 1] = '\0';
	log_info("x", "value", value);
	ck_assert_ptr_nonnull(json_text(logged_line(), "value"));
}
END_TEST

/* The longest form of 256 bytes is 1536; several make more than a pipe takes at once. */
START_TEST(a_line_that_is_too_long)
{
	char value[257] = "";
	const struct json *line;

	memset(value, 1, sizeof value - 1);
	log_info("x", "a", value, "b", value, "c", value, "d", "small");
	line = logged_line();
	ck_assert_ptr_nonnull(json_text(line, "a"));
	ck_assert_ptr_nonnull(json_text(line, "b"));
	ck_assert_ptr_null(json_text(line, "c"));
	ck_assert_str_eq(json_text(line, "cut"), "true");

	log_request(value);
	log_open(value, LOG_LEVEL_INFO);
	log_event(LOG_LEVEL_INFO, value, "a", value, NULL);
	ck_assert_ptr_nonnull(json_text(logged_line(), "event"));
}
END_TEST

START_TEST(eight_numbers_at_once)
{
	const char *a[8];

	for (int i = 0; i < 8; i++)
		a[i] = log_number(INT64_MIN + i);
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(a[i][19], '8' + (i == 0 ? 0 : -i));
}
END_TEST

START_TEST(a_full_pipe_is_no_trouble)
{
	ck_assert_int_eq(fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK), 0);
	for (int i = 0; i < 2000; i++)
		log_info("a_line_of_some_length", "n", log_number(i));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_line,
		pid_is_that_of_who_writes,
		levels,
		the_journal_learns_the_priority,
		another_stream_than_the_journals,
		user_text_stays_one_value,
		values_are_cut_between_characters,
		a_line_that_is_too_long,
		eight_numbers_at_once,
		a_full_pipe_is_no_trouble,
	};

	return unit_run("log", tests, COUNT(tests), setup, teardown);
}
