/* fakes: world world_users world_sessions world_codes world_social */
#include "t/unit/social.h"

START_TEST(start_gives_secrets_that_are_all_different)
{
	const struct social_state *kept;
	const char *first;

	ck_assert_int_eq(start_at("google", PAGE, NULL), ERR_NONE);
	ck_assert_str_eq(started.url, "https://provider.example/authorize");
	ck_assert_int_eq(started.expires_in, 600);
	const char *const secrets[] = {started.state, started.browser,
				       world_social.asked.nonce,
				       world_social.asked.verifier};
	for (size_t i = 0; i < COUNT(secrets); i++) {
		ck_assert_uint_eq(strlen(secrets[i]), 43);
		for (size_t j = 0; j < i; j++)
			ck_assert_str_ne(secrets[i], secrets[j]);
	}
	ck_assert_str_eq(world_social.asked.state, started.state);
	kept = &world_social.states[0].asked;
	ck_assert_str_eq(kept->nonce, world_social.asked.nonce);
	ck_assert_str_eq(kept->verifier, world_social.asked.verifier);
	ck_assert_str_eq(kept->return_to, PAGE);
	ck_assert_str_eq(kept->session_id, "");
	first = started.state;
	ck_assert_int_eq(start_at("google", "", NULL), ERR_NONE);
	ck_assert_str_ne(first, started.state);
}
END_TEST

START_TEST(start_is_refused)
{
	arrive("bob@example.com", "bob");
	ck_assert_int_eq(start_at("nowhere", "", NULL), ERR_SOCIAL_PROVIDER_UNKNOWN);
	caller.user.email_verified = false;
	ck_assert_int_eq(start_at("google", "", &caller), ERR_EMAIL_UNVERIFIED);
	world.wait_s = 9;
	ck_assert_int_eq(start_at("google", "", NULL), ERR_TOO_MANY_REQUESTS);
	ck_assert_int_eq(c->retry_after_s, 9);
	world.redis_down = true;
	ck_assert_int_eq(start_at("google", "", NULL), ERR_STORE_UNAVAILABLE);
	world_social.url = RC_DOWN;
	ck_assert_int_eq(start_at("google", "", NULL), ERR_STORE_UNAVAILABLE);
	world_social.url = RC_NONE;
	ck_assert_int_eq(start_at("google", "", NULL), ERR_PROVIDER_ERROR);
	ck_assert_uint_eq(world_social.n_states, 0);
}
END_TEST

START_TEST(the_provider_is_asked_with_what_was_asked_at_first)
{
	struct social_callback in;

	ck_assert_int_eq(start_at("google", "", NULL), ERR_NONE);
	in = callback();
	ck_assert_int_eq(identify(&in), ERR_NONE);
	ck_assert_str_eq(world_social.answered.code, "the code");
	ck_assert_str_eq(world_social.answered.iss, "https://p.example");
	ck_assert_str_eq(world_social.answered.nonce, world_social.asked.nonce);
	ck_assert_str_eq(world_social.answered.verifier, world_social.asked.verifier);
	ck_assert_str_eq(return_to, "");
}
END_TEST

START_TEST(a_callback_of_others_spends_nothing)
{
	struct social_callback in;

	ck_assert_int_eq(start_at("google", PAGE, NULL), ERR_NONE);
	const struct social_callback others[] = {
		{.provider = "other", .state = started.state, .browser = started.browser},
		{.provider = "google", .state = started.state, .browser = "another"},
		{.provider = "google", .state = started.state, .browser = ""},
		{.provider = "google", .state = "x", .browser = started.browser},
		{.provider = "google", .state = NULL, .browser = ""},
		{.provider = "nowhere",
		 .state = started.state,
		 .browser = started.browser},
	};
	for (size_t i = 0; i < COUNT(others); i++) {
		bool known = strcmp(others[i].provider, "nowhere") != 0;

		in = others[i];
		in.code = "code";
		ck_assert_int_eq(identify(&in),
				 known ? ERR_INVALID_STATE : ERR_SOCIAL_PROVIDER_UNKNOWN);
		ck_assert_int_eq(finish_it(&in), ERR_INVALID_STATE);
		ck_assert_ptr_null(return_to);
		ck_assert_ptr_null(done.return_to);
	}
	ck_assert_uint_eq(world_social.visits, 0);
	in = callback();
	ck_assert_int_eq(identify(&in), ERR_NONE);
}
END_TEST

START_TEST(a_state_is_good_for_one_callback_and_one_finish)
{
	struct social_callback in;

	ck_assert_int_eq(start_at("google", "", NULL), ERR_NONE);
	in = callback();
	ck_assert_int_eq(finish_it(&in), ERR_INVALID_STATE); /* too early */
	ck_assert_int_eq(identify(&in), ERR_NONE);
	ck_assert_int_eq(identify(&in), ERR_INVALID_STATE);
	in.browser = "another";
	ck_assert_int_eq(finish_it(&in), ERR_INVALID_STATE);
	in = callback();
	ck_assert_int_eq(finish_it(&in), ERR_NONE);
	ck_assert_int_eq(finish_it(&in), ERR_INVALID_STATE);
	ck_assert_uint_eq(world.n_users, 1);
	ck_assert_uint_eq(world.n_sessions, 1);
}
END_TEST

