/* fakes: world world_users world_sessions world_codes world_social */
#include "t/unit/social.h"

/* Who there is: nobody, or a user of the address that the provider names */
enum local { NOBODY, PROVEN, UNPROVEN, INACTIVE };
/* Whose the account at the provider is */
enum owner { FREE, LOCAL, OTHER };

struct rule {
	enum local local;
	enum owner owner;
	bool links; /* the local user asked to be linked */
	bool has_email, email_verified;
	const char *registration;
	enum err err;
	size_t users, linked; /* afterwards; `linked` of the local user */
	const char *letter; /* the last one; NULL: none */
};

static const struct rule RULES[] = {
	/* its own */
	{PROVEN, LOCAL, 0, 1, 1, "open", ERR_NONE, 1, 1, NULL},
	{PROVEN, LOCAL, 0, 0, 0, "closed", ERR_NONE, 1, 1, NULL},
	{UNPROVEN, LOCAL, 0, 1, 0, "open", ERR_NONE, 1, 1, NULL},
	{INACTIVE, LOCAL, 0, 1, 1, "open", ERR_ACCOUNT_EXISTS, 1, 1, NULL},
	/* nobody's, and nobody has the address */
	{NOBODY, FREE, 0, 1, 1, "open", ERR_NONE, 1, 1, "welcome_social"},
	{NOBODY, FREE, 0, 1, 0, "open", ERR_NONE, 1, 1, "welcome"},
	{NOBODY, FREE, 0, 1, 1, "verified", ERR_NONE, 1, 1, "welcome_social"},
	{NOBODY, FREE, 0, 1, 0, "verified", ERR_REGISTRATION_CLOSED, 0, 0, NULL},
	{NOBODY, FREE, 0, 1, 1, "closed", ERR_REGISTRATION_CLOSED, 0, 0, NULL},
	{NOBODY, FREE, 0, 1, 0, "closed", ERR_REGISTRATION_CLOSED, 0, 0, NULL},
	{NOBODY, FREE, 0, 0, 0, "open", ERR_SOCIAL_DENIED, 0, 0, NULL},
	/* nobody's, and somebody has the address */
	{PROVEN, FREE, 0, 1, 1, "open", ERR_NONE, 1, 1, "social_linked"},
	{PROVEN, FREE, 0, 1, 1, "closed", ERR_NONE, 1, 1, "social_linked"},
	{PROVEN, FREE, 0, 1, 0, "open", ERR_ACCOUNT_EXISTS, 1, 0, NULL},
	{UNPROVEN, FREE, 0, 1, 1, "open", ERR_ACCOUNT_EXISTS, 1, 0, NULL},
	{UNPROVEN, FREE, 0, 1, 0, "open", ERR_ACCOUNT_EXISTS, 1, 0, NULL},
	{INACTIVE, FREE, 0, 1, 1, "open", ERR_ACCOUNT_EXISTS, 1, 0, NULL},
	{INACTIVE, FREE, 0, 1, 0, "open", ERR_ACCOUNT_EXISTS, 1, 0, NULL},
	{PROVEN, FREE, 0, 0, 0, "open", ERR_SOCIAL_DENIED, 1, 0, NULL},
	/* somebody else's than that of the address: the identity counts */
	{PROVEN, OTHER, 0, 1, 1, "open", ERR_NONE, 2, 0, NULL},
	/* asked to be linked */
	{PROVEN, FREE, 1, 1, 1, "open", ERR_NONE, 1, 1, "social_linked"},
	{PROVEN, FREE, 1, 1, 0, "closed", ERR_NONE, 1, 1, "social_linked"},
	{PROVEN, FREE, 1, 0, 0, "open", ERR_NONE, 1, 1, "social_linked"},
	{PROVEN, LOCAL, 1, 1, 1, "open", ERR_NONE, 1, 1, NULL},
	{PROVEN, OTHER, 1, 1, 1, "open", ERR_SOCIAL_ACCOUNT_CONFLICT, 2, 0, NULL},
	/* … by who has changed since */
	{INACTIVE, FREE, 1, 1, 1, "open", ERR_INVALID_STATE, 1, 0, NULL},
	{INACTIVE, LOCAL, 1, 1, 1, "open", ERR_INVALID_STATE, 1, 1, NULL},
	{UNPROVEN, FREE, 1, 1, 1, "open", ERR_INVALID_STATE, 1, 0, NULL},
};

