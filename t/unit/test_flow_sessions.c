/* fakes: world world_users world_sessions world_codes */
#include "lib/pwhash.h"
#include "t/unit/flows.h"

/* Every way to fail costs one hash, one slot and one entry of the history. */
static void failing_login(const char *name, const char *password)
{
	uint64_t hashes = pwhash_count();
	int64_t slots = world.slots, failures = world.failures;

	ck_assert_int_eq(sign_in(name, password), ERR_INVALID_CREDENTIALS);
	ck_assert_uint_eq(pwhash_count() - hashes, 1);
	ck_assert_int_eq(world.slots - slots, 1);
	ck_assert_int_eq(world.failures - failures, 1);
}

START_TEST(login_fails_alike)
{
	make_user("ann@example.com", "ann");
	make_user("bob@example.com", "bob");
	make_user("eve@example.com", "eve");
	world.users[1].user.active = false;
	world.users[2].hash = NULL;
	failing_login("ann", PASSWORD2);
	failing_login("nobody", PASSWORD);
	failing_login("nobody@example.com", PASSWORD);
	failing_login("not@an@address", PASSWORD);
	failing_login("", PASSWORD);
	failing_login("bob", PASSWORD);
	failing_login("eve", PASSWORD);
	failing_login("ann", "");
}
END_TEST

START_TEST(login_gives_its_slot_back)
{
	make_user("ann@example.com", "ann");
	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_NONE);
	ck_assert_int_eq(world.slots, 0);
}
END_TEST

START_TEST(login_beyond_the_limit_costs_no_hash)
{
	uint64_t hashes;

	make_user("ann@example.com", "ann");
	hashes = pwhash_count();
	world.wait_s = 7;
	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_TOO_MANY_ATTEMPTS);
	ck_assert_int_eq(c->retry_after_s, 7);
	ck_assert_uint_eq(pwhash_count(), hashes);
}
END_TEST

START_TEST(login_without_counters_is_refused)
{
	make_user("ann@example.com", "ann");
	world.redis_down = true;
	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_STORE_UNAVAILABLE);
}
END_TEST

static void change_epoch(void)
{
	world.users[0].user.epoch++;
}

START_TEST(login_in_flight_does_not_survive_a_password_change)
{
	make_user("ann@example.com", "ann");
	world.before_open = change_epoch;
	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_INVALID_CREDENTIALS);
	ck_assert_int_eq(world.n_sessions, 0);
}
END_TEST

START_TEST(login_normalises_the_password)
{
	const char *composed = "caf\xc3\xa9 au lait noir",
		   *split = "cafe\xcc\x81 au lait noir";

	ck_assert_int_eq(finish(registration_token("ann@example.com"), "ann", composed),
			 ERR_NONE);
	ck_assert_int_eq(sign_in("ann", split), ERR_NONE);
}
END_TEST

START_TEST(tokens_do_not_pass_for_each_other)
{
	struct token_claims access, refresh;
	struct proof proof;
	const char *tokens[4];

	c->tokens = token_cache_new();
	make_user("ann@example.com", "ann");
	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_NONE);
	tokens[0] = pair.access;
	tokens[1] = pair.refresh;
	tokens[2] = registration_token("bob@example.com");
	tokens[3] = recovery_token("ann@example.com");
	for (size_t n = 0; n < 2 * COUNT(tokens); n++) { /* then from the cache */
		size_t i = n % COUNT(tokens);

		ck_assert_int_eq(tokens_check_access(c, tokens[i], &access), i == 0);
		ck_assert_int_eq(tokens_check_refresh(c, tokens[i], &refresh), i == 1);
		ck_assert_int_eq(
			tokens_check_proof(c, CODE_REGISTRATION, tokens[i], &proof),
			i == 2);
		ck_assert_int_eq(tokens_check_proof(c, CODE_RECOVERY, tokens[i], &proof),
				 i == 3);
	}
	ck_assert_int_eq(refresh.gen, 1);
	token_cache_free(&c->tokens);
}
END_TEST