START_TEST(what_the_provider_does_wrong)
{
	static const struct {
		const char *code, *error;
		enum provider_verdict verdict;
		enum err err;
	} cases[] = {
		{NULL, "access_denied", PROVIDER_GOOD, ERR_SOCIAL_DENIED},
		{"code", "access_denied", PROVIDER_GOOD, ERR_SOCIAL_DENIED},
		{NULL, NULL, PROVIDER_GOOD, ERR_SOCIAL_DENIED},
		{"code", NULL, PROVIDER_DOWN, ERR_PROVIDER_ERROR},
		{"code", NULL, PROVIDER_STORE_DOWN, ERR_STORE_UNAVAILABLE},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct social_callback in;

		ck_assert_int_eq(start_at("google", PAGE, NULL), ERR_NONE);
		in = callback();
		in.code = cases[i].code;
		in.error = cases[i].error;
		world_social.verdict = cases[i].verdict;
		ck_assert_int_eq(identify(&in), cases[i].err);
		ck_assert_str_eq(return_to, PAGE);
		ck_assert_int_eq(finish_it(&in), ERR_INVALID_STATE);
		ck_assert_int_eq(identify(&in), ERR_INVALID_STATE);
	}
	ck_assert_uint_eq(world_social.visits, 2);
}
END_TEST

/* The provider was not asked: the same callback may come again. */
START_TEST(a_busy_provider_costs_nothing)
{
	struct social_callback in;

	ck_assert_int_eq(start_at("google", PAGE, NULL), ERR_NONE);
	in = callback();
	world_social.verdict = PROVIDER_BUSY;
	ck_assert_int_eq(identify(&in), ERR_OVERLOADED);
	ck_assert_ptr_null(return_to);
	world_social.verdict = PROVIDER_GOOD;
	ck_assert_int_eq(identify(&in), ERR_NONE);
	ck_assert_str_eq(return_to, PAGE);
	ck_assert_int_eq(finish_it(&in), ERR_NONE);
}
END_TEST

/* ---- a page picks it up ---- */

START_TEST(a_page_gets_a_code_and_for_it_the_tokens)
{
	ck_assert_int_eq(visit(PAGE, NULL), ERR_NONE);
	ck_assert_str_eq(done.return_to, PAGE);
	ck_assert_uint_eq(strlen(done.code), 43);
	ck_assert_ptr_null(done.pair.access);
	ck_assert_uint_eq(world.n_sessions, 0);
	ck_assert_int_eq(social_exchange(c, "another", &pair), ERR_INVALID_CODE);
	ck_assert_int_eq(social_exchange(c, done.code, &pair), ERR_NONE);
	ck_assert_int_eq(who(pair.access), ERR_NONE);
	ck_assert_str_eq(caller.user.id, done.user.id);
	ck_assert_str_eq(world.history[0].method, "social:google");
	ck_assert_int_eq(social_exchange(c, done.code, &pair), ERR_INVALID_CODE);
	ck_assert_uint_eq(world.n_sessions, 1);
}
END_TEST

START_TEST(a_code_is_of_the_epoch_of_the_login)
{
	ck_assert_int_eq(visit(PAGE, NULL), ERR_NONE);
	world.users[0].user.epoch++;
	ck_assert_int_eq(social_exchange(c, done.code, &pair), ERR_INVALID_CODE);
	ck_assert_int_eq(visit(PAGE, NULL), ERR_NONE);
	world.users[0].user.active = false;
	ck_assert_int_eq(social_exchange(c, done.code, &pair), ERR_INVALID_CODE);
	ck_assert_uint_eq(world.n_sessions, 0);
}
END_TEST

START_TEST(exchange_answers_each_outcome_of_its_stores)
{
	static const struct told cases[] = {
		{"states_take_login", RC_DOWN, ERR_STORE_UNAVAILABLE},
		{"users_by_id", RC_NONE, ERR_INVALID_CODE},
		{"users_by_id", RC_DOWN, ERR_STORE_UNAVAILABLE},
		{"sessions_open", RC_NONE, ERR_INVALID_CODE},
		{"sessions_open", RC_DOWN, ERR_STORE_UNAVAILABLE},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		ck_assert_int_eq(visit(PAGE, NULL), ERR_NONE);
		tell(cases[i].accessor, cases[i].rc);
		ck_assert_int_eq(social_exchange(c, done.code, &pair), cases[i].err);
		tell(NULL, RC_OK);
	}
}
END_TEST

START_TEST(identify_answers_each_outcome_of_its_stores)
{
	static const struct told cases[] = {
		{"states_take", RC_NONE, ERR_INVALID_STATE},
		{"states_take", RC_DOWN, ERR_STORE_UNAVAILABLE},
		{"states_put_found", RC_DOWN, ERR_STORE_UNAVAILABLE},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct social_callback in;

		ck_assert_int_eq(start_at("google", PAGE, NULL), ERR_NONE);
		in = callback();
		tell(cases[i].accessor, cases[i].rc);
		ck_assert_int_eq(identify(&in), cases[i].err);
	}
	ck_assert_str_eq(return_to, PAGE); /* of the last one, which had spent it */
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		start_gives_secrets_that_are_all_different,
		start_is_refused,
		the_provider_is_asked_with_what_was_asked_at_first,
		a_callback_of_others_spends_nothing,
		a_state_is_good_for_one_callback_and_one_finish,
		what_the_provider_does_wrong,
		a_busy_provider_costs_nothing,
		a_page_gets_a_code_and_for_it_the_tokens,
		a_code_is_of_the_epoch_of_the_login,
		exchange_answers_each_outcome_of_its_stores,
		identify_answers_each_outcome_of_its_stores,
	};

	return unit_run("flow: social", tests, COUNT(tests), setup_social, world_end);
}
