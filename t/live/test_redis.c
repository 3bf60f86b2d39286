#include "lib/redis.h"

#include "t/live/live.h"

static struct arena *arena;
static struct redis *redis;
static struct breaker breaker;

static struct redis *connect_as(const char *user, const char *password)
{
	struct redis_server server = {
		.socket = live_env("LATCHKEY_TEST_REDIS"),
		.user = user,
		.password = password,
	};

	return redis_new(&server, &breaker);
}

static void setup(void)
{
	atomic_store(&breaker.retry_at, 0);
	arena = arena_new(1 << 22);
	redis = connect_as(NULL, NULL);
}

static void teardown(void)
{
	redis_free(&redis);
	arena_free(&arena);
}

static enum rc eval(const char *lua, struct redis_values *out)
{
	/* Scripts are told apart by their address */
	struct redis_script *script = arena_alloc(arena, sizeof *script);

	script->name = "test";
	script->lua = lua;
	return redis_eval(redis, script, arena, 0, NULL, 0, NULL, out);
}

static const struct redis_script ECHO = {
	"echo",
	"return {KEYS[1], ARGV[1], #ARGV, -7, false, ''}",
};

static enum rc echo(struct redis_values *out)
{
	return redis_eval(redis, &ECHO, arena, REDIS_TEXTS("lk:k e\r\ny"),
			  REDIS_TEXTS("%s %b\n$5", "x"), out);
}

START_TEST(values_come_back)
{
	struct redis_values out;

	ck_assert_int_eq(echo(&out), RC_OK);
	ck_assert_uint_eq(out.n, 6);
	ck_assert_str_eq(out.value[0], "lk:k e\r\ny");
	ck_assert_str_eq(out.value[1], "%s %b\n$5");
	ck_assert_int_eq(redis_int(&out, 2), 2);
	ck_assert_int_eq(redis_int(&out, 3), -7);
	ck_assert_ptr_null(out.value[4]);
	ck_assert_int_eq(redis_int(&out, 4), 0);
	ck_assert_int_eq(redis_int(&out, 0), 0);
	ck_assert_str_eq(out.value[5], "");
}
END_TEST

START_TEST(a_known_script_costs_one_round_trip)
{
	struct redis_values out;
	uint64_t before;

	ck_assert_int_eq(echo(&out), RC_OK);
	before = redis_round_trips(redis);
	ck_assert_int_eq(echo(&out), RC_OK);
	ck_assert_uint_eq(redis_round_trips(redis) - before, 1);
	ck_assert_int_eq(redis_ping(redis), RC_OK);
	ck_assert_uint_eq(redis_round_trips(redis) - before, 2);
}
END_TEST

static const struct {
	const char *lua;
	enum rc rc;
} ANSWERS[] = {
	{"return {}", RC_OK},
	{"return {1,2,3,4,5,6,7,8,9,10,11,12}", RC_OK},
	{"return {1,2,3,4,5,6,7,8,9,10,11,12,13}", RC_DOWN},
	{"return {{ok='fine'}}", RC_OK},
	{"return {{1}}", RC_DOWN},
	{"return {'a\\0b'}", RC_DOWN},
	{"return 1", RC_DOWN},
	{"return nil", RC_DOWN},
	{"return {err='OOM command not allowed'}", RC_DOWN},
	{"return {err='READONLY it is a replica'}", RC_DOWN},
	{"return {err='LOADING wait'}", RC_DOWN},
	{"return {err='MISCONF disk'}", RC_DOWN},
	{"return redis.call('NOSUCH', 'canary')", RC_DOWN},
	{"this is not lua", RC_DOWN},
};

START_TEST(only_a_usable_answer_is_one)
{
	struct redis_values out = {.n = 99};
	enum rc rc = eval(ANSWERS[_i].lua, &out);

	ck_assert_msg(rc == ANSWERS[_i].rc, "%s", ANSWERS[_i].lua);
	if (rc != RC_OK)
		ck_assert_uint_eq(out.n, 99);
	ck_within(100, while (redis_ping(redis) != RC_OK) usleep(1000));
}
END_TEST

START_TEST(too_many_clients)
{
	enum { MOST = 20 }; /* as the server beside this file is set up */
	struct redis *crowd[MOST];
	struct redis_values out;

	for (size_t i = 0; i < MOST; i++) {
		crowd[i] = connect_as(NULL, NULL);
		ck_assert_int_eq(redis_ping(crowd[i]), RC_OK);
	}
	for (int i = 0; i < 20; i++)
		ck_within(10, ck_assert_int_eq(echo(&out), RC_DOWN));
	for (size_t i = 0; i < MOST; i++)
		redis_free(&crowd[i]);
	ck_within(300, while (echo(&out) != RC_OK) usleep(1000));
}
END_TEST

START_TEST(a_large_value_passes)
{
	enum { SIZE = 1 << 20 };
	static const struct redis_script LENGTH = {"length",
						   "return {#ARGV[1], ARGV[1]}"};
	struct redis_values out;
	char *large = arena_alloc(arena, SIZE + 1);

	memset(large, 'x', SIZE);
	ck_assert_int_eq(
		redis_eval(redis, &LENGTH, arena, 0, NULL, REDIS_TEXTS(large), &out),
		RC_OK);
	ck_assert_int_eq(redis_int(&out, 0), SIZE);
	ck_assert_str_eq(out.value[1], large);
}
END_TEST

