/* fakes: world world_users world_sessions world_codes */
#include "app/flow/device.h"
#include "app/flow/passwords.h"
#include "lib/pwhash.h"
#include "t/unit/flows.h"

/* Django's, of PASSWORD and of "café au lait noir" with the accent apart and joined */
#define FOREIGN "pbkdf2_sha256$1000$saltsalt$2vLrmxK8YFROnGTL6oinO4bfT02gvTppeFbz7HWz5X0="
#define FOREIGN_SPLIT                                                                    \
	"pbkdf2_sha256$1000$saltsalt$kFM5+2GdUhrYjSGuK3Xyas9bP/1gw3Zs6HE87EtrXgY="
#define FOREIGN_COMPOSED                                                                 \
	"pbkdf2_sha256$1000$saltsalt$7aZZLDiyYXzacyzXqA6inubpVG6P5vHp+orW3CTfgSE="
#define PASSWORD_SPLIT	  "cafe\xcc\x81 au lait noir"
#define PASSWORD_COMPOSED "caf\xc3\xa9 au lait noir"

/* What a login did: hashes of our own kind, and new ones stored. */
static void costs(const char *password, enum err err, uint64_t hashes, int64_t rehashed)
{
	uint64_t before = pwhash_count();

	world.rehashed = world.extended = 0;
	ck_assert_int_eq(sign_in("ann", password), err);
	ck_assert_uint_eq(pwhash_count() - before, hashes);
	/* each hash, and the check of a foreign one */
	ck_assert_int_ge(world.extended, 1);
	ck_assert_int_eq(world.rehashed, rehashed);
}

START_TEST(foreign_hash_is_replaced_at_the_first_login)
{
	make_user("ann@example.com", "ann");
	world.users[0].hash = FOREIGN;
	costs(PASSWORD2, ERR_INVALID_CREDENTIALS, 1, 0);
	ck_assert_str_eq(world.users[0].hash, FOREIGN);
	costs(PASSWORD, ERR_NONE, 1, 1);
	ck_assert_int_eq(strncmp(world.users[0].hash, "$argon2id$", 10), 0);
	costs(PASSWORD, ERR_NONE, 1, 0);
	ck_assert_int_eq(world.slots, 1);
	ck_assert_int_eq(world.failures, 1);
}
END_TEST

START_TEST(foreign_hash_takes_the_password_as_it_was_typed_then)
{
	make_user("ann@example.com", "ann");
	world.users[0].hash = FOREIGN_SPLIT;
	costs(PASSWORD_COMPOSED, ERR_INVALID_CREDENTIALS, 1, 0);
	costs(PASSWORD_SPLIT, ERR_NONE, 1, 1);
	costs(PASSWORD_COMPOSED, ERR_NONE, 1, 0);
	world.users[0].hash = FOREIGN_COMPOSED;
	costs(PASSWORD_SPLIT, ERR_NONE, 1, 1);
}
END_TEST

START_TEST(hash_of_another_cost_is_replaced)
{
	struct conf conf = *c->conf;

	make_user("ann@example.com", "ann");
	conf.passwords_passes = 2;
	c->conf = &conf;
	costs(PASSWORD2, ERR_INVALID_CREDENTIALS, 1, 0);
	costs(PASSWORD, ERR_NONE, 2, 1);
	costs(PASSWORD, ERR_NONE, 1, 0);
}
END_TEST

START_TEST(replacing_is_only_an_improvement)
{
	static const enum rc outcomes[] = {RC_NONE, RC_CONFLICT, RC_DOWN};

	make_user("ann@example.com", "ann");
	for (size_t i = 0; i < COUNT(outcomes); i++) {
		world.users[0].hash = FOREIGN;
		tell("users_rehash", outcomes[i]);
		costs(PASSWORD, ERR_NONE, 1, 0);
		ck_assert_str_eq(world.users[0].hash, FOREIGN);
	}
}
END_TEST

/* A hash of nobody's form is a password that never fits, at the price of one. */
START_TEST(unknown_hash_never_fits)
{
	make_user("ann@example.com", "ann");
	world.users[0].hash = "plain";
	costs("plain", ERR_INVALID_CREDENTIALS, 1, 0);
	world.users[0].hash = "";
	costs("", ERR_INVALID_CREDENTIALS, 1, 0);
}
END_TEST

START_TEST(password_beyond_all_length_costs_a_hash_all_the_same)
{
	char *endless = arena_alloc(c->arena, 1026);

	memset(endless, 'a', 1025);
	endless[1025] = '\0';
	make_user("ann@example.com", "ann");
	costs(endless, ERR_INVALID_CREDENTIALS, 1, 0);
	costs("\xff\xfe", ERR_INVALID_CREDENTIALS, 1, 0);
}
END_TEST