START_TEST(access_token_ends_by_the_clock)
{
	make_user("ann@example.com", "ann");
	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_NONE);
	c->now_ms += (c->conf->tokens_access_ttl + JWT_LEEWAY_S - 1) * 1000;
	ck_assert_int_eq(who(pair.access), ERR_NONE);
	c->now_ms += 2000;
	ck_assert_int_eq(who(pair.access), ERR_TOKEN_REFUSED);
	ck_assert_int_eq(sessions_reissue(c, pair.refresh, &pair), ERR_NONE);
	ck_assert_ptr_null(pair.refresh);
	ck_assert_int_eq(who(pair.access), ERR_NONE);
}
END_TEST

START_TEST(access_token_of_an_older_rev_is_stale)
{
	make_user("ann@example.com", "ann");
	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_NONE);
	world.users[0].user.rev++;
	ck_assert_int_eq(who(pair.access), ERR_TOKEN_STALE);
	ck_assert_int_eq(sessions_reissue(c, pair.refresh, &pair), ERR_NONE);
	ck_assert_int_eq(who(pair.access), ERR_NONE);
}
END_TEST

START_TEST(spent_refresh_token_ends_the_session)
{
	make_user("ann@example.com", "ann");
	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_NONE);
	world.sessions[0].session.gen = 3;
	ck_assert_int_eq(sessions_reissue(c, pair.refresh, &pair), ERR_TOKEN_REFUSED);
	ck_assert(world.sessions[0].ended);
	ck_assert_int_eq(who(pair.access), ERR_TOKEN_REFUSED);
}
END_TEST

START_TEST(refresh_token_ahead_of_the_row_ends_nothing)
{
	make_user("ann@example.com", "ann");
	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_NONE);
	world.sessions[0].session.gen = 0;
	ck_assert_int_eq(sessions_reissue(c, pair.refresh, &pair), ERR_TOKEN_REFUSED);
	ck_assert(!world.sessions[0].ended);
}
END_TEST

/* A store that is down is never a refusal that a client would believe. */
START_TEST(postgres_down_is_said_so)
{
	struct email ann = email("ann@example.com");
	const char *registration, *recovery;

	make_user("ann@example.com", "ann");
	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_NONE);
	registration = registration_token("bob@example.com");
	recovery = recovery_token("ann@example.com");
	world.postgres_down = true;
	ck_assert_int_eq(who(pair.access), ERR_STORE_UNAVAILABLE);
	ck_assert_int_eq(sessions_reissue(c, pair.refresh, &pair), ERR_STORE_UNAVAILABLE);
	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_STORE_UNAVAILABLE);
	ck_assert_int_eq(register_ask(c, &ann, &asked), ERR_STORE_UNAVAILABLE);
	ck_assert_int_eq(recover_ask(c, &ann, &asked), ERR_STORE_UNAVAILABLE);
	ck_assert_int_eq(finish(registration, "bob", PASSWORD), ERR_STORE_UNAVAILABLE);
	ck_assert_int_eq(recover(recovery, "ann", PASSWORD), ERR_STORE_UNAVAILABLE);
}
END_TEST

START_TEST(redis_down_is_said_so)
{
	struct email ann = email("ann@example.com");

	world.redis_down = true;
	ck_assert_int_eq(register_ask(c, &ann, &asked), ERR_STORE_UNAVAILABLE);
	ck_assert_int_eq(register_prove(c, &ann, "00000000", &token),
			 ERR_STORE_UNAVAILABLE);
	ck_assert_int_eq(recover_ask(c, &ann, &asked), ERR_STORE_UNAVAILABLE);
	ck_assert_int_eq(recover_prove(c, &ann, "00000000", &token),
			 ERR_STORE_UNAVAILABLE);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		login_fails_alike,
		login_gives_its_slot_back,
		login_beyond_the_limit_costs_no_hash,
		login_without_counters_is_refused,
		login_in_flight_does_not_survive_a_password_change,
		login_normalises_the_password,
		tokens_do_not_pass_for_each_other,
		access_token_ends_by_the_clock,
		access_token_of_an_older_rev_is_stale,
		spent_refresh_token_ends_the_session,
		refresh_token_ahead_of_the_row_ends_nothing,
		postgres_down_is_said_so,
		redis_down_is_said_so,
	};

	return unit_run("flow: login and sessions", tests, COUNT(tests), setup,
			world_end);
}
