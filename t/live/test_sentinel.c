/* Sentinels: a real one beside a master and its replica, and some that misbehave. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "lib/redis.h"
#include "t/live/live.h"

enum { CROWD = 9 };

static struct arena *arena;
static struct redis *redis;
static struct breaker breaker;
static int master, replica, sentinel; /* ports */
static pid_t children[32];
static size_t n_children;

/* Bound to a free port of loopback */
static int bind_somewhere(int *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, len), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	*port = ntohs(at.sin_port);
	return fd;
}

static int free_port(void)
{
	int port;

	close(bind_somewhere(&port));
	return port;
}

static pid_t fork_child(void)
{
	pid_t child = live_fork();

	if (child == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	else
		children[n_children++] = child;
	return child;
}

/* redis-server FILE [--sentinel], with these lines */
static void start_server(int port, const char *mode, const char *lines)
{
	const char *path =
		arena_printf(arena, "%s/redis.%d", live_env("LATCHKEY_TEST_DIR"), port);
	FILE *file = fopen(path, "w");
	int nowhere;

	ck_assert_ptr_nonnull(file);
	fprintf(file, "port %d\nbind 127.0.0.1\ndir %s\n%s", port,
		live_env("LATCHKEY_TEST_DIR"), lines);
	fclose(file);
	if (fork_child() != 0)
		return;
	nowhere = open("/dev/null", O_RDWR);
	dup2(nowhere, 1);
	execlp("redis-server", "redis-server", path, mode, (char *)NULL);
	_exit(127);
}

/* A sentinel that takes any password, and has one answer to whatever is asked. */
static int start_parrot(const char *answer)
{
	int port, fd = bind_somewhere(&port);
	char question[512];

	ck_assert_int_eq(listen(fd, 100), 0);
	if (fork_child() != 0) {
		close(fd);
		return port;
	}
	for (;;) {
		int client = accept(fd, NULL, NULL);

		if (read(client, question, sizeof question) > 0 &&
		    write(client, "+OK\r\n", 5) == 5 &&
		    read(client, question, sizeof question) > 0)
			(void)!write(client, answer, strlen(answer));
		close(client);
	}
}

static const char *at_port(int port)
{
	return arena_printf(arena, "127.0.0.1:%d", port);
}

static const char *names(const char *host, int port)
{
	char text[8];
	int n = snprintf(text, sizeof text, "%d", port);

	return arena_printf(arena, "*2\r\n$%zu\r\n%s\r\n$%d\r\n%s\r\n", strlen(host),
			    host, n, text);
}

static struct redis *connect_by(size_t n, const char *const *sentinels)
{
	struct redis_server server = {
		.n_sentinels = n,
		.sentinels = sentinels,
		.master = "mymaster",
		.sentinel_password = "canary-sentinel",
	};

	return redis_new(&server, &breaker);
}

static void connect_again(size_t n, const char *const *sentinels)
{
	redis_free(&redis);
	redis = connect_by(n, sentinels);
}

static const struct redis_script WRITE = {"write",
					  "redis.call('SET', 'lk:a', '1') return {1}"};

static enum rc write_something(void)
{
	struct redis_values out;

	return redis_eval(redis, &WRITE, arena, 0, NULL, 0, NULL, &out);
}

static bool is_at(int port)
{
	return !strcmp(redis_at(redis, arena),
		       arena_printf(arena, "127.0.0.1 port %d", port));
}

/* As an administrator, the words of one command */
static bool tell(int port, const char *words)
{
	const char *command =
		arena_printf(arena, "redis-cli -e -p %d %s >/dev/null 2>&1", port, words);
	pid_t child = live_fork();
	int status;

	if (child == 0) {
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return status == 0;
}

static void start_all(void)
{
	arena = arena_new(1 << 22);
	master = free_port();
	replica = free_port();
	sentinel = free_port();
	start_server(
		master, NULL,
		"save \"\"\nuser worker on >canary-pass ~* -@all +ping +eval +evalsha\n");
	start_server(replica, NULL,
		     arena_printf(arena, "save \"\"\nreplicaof 127.0.0.1 %d\n", master));
	ck_within(5000, while (!tell(master, "ping")) usleep(5000));
	start_server(sentinel, "--sentinel",
		     arena_printf(arena,
				  "requirepass canary-sentinel\n"
				  "sentinel monitor mymaster 127.0.0.1 %d 1\n",
				  master));
	arena_reset(arena);
}

static void stop_all(void)
{
	for (size_t i = 0; i < n_children; i++)
		kill(children[i], SIGKILL);
	for (size_t i = 0; i < n_children; i++)
		waitpid(children[i], NULL, 0);
	arena_free(&arena);
}

static void setup(void)
{
	const char *const sentinels[] = {at_port(sentinel)};

	atomic_store(&breaker.retry_at, 0);
	redis = connect_by(1, sentinels);
}

static void teardown(void)
{
	redis_free(&redis);
	arena_reset(arena);
}

static const struct {
	const char *text;
	bool good;
} PLACES[] = {
	{"127.0.0.1:26379", true},
	{"[::1]:1", true},
	{"192.0.2.1:65535", true},
	{"", false},
	{":", false},
	{":1", false},
	{"127.0.0.1", false},
	{"127.0.0.1:", false},
	{"127.0.0.1:0", false},
	{"127.0.0.1:65536", false},
	{"127.0.0.1:1x", false},
	{"127.1:1", false},
	{"::1:1", false},
	{"[::1:1", false},
	{"[]:1", false},
	{"[127.0.0.1]:1", false},
	{"localhost:1", false},
	{"[:1", false},
	{"2001:db8:1111:2222:3333:4444:5555:6666:7777:8888:9999:1", false},
};

START_TEST(places)
{
	struct redis_place out = {.port = -1};
	bool good = redis_place_read(PLACES[_i].text, &out);

	ck_assert_msg(good == PLACES[_i].good, "%s", PLACES[_i].text);
	ck_assert(good || out.port == -1);
}
END_TEST

START_TEST(the_master_is_found)
{
	ck_assert_str_eq(redis_at(redis, arena), "");
	ck_within(3000, while (redis_ping(redis) != RC_OK) usleep(5000));
	ck_assert(is_at(master));
	ck_assert_int_eq(write_something(), RC_OK);
}
END_TEST

START_TEST(the_first_that_knows)
{
	int hung, fd = bind_somewhere(&hung);
	const char *const crowd[CROWD] = {
		at_port(free_port()),
		at_port(hung),
		at_port(start_parrot("*-1\r\n")),
		at_port(start_parrot("*1\r\n$1\r\nx\r\n")),
		at_port(start_parrot("*300000000\r\n$1\r\nx\r\n")),
		at_port(start_parrot(names("redis.example.org", 6379))),
		at_port(start_parrot(names("127.0.0.1", 0))),
		at_port(start_parrot("not the protocol of Redis\r\n")),
		at_port(sentinel),
	};

	ck_assert_int_eq(listen(fd, 100), 0);
	connect_again(CROWD, crowd);
	ck_within(500, ck_assert_int_eq(redis_ping(redis), RC_OK));
	ck_assert(is_at(master));
	close(fd);
}
END_TEST

START_TEST(the_one_that_knew_is_asked_first)
{
	int hung, fd = bind_somewhere(&hung);
	const char *const two[] = {at_port(hung), at_port(sentinel)};

	ck_assert_int_eq(listen(fd, 100), 0);
	connect_again(2, two);
	ck_assert_int_eq(redis_ping(redis), RC_OK);
	ck_assert(tell(master, "client kill type normal"));
	ck_within(50, ck_assert_int_eq(redis_ping(redis), RC_OK));
	close(fd);
}
END_TEST

START_TEST(none_answers)
{
	int hung, fd = bind_somewhere(&hung);
	const char *const three[] = {at_port(hung), at_port(hung), at_port(hung)};

	ck_assert_int_eq(listen(fd, 100), 0);
	connect_again(3, three);
	ck_within(450, ck_assert_int_eq(redis_ping(redis), RC_DOWN));
	/* Others, whose connections are good, are not held up */
	ck_assert(breaker_allows(&breaker));
	ck_within(5, ck_assert_int_eq(redis_ping(redis), RC_DOWN));
	close(fd);
}
END_TEST

START_TEST(what_is_no_master_is_left)
{
	const char *const wrong[] = {names("127.0.0.1", replica),
				     names("127.0.0.1", free_port()),
				     names("127.0.0.1", sentinel)};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		const char *const two[] = {at_port(start_parrot(wrong[i])),
					   at_port(sentinel)};

		connect_again(2, two);
		ck_assert_int_eq(redis_ping(redis), RC_DOWN);
		ck_within(300, while (redis_ping(redis) != RC_OK) usleep(1000));
		ck_assert(is_at(master));
	}
}
END_TEST

START_TEST(logging_in)
{
	const char *const sentinels[] = {at_port(sentinel)};
	struct redis_server server = {.n_sentinels = 1,
				      .sentinels = sentinels,
				      .master = "mymaster",
				      .user = "worker",
				      .password = "canary-pass",
				      .sentinel_password = "canary-sentinel"};
	static const struct {
		const char *user_may, *sentinel_password, *master;
		enum rc rc;
	} CASES[] = {
		{"-role", "canary-sentinel", "mymaster", RC_DOWN},
		{"+role", "canary-sentinel", "mymaster", RC_OK},
		{"+role", "canary-wrong", "mymaster", RC_DOWN},
		{"+role", NULL, "mymaster", RC_DOWN},
		{"+role", "canary-sentinel", "another", RC_DOWN},
	};

	for (size_t i = 0; i < COUNT(CASES); i++) {
		ck_assert(tell(master, arena_printf(arena, "acl setuser worker %s",
						    CASES[i].user_may)));
		server.sentinel_password = CASES[i].sentinel_password;
		server.master = CASES[i].master;
		redis_free(&redis);
		redis = redis_new(&server, &breaker);
		ck_assert_int_eq(redis_ping(redis), CASES[i].rc);
	}
}
END_TEST

/* The one that a connection goes to turns into a replica: what is asked there is refused,
 * and the sentinel named another one in the meantime, or has yet to. */
START_TEST(replaced)
{
	const char *const still[] = {at_port(start_parrot(names("127.0.0.1", master)))};
	const char *const two[] = {still[0],
				   at_port(start_parrot(names("127.0.0.1", replica)))};

	connect_again(2, two);
	ck_assert_int_eq(write_something(), RC_OK);
	ck_assert(is_at(master));
	ck_assert(tell(replica, "replicaof no one"));
	ck_assert(tell(master, arena_printf(arena, "replicaof 127.0.0.1 %d", replica)));
	/* READONLY; told the old one, which calls itself a replica; then the new one */
	ck_assert_int_eq(write_something(), RC_DOWN);
	ck_within(500, while (write_something() != RC_OK) usleep(1000));
	ck_assert(is_at(replica));
	connect_again(1, still);
	for (int i = 0; i < 20; i++)
		ck_within(50, ck_assert_int_eq(write_something(), RC_DOWN));
	ck_assert(breaker_allows(&breaker));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sentinel");
	TCase *tcase = tcase_create("sentinel");

	tcase_add_unchecked_fixture(tcase, start_all, stop_all);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_loop_test(tcase, places, 0, COUNT(PLACES));
	tcase_add_test(tcase, the_master_is_found);
	tcase_add_test(tcase, the_first_that_knows);
	tcase_add_test(tcase, the_one_that_knew_is_asked_first);
	tcase_add_test(tcase, none_answers);
	tcase_add_test(tcase, what_is_no_master_is_left);
	tcase_add_test(tcase, logging_in);
	tcase_add_test(tcase, replaced);
	suite_add_tcase(suite, tcase);
	return live_main(suite);
}