START_TEST(slot_is_of_the_account_by_whatever_name)
{
	make_user("ann@example.com", "ann");
	costs(PASSWORD2, ERR_INVALID_CREDENTIALS, 1, 0);
	ck_assert_str_eq(world.slot_of, world.users[0].user.id);
	ck_assert_int_eq(sign_in("ANN@example.com", PASSWORD2), ERR_INVALID_CREDENTIALS);
	ck_assert_str_eq(world.slot_of, world.users[0].user.id);
	ck_assert_int_eq(sign_in("Nobody", PASSWORD2), ERR_INVALID_CREDENTIALS);
	ck_assert_str_eq(world.slot_of, "nobody");
}
END_TEST

START_TEST(no_slot_where_nothing_is_limited)
{
	struct conf conf = *c->conf;

	make_user("ann@example.com", "ann");
	conf.limits_enabled = false;
	c->conf = &conf;
	world.redis_down = true;
	costs(PASSWORD2, ERR_INVALID_CREDENTIALS, 1, 0);
	costs(PASSWORD, ERR_NONE, 1, 0);
	ck_assert_int_eq(world.slots, 0);
}
END_TEST

#ifndef __SANITIZE_ADDRESS__
START_TEST(login_without_memory_to_hash_is_no_attempt)
{
	struct conf conf = *c->conf;

	c->conf = &conf;
	conf.passwords_memory_kib = UINT32_MAX; /* 4 TiB */
	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_OVERLOADED);
	ck_assert_int_eq(world.slots, 0);
}
END_TEST
#endif

START_TEST(login_answers_each_outcome_of_its_stores)
{
	static const struct told cases[] = {
		{"users_for_login", RC_CONFLICT, ERR_STORE_UNAVAILABLE},
		{"users_for_login", RC_DOWN, ERR_STORE_UNAVAILABLE},
		{"attempts_take", RC_DOWN, ERR_STORE_UNAVAILABLE},
		{"sessions_open", RC_NONE, ERR_INVALID_CREDENTIALS},
		{"sessions_open", RC_CONFLICT, ERR_STORE_UNAVAILABLE},
		{"sessions_open", RC_DOWN, ERR_STORE_UNAVAILABLE},
	};

	make_user("ann@example.com", "ann");
	for (size_t i = 0; i < COUNT(cases); i++) {
		tell(cases[i].accessor, cases[i].rc);
		ck_assert_int_eq(sign_in("ann", PASSWORD), cases[i].err);
	}
	tell("history_failure", RC_DOWN);
	ck_assert_int_eq(sign_in("ann", PASSWORD2), ERR_STORE_UNAVAILABLE);
	ck_assert_uint_eq(world.n_sessions, 0);
}
END_TEST

START_TEST(devices_by_what_they_say)
{
	static const struct {
		const char *agent, *mobile, *type;
	} cases[] = {
		{"", "", "pc"},
		{"", "?1", "mobile"},
		{"", "?0", "pc"},
		{"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
		 "", "pc"},
		{"Mozilla/5.0 (iPad; CPU OS 12_2 like Mac OS X) AppleWebKit/605.1.15", "",
		 "tablet"},
		{"Mozilla/5.0 (iPad; CPU OS 12_2 like Mac OS X) AppleWebKit/605.1.15",
		 "?1", "mobile"},
		{"Mozilla/5.0 (Android 14; Mobile; rv:125.0) Gecko/125.0", "", "mobile"},
		{"Mozilla/5.0 (Android 14; Tablet; rv:125.0) Gecko/125.0", "", "tablet"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct client client = {.user_agent = cases[i].agent,
					      .mobile = cases[i].mobile};

		ck_assert_str_eq(device_type(&client), cases[i].type);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		foreign_hash_is_replaced_at_the_first_login,
		foreign_hash_takes_the_password_as_it_was_typed_then,
		hash_of_another_cost_is_replaced,
		replacing_is_only_an_improvement,
		unknown_hash_never_fits,
		password_beyond_all_length_costs_a_hash_all_the_same,
		slot_is_of_the_account_by_whatever_name,
		no_slot_where_nothing_is_limited,
#ifndef __SANITIZE_ADDRESS__
		login_without_memory_to_hash_is_no_attempt,
#endif
		login_answers_each_outcome_of_its_stores,
		devices_by_what_they_say,
	};

	return unit_run("flow: passwords", tests, COUNT(tests), setup, world_end);
}