static void add_user(const char *id, const char *address, enum local how)
{
	world.users[world.n_users++] = (struct world_user){
		.user = {.id = id,
			 .email = address,
			 .active = how != INACTIVE,
			 .email_verified = how != UNPROVEN},
		.email_key = address,
	};
}

static void set_the_scene(const struct rule *rule)
{
	static const char LOCAL_ID[] = "11111111-1111-1111-1111-111111111111";
	static const char OTHER_ID[] = "22222222-2222-2222-2222-222222222222";
	static const char SESSION_ID[] = "44444444-4444-4444-4444-444444444444";

	if (rule->local != NOBODY)
		add_user(LOCAL_ID, "ann@example.com", rule->local);
	if (rule->owner == OTHER)
		add_user(OTHER_ID, "other@example.com", PROVEN);
	if (rule->owner != FREE)
		world_link(c, rule->owner == LOCAL ? LOCAL_ID : OTHER_ID, &ANNS);
	world_social.who.email = rule->has_email ? "ann@example.com" : NULL;
	world_social.who.email_verified = rule->email_verified;
	if (rule->links) {
		caller = (struct caller){world.users[0].user, SESSION_ID, 0};
		caller.user.email_verified = true; /* as it was then */
		world.sessions[world.n_sessions++] = (struct world_session){
			.session = {.id = SESSION_ID}, .user_id = LOCAL_ID};
	}
}

static void check_rule(const struct rule *rule, enum err err)
{
	ck_assert_uint_eq(world.n_users, rule->users);
	ck_assert_uint_eq(world.n_users ? world_linked(world.users[0].user.id) : 0,
			  rule->linked);
	ck_assert_uint_eq(world.n_sessions, rule->links + (err == ERR_NONE));
	ck_assert_uint_eq(world.n_letters, rule->letter != NULL);
	if (rule->letter)
		ck_assert_str_eq(world_last_letter()->name, rule->letter);
	if (err)
		return;
	ck_assert_int_eq(who(done.pair.access), ERR_NONE);
	ck_assert_str_eq(caller.user.id,
			 world.users[rule->owner == OTHER ? 1 : 0].user.id);
	ck_assert_str_eq(world.history[0].method, "social:google");
	ck_assert(world.history[0].success);
}

START_TEST(every_rule)
{
	for (size_t i = 0; i < COUNT(RULES); i++) {
		const struct rule *rule = &RULES[i];
		struct conf conf = *c->conf;
		enum err err;

		c->conf = &conf;
		conf.accounts_registration = rule->registration;
		set_the_scene(rule);
		err = visit("", rule->links ? &caller : NULL);
		ck_assert_msg(err == rule->err, "rule %zu: %d", i, err);
		check_rule(rule, err);
		world_end();
		setup_social();
	}
}
END_TEST

START_TEST(a_new_account_has_no_password_and_the_provider_s_word)
{
	world_social.who.email = "Ann@Example.com";
	ck_assert_int_eq(visit("", NULL), ERR_NONE);
	ck_assert_str_eq(done.user.email, "Ann@example.com");
	ck_assert(done.user.email_verified && !done.user.has_password);
	ck_assert_ptr_null(done.user.username);
	ck_assert_ptr_null(world.users[0].hash);
	ck_assert_int_eq(sign_in("ann@example.com", ""), ERR_INVALID_CREDENTIALS);
	ck_assert_uint_eq(world.n_codes, 0);
}
END_TEST