START_TEST(logging_in)
{
	static const struct {
		const char *user, *password;
		enum rc rc;
	} USERS[] = {
		{"worker", "canary-pass", RC_OK},
		{"worker", "canary-wrong", RC_DOWN},
		{NULL, "canary-pass", RC_DOWN}, /* the default user has none */
	};

	for (size_t i = 0; i < COUNT(USERS); i++) {
		redis_free(&redis);
		redis = connect_as(USERS[i].user, USERS[i].password);
		ck_assert_int_eq(redis_ping(redis), USERS[i].rc);
	}
}
END_TEST

START_TEST(what_is_forbidden_is_down)
{
	struct redis_values out;

	redis_free(&redis);
	redis = connect_as("worker", "canary-pass");
	ck_assert_int_eq(eval("return {redis.call('SET', 'lk:a', '1')}", &out), RC_OK);
	ck_assert_int_eq(eval("return {redis.call('SET', 'other', '1')}", &out), RC_DOWN);
	ck_assert_int_eq(eval("return {redis.call('FLUSHALL')}", &out), RC_DOWN);
	ck_assert_int_eq(eval("return {redis.call('GET', 'lk:a')}", &out), RC_OK);
	ck_assert_str_eq(out.value[0], "1");
}
END_TEST

START_TEST(nobody_there)
{
	struct redis_server server = {.socket = "/nonexistent/sock"};
	struct redis_server tcp = {.host = "127.0.0.1", .port = 1};

	redis_free(&redis);
	redis = redis_new(&server, &breaker);
	ck_within(20, ck_assert_int_eq(redis_ping(redis), RC_DOWN));
	redis_free(&redis);
	redis = redis_new(&tcp, &breaker);
	ck_within(20, ck_assert_int_eq(redis_ping(redis), RC_DOWN));
	ck_assert(breaker_allows(&breaker));
}
END_TEST

START_TEST(the_callers_deadline_holds)
{
	static const struct redis_script SLOW = {
		"slow",
		"local t = redis.call('TIME') "
		"local till = t[1] * 1000000 + t[2] + 200000 "
		"while t[1] * 1000000 + t[2] < till do t = redis.call('TIME') end "
		"return {'late'}"};
	struct redis_values out;

	redis_deadline(redis, clock_mono_ms() + 50);
	ck_within(70, ck_assert_int_eq(
			      redis_eval(redis, &SLOW, arena, 0, NULL, 0, NULL, &out),
			      RC_DOWN));
	ck_within(5, ck_assert_int_eq(redis_ping(redis), RC_DOWN));
	redis_deadline(redis, 0);
	ck_assert(
		breaker_allows(&breaker)); /* it had too little time to be called dead */
	/* A new connection: the late answer belongs to nobody */
	ck_assert_int_eq(echo(&out), RC_OK);
	ck_assert_str_eq(out.value[1], "%s %b\n$5");
}
END_TEST

START_TEST(hung)
{
	struct redis_values out;

	ck_assert_int_eq(echo(&out), RC_OK);
	live_server("redis", "pause");
	ck_within(550, ck_assert_int_eq(echo(&out), RC_DOWN));
	ck_within(5, ck_assert_int_eq(echo(&out), RC_DOWN));
	usleep((BREAKER_OPEN_MS + 10) * 1000);
	ck_within(550, ck_assert_int_eq(echo(&out), RC_DOWN)); /* one tries again */
	live_server("redis", "resume");
	ck_within(1000, while (echo(&out) != RC_OK) usleep(1000));
}
END_TEST

START_TEST(restarted)
{
	static const char *const HOW[] = {"stop", "kill"};
	struct redis_values out;

	for (size_t i = 0; i < COUNT(HOW); i++) {
		ck_assert_int_eq(echo(&out), RC_OK);
		live_server("redis", HOW[i]);
		live_server("redis", "start");
		ck_assert_int_eq(echo(&out), RC_OK); /* not one failure */
	}
}
END_TEST

START_TEST(down_and_back)
{
	struct redis_values out;

	ck_assert_int_eq(echo(&out), RC_OK);
	live_server("redis", "kill");
	for (int i = 0; i < 20; i++)
		ck_within(20, ck_assert_int_eq(echo(&out), RC_DOWN));
	live_server("redis", "start");
	ck_within(300, while (echo(&out) != RC_OK) usleep(1000));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("redis");
	TCase *calls = tcase_create("calls"), *faults = tcase_create("faults");

	tcase_add_checked_fixture(calls, setup, teardown);
	tcase_add_test(calls, values_come_back);
	tcase_add_test(calls, a_known_script_costs_one_round_trip);
	tcase_add_loop_test(calls, only_a_usable_answer_is_one, 0, COUNT(ANSWERS));
	tcase_add_test(calls, too_many_clients);
	tcase_add_test(calls, a_large_value_passes);
	tcase_add_test(calls, logging_in);
	tcase_add_test(calls, what_is_forbidden_is_down);
	tcase_add_test(calls, nobody_there);
	tcase_add_test(calls, the_callers_deadline_holds);
	suite_add_tcase(suite, calls);
	tcase_add_checked_fixture(faults, setup, teardown);
	tcase_set_timeout(faults, 30);
	tcase_add_test(faults, hung);
	tcase_add_test(faults, restarted);
	tcase_add_test(faults, down_and_back);
	suite_add_tcase(suite, faults);
	return live_main(suite);
}