START_TEST(an_unproven_address_gets_a_code_that_proves_it)
{
	struct email ann;

	world_social.who.email_verified = false;
	ck_assert_int_eq(visit("", NULL), ERR_NONE);
	ann = email("ann@example.com");
	ck_assert(!done.user.email_verified);
	ck_assert_int_eq(address_verify(c, &ann,
					code_of(CODE_VERIFICATION, "ann@example.com"),
					&user),
			 ERR_NONE);
	ck_assert(user.email_verified);
}
END_TEST

START_TEST(letters_to_unproven_addresses_are_throttled)
{
	struct social_callback in;

	world_social.who.email_verified = false;
	ck_assert_int_eq(start_at("google", "", NULL), ERR_NONE);
	in = callback();
	ck_assert_int_eq(identify(&in), ERR_NONE);
	world.wait_s = 7;
	ck_assert_int_eq(finish_it(&in), ERR_TOO_SOON);
	ck_assert_int_eq(c->retry_after_s, 7);
	ck_assert_uint_eq(world.n_users, 0);
}
END_TEST

START_TEST(whoever_is_refused_finds_it_in_the_history)
{
	add_user("11111111-1111-1111-1111-111111111111", "ann@example.com", UNPROVEN);
	ck_assert_int_eq(visit("", NULL), ERR_ACCOUNT_EXISTS);
	ck_assert_uint_eq(world.n_history, 1);
	ck_assert(!world.history[0].success);
	ck_assert_str_eq(world.history[0].method, "social:google");
}
END_TEST

/* ---- somebody else is quicker ---- */

static void linked_meanwhile(void)
{
	world_link(c, world.users[0].user.id, &ANNS);
}

static void registered_meanwhile(void)
{
	add_user("33333333-3333-3333-3333-333333333333", "ann@example.com", PROVEN);
}

static void both_meanwhile(void)
{
	registered_meanwhile();
	world_link(c, world.users[0].user.id, &ANNS);
}

static void epoch_meanwhile(void)
{
	world.users[0].user.epoch++;
}

START_TEST(of_two_that_come_at_once_both_sign_in_to_one_account)
{
	world_social.before_insert = both_meanwhile;
	ck_assert_int_eq(visit("", NULL), ERR_NONE);
	ck_assert_uint_eq(world.n_users, 1);
	ck_assert_str_eq(done.user.id, world.users[0].user.id);
	ck_assert_uint_eq(world_linked(done.user.id), 1);
}
END_TEST

START_TEST(the_address_is_taken_meanwhile)
{
	world_social.before_insert = registered_meanwhile;
	ck_assert_int_eq(visit("", NULL), ERR_NONE);
	ck_assert_uint_eq(world.n_users, 1);
	ck_assert_uint_eq(world_linked(world.users[0].user.id), 1);
}
END_TEST

START_TEST(a_code_is_taken_back_where_the_address_is_taken_meanwhile)
{
	world_social.who.email_verified = false;
	world_social.before_insert = registered_meanwhile;
	ck_assert_int_eq(visit("", NULL), ERR_ACCOUNT_EXISTS);
	ck_assert_int_eq(world.taken_back, 1);
}
END_TEST

START_TEST(the_link_is_there_meanwhile)
{
	arrive("ann@example.com", "ann");
	world_social.before_insert = linked_meanwhile;
	ck_assert_int_eq(visit("", NULL), ERR_NONE);
	ck_assert_uint_eq(world_linked(caller.user.id), 1);
	world_social.who.subject = "ann2";
	world_social.before_insert = linked_meanwhile;
	ck_assert_int_eq(visit("", &caller), ERR_NONE);
}
END_TEST

START_TEST(the_password_changes_meanwhile)
{
	arrive("ann@example.com", "ann");
	world_social.before_insert = epoch_meanwhile;
	ck_assert_int_eq(visit("", NULL), ERR_ACCOUNT_EXISTS);
	ck_assert_uint_eq(world_linked(caller.user.id), 0);
}
END_TEST

static void address_meanwhile(void)
{
	world.users[0].user.email = world.users[0].email_key = "new@example.com";
	world.users[0].user.rev++;
}

START_TEST(the_address_changes_meanwhile)
{
	arrive("ann@example.com", "ann");
	world_social.before_insert = address_meanwhile;
	ck_assert_int_eq(visit("", NULL), ERR_ACCOUNT_EXISTS);
	ck_assert_uint_eq(world_linked(caller.user.id), 0);
	ck_assert_int_eq(visit("", NULL), ERR_NONE);
	ck_assert_uint_eq(world_linked(caller.user.id), 0);
	ck_assert_uint_eq(world.n_users, 2);
}
END_TEST

START_TEST(the_address_of_who_asked_for_a_link_changes_meanwhile)
{
	arrive("ann@example.com", "ann");
	world_social.before_insert = address_meanwhile;
	ck_assert_int_eq(visit("", &caller), ERR_NONE);
	ck_assert_uint_eq(world_linked(caller.user.id), 1);
}
END_TEST

static void other_window_meanwhile(void)
{
	both_meanwhile();
	world.wait_s = 60;
}

START_TEST(of_two_windows_the_slower_signs_in_too)
{
	struct social_callback in;

	world_social.who.email_verified = false;
	ck_assert_int_eq(start_at("google", "", NULL), ERR_NONE);
	in = callback();
	ck_assert_int_eq(identify(&in), ERR_NONE);
	world.before_ask = other_window_meanwhile;
	ck_assert_int_eq(finish_it(&in), ERR_NONE);
	ck_assert_uint_eq(world.n_users, 1);
	ck_assert_str_eq(done.user.id, world.users[0].user.id);
}
END_TEST

static void end_and_link(enum err (*end)(struct context *c, const struct caller *caller))
{
	struct social_callback in;

	arrive("ann@example.com", "ann");
	ck_assert_int_eq(start_at("google", "", &caller), ERR_NONE);
	in = callback();
	ck_assert_int_eq(identify(&in), ERR_NONE);
	ck_assert_int_eq(end(c, &caller), ERR_NONE);
	ck_assert_int_eq(finish_it(&in), ERR_INVALID_STATE);
	ck_assert_uint_eq(world_linked(caller.user.id), 0);
	linked_meanwhile();
	ck_assert_int_eq(visit("", &caller), ERR_INVALID_STATE);
}

START_TEST(who_asked_for_a_link_has_logged_out)
{
	end_and_link(sessions_logout);
}
END_TEST

START_TEST(who_asked_for_a_link_has_logged_out_everywhere)
{
	end_and_link(sessions_logout_all);
}
END_TEST

START_TEST(finish_answers_each_outcome_of_its_stores)
{
	static const struct told cases[] = {
		{"states_take_found", RC_NONE, ERR_INVALID_STATE},
		{"states_take_found", RC_DOWN, ERR_STORE_UNAVAILABLE},
		{"social_accounts_user", RC_DOWN, ERR_STORE_UNAVAILABLE},
		{"users_by_email", RC_DOWN, ERR_STORE_UNAVAILABLE},
		{"social_accounts_register", RC_DOWN, ERR_STORE_UNAVAILABLE},
		{"social_accounts_register", RC_NONE, ERR_STORE_UNAVAILABLE},
		{"social_accounts_register", RC_CONFLICT, ERR_STORE_UNAVAILABLE},
		{"sessions_open", RC_NONE, ERR_INVALID_STATE},
		{"sessions_open", RC_DOWN, ERR_STORE_UNAVAILABLE},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		tell(cases[i].accessor, cases[i].rc);
		ck_assert_int_eq(visit("", NULL), cases[i].err);
		ck_assert_uint_eq(world.n_sessions, 0);
	}
}
END_TEST

START_TEST(linking_answers_each_outcome_of_its_stores)
{
	static const struct told cases[] = {
		{"social_accounts_link", RC_DOWN, ERR_STORE_UNAVAILABLE},
		{"social_accounts_link", RC_CONFLICT, ERR_STORE_UNAVAILABLE},
		{"social_accounts_link", RC_NONE, ERR_INVALID_STATE},
		{"sessions_user", RC_DOWN, ERR_STORE_UNAVAILABLE},
		{"sessions_user", RC_NONE, ERR_INVALID_STATE},
	};

	arrive("ann@example.com", "ann");
	for (size_t i = 0; i < COUNT(cases); i++) {
		tell(cases[i].accessor, cases[i].rc);
		ck_assert_int_eq(visit("", &caller), cases[i].err);
	}
	tell("history_failure", RC_DOWN);
	world_social.who.email_verified = false;
	ck_assert_int_eq(visit("", NULL), ERR_STORE_UNAVAILABLE);
	tell("states_put_login", RC_DOWN);
	world_social.who.email_verified = true;
	ck_assert_int_eq(visit(PAGE, NULL), ERR_STORE_UNAVAILABLE);
	ck_assert_str_eq(done.return_to, PAGE);
}
END_TEST

START_TEST(accounts_are_listed_and_unlinked_but_for_the_last_way_in)
{
	static const struct page FIRST = {1, 10};
	const struct social_account *rows;
	struct page_found found;

	ck_assert_int_eq(visit("", NULL), ERR_NONE);
	ck_assert_int_eq(who(done.pair.access), ERR_NONE);
	world_social.who = (struct identity){"https://q.example", "1", NULL, false};
	ck_assert_int_eq(visit("", &caller), ERR_NONE);
	ck_assert_int_eq(social_list(c, &caller, &FIRST, &rows, &found), ERR_NONE);
	ck_assert_uint_eq(found.n, 2);
	ck_assert_ptr_null(rows[0].email);
	ck_assert_str_eq(rows[1].email, "ann@example.com");
	ck_assert_int_eq(social_unlink(c, &caller, rows[0].id), ERR_NONE);
	ck_assert_int_eq(social_unlink(c, &caller, rows[0].id), ERR_NOT_FOUND);
	ck_assert_int_eq(social_unlink(c, &caller, rows[1].id), ERR_LAST_LOGIN_METHOD);
	world.users[0].user.has_password = true;
	ck_assert_int_eq(social_unlink(c, &caller, rows[1].id), ERR_NONE);
	world.postgres_down = true;
	ck_assert_int_eq(social_unlink(c, &caller, rows[1].id), ERR_STORE_UNAVAILABLE);
	ck_assert_int_eq(social_list(c, &caller, &FIRST, &rows, &found),
			 ERR_STORE_UNAVAILABLE);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		every_rule,
		a_new_account_has_no_password_and_the_provider_s_word,
		an_unproven_address_gets_a_code_that_proves_it,
		letters_to_unproven_addresses_are_throttled,
		whoever_is_refused_finds_it_in_the_history,
		of_two_that_come_at_once_both_sign_in_to_one_account,
		the_address_is_taken_meanwhile,
		a_code_is_taken_back_where_the_address_is_taken_meanwhile,
		the_link_is_there_meanwhile,
		the_password_changes_meanwhile,
		the_address_changes_meanwhile,
		the_address_of_who_asked_for_a_link_changes_meanwhile,
		of_two_windows_the_slower_signs_in_too,
		who_asked_for_a_link_has_logged_out,
		who_asked_for_a_link_has_logged_out_everywhere,
		finish_answers_each_outcome_of_its_stores,
		linking_answers_each_outcome_of_its_stores,
		accounts_are_listed_and_unlinked_but_for_the_last_way_in,
	};

	return unit_run("flow: social users", tests, COUNT(tests), setup_social,
			world_end);
}
