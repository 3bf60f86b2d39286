/* fakes: world world_users world_sessions world_codes */
#include "lib/pwhash.h"
#include "t/unit/flows.h"

START_TEST(register_makes_an_account_whose_address_is_not_proven)
{
	ck_assert_int_eq(sign_up("Ann@Example.com", "ann"), ERR_NONE);
	ck_assert_str_eq(user.email, "Ann@example.com");
	ck_assert(!user.email_verified && user.has_password);
	ck_assert_str_eq(world_last_letter()->name, "welcome");
	ck_assert_ptr_nonnull(world_last_letter()->nonce);
	ck_assert_str_eq(world.codes[0].bound, user.id);
	ck_assert_int_eq(sign_in("ann@example.com", PASSWORD), ERR_NONE);
}
END_TEST

START_TEST(register_without_a_name)
{
	ck_assert_int_eq(sign_up("ann@example.com", NULL), ERR_NONE);
	ck_assert_ptr_null(user.username);
	ck_assert_int_eq(sign_up("bob@example.com", NULL), ERR_NONE);
	ck_assert_int_eq(sign_in("bob@example.com", PASSWORD), ERR_NONE);
}
END_TEST

START_TEST(register_says_what_is_taken_before_any_hash_or_letter)
{
	uint64_t hashes;
	size_t letters;

	ck_assert_int_eq(sign_up("ann@example.com", "ann"), ERR_NONE);
	hashes = pwhash_count();
	letters = world.n_letters;
	ck_assert_int_eq(sign_up("ANN@example.com", "other"), ERR_EMAIL_TAKEN);
	ck_assert_int_eq(sign_up("bob@example.com", "ANN"), ERR_USERNAME_TAKEN);
	ck_assert_int_eq(sign_up("ann@example.com", "ann"), ERR_EMAIL_TAKEN);
	ck_assert_uint_eq(pwhash_count(), hashes);
	ck_assert_uint_eq(world.n_letters, letters);
	ck_assert_uint_eq(world.n_codes, 1);
}
END_TEST

START_TEST(register_by_what_the_settings_say)
{
	struct email ann = email("ann@example.com");
	struct conf conf = *c->conf;

	c->conf = &conf;
	conf.accounts_registration = "verified";
	ck_assert_int_eq(sign_up("ann@example.com", "ann"), ERR_REGISTRATION_CLOSED);
	ck_assert_int_eq(register_ask(c, &ann, &asked), ERR_NONE);
	conf.accounts_registration = "closed";
	ck_assert_int_eq(sign_up("ann@example.com", "ann"), ERR_REGISTRATION_CLOSED);
	ck_assert_int_eq(register_ask(c, &ann, &asked), ERR_REGISTRATION_CLOSED);
	ck_assert_uint_eq(world.n_users, 0);
}
END_TEST

START_TEST(register_is_throttled)
{
	world.wait_s = 42;
	ck_assert_int_eq(sign_up("ann@example.com", "ann"), ERR_TOO_SOON);
	ck_assert_int_eq(c->retry_after_s, 42);
	world.too_many = true;
	ck_assert_int_eq(sign_up("ann@example.com", "ann"), ERR_TOO_MANY_REQUESTS);
	ck_assert_uint_eq(world.n_users, 0);
	ck_assert_int_eq(world.taken_back, 0);
}
END_TEST

/* Between the look and the insert others may have come. */
START_TEST(register_answers_each_outcome_of_its_stores)
{
	static const struct {
		struct told told;
		enum users_conflict conflict;
		int64_t taken_back;
	} cases[] = {
		{{"users_taken", RC_DOWN, ERR_STORE_UNAVAILABLE}, 0, 0},
		{{"codes_ask", RC_DOWN, ERR_STORE_UNAVAILABLE}, 0, 0},
		{{"users_insert", RC_DOWN, ERR_STORE_UNAVAILABLE}, 0, 1},
		{{"users_insert", RC_NONE, ERR_STORE_UNAVAILABLE}, 0, 1},
		{{"users_insert", RC_CONFLICT, ERR_EMAIL_TAKEN}, USERS_EMAIL_TAKEN, 1},
		{{"users_insert", RC_CONFLICT, ERR_USERNAME_TAKEN},
		 USERS_USERNAME_TAKEN,
		 1},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		world.taken_back = 0;
		world.told_conflict = cases[i].conflict;
		tell(cases[i].told.accessor, cases[i].told.rc);
		ck_assert_int_eq(sign_up("ann@example.com", "ann"), cases[i].told.err);
		ck_assert_int_eq(world.taken_back, cases[i].taken_back);
		ck_assert_uint_eq(world.n_users, 0);
	}
}
END_TEST

#ifndef __SANITIZE_ADDRESS__
START_TEST(register_without_memory_to_hash)
{
	struct conf conf = *c->conf;

	c->conf = &conf;
	conf.passwords_memory_kib = UINT32_MAX; /* 4 TiB */
	ck_assert_int_eq(sign_up("ann@example.com", "ann"), ERR_OVERLOADED);
	ck_assert_int_eq(world.taken_back, 1);
}
END_TEST
#endif

START_TEST(username_is_changed_and_old_tokens_are_stale)
{
	arrive("ann@example.com", "ann");
	ck_assert_int_eq(account_set_username(c, &caller, "Anna", &user), ERR_NONE);
	ck_assert_str_eq(user.username, "Anna");
	ck_assert_int_eq(who(pair.access), ERR_TOKEN_STALE);
	ck_assert_int_eq(account_set_username(c, &caller, "anna", &user), ERR_NONE);
	ck_assert_int_eq(sign_in("ANNA", PASSWORD), ERR_NONE);
}
END_TEST

START_TEST(username_answers_each_outcome_of_its_store)
{
	static const struct told cases[] = {
		{"users_set_username", RC_NONE, ERR_TOKEN_REFUSED},
		{"users_set_username", RC_CONFLICT, ERR_USERNAME_TAKEN},
		{"users_set_username", RC_DOWN, ERR_STORE_UNAVAILABLE},
	};

	arrive("ann@example.com", "ann");
	for (size_t i = 0; i < COUNT(cases); i++) {
		tell(cases[i].accessor, cases[i].rc);
		ck_assert_int_eq(account_set_username(c, &caller, "anna", &user),
				 cases[i].err);
	}
}
END_TEST

START_TEST(password_is_changed_and_every_session_ends)
{
	const char *other;

	arrive("ann@example.com", "ann");
	other = pair.access;
	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_NONE);
	ck_assert_int_eq(account_set_password(c, &caller, PASSWORD, PASSWORD2), ERR_NONE);
	ck_assert_int_eq(who(pair.access), ERR_TOKEN_REFUSED);
	ck_assert_int_eq(who(other), ERR_TOKEN_REFUSED);
	ck_assert_int_eq(sessions_renew(c, pair.refresh, &pair), ERR_TOKEN_REFUSED);
	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_INVALID_CREDENTIALS);
	ck_assert_int_eq(sign_in("ann", PASSWORD2), ERR_NONE);
	ck_assert_uint_eq(world_letters("password_changed"), 1);
	ck_assert_uint_eq(world.n_ended, 1);
	ck_assert_str_eq(world.ended[0].what, caller.user.id);
}
END_TEST

START_TEST(password_wrong_costs_a_slot_and_a_hash_and_changes_nothing)
{
	uint64_t hashes;

	arrive("ann@example.com", "ann");
	hashes = pwhash_count();
	ck_assert_int_eq(account_set_password(c, &caller, PASSWORD2, PASSWORD2),
			 ERR_WRONG_PASSWORD);
	ck_assert_uint_eq(pwhash_count() - hashes, 1);
	ck_assert_int_eq(world.slots, 1);
	ck_assert_str_eq(world.slot_of, caller.user.id);
	ck_assert_int_eq(who(pair.access), ERR_NONE);
	ck_assert_uint_eq(world.n_ended, 0);
	hashes = pwhash_count();
	ck_assert_int_eq(account_set_password(c, &caller, PASSWORD, PASSWORD2), ERR_NONE);
	ck_assert_uint_eq(pwhash_count() - hashes, 2);
	ck_assert_int_eq(world.slots, 1);
}
END_TEST

START_TEST(password_answers_each_outcome_of_its_stores)
{
	static const struct told cases[] = {
		{"users_secret", RC_NONE, ERR_TOKEN_REFUSED},
		{"users_secret", RC_CONFLICT, ERR_TOKEN_REFUSED},
		{"users_secret", RC_DOWN, ERR_STORE_UNAVAILABLE},
		{"attempts_take", RC_DOWN, ERR_STORE_UNAVAILABLE},
		{"users_set_password", RC_NONE, ERR_TOKEN_REFUSED},
		{"users_set_password", RC_CONFLICT, ERR_INTERNAL_ERROR},
		{"users_set_password", RC_DOWN, ERR_STORE_UNAVAILABLE},
	};

	arrive("ann@example.com", "ann");
	for (size_t i = 0; i < COUNT(cases); i++) {
		tell(cases[i].accessor, cases[i].rc);
		ck_assert_int_eq(account_set_password(c, &caller, PASSWORD, PASSWORD2),
				 cases[i].err);
		ck_assert_uint_eq(world.n_ended, 0);
	}
	world.wait_s = 7;
	ck_assert_int_eq(account_set_password(c, &caller, PASSWORD, PASSWORD2),
			 ERR_TOO_MANY_ATTEMPTS);
	ck_assert_int_eq(c->retry_after_s, 7);
}
END_TEST

/* Logged in before another session changed the password: its epoch is the older one. */
START_TEST(password_of_an_older_epoch_is_not_changed)
{
	arrive("ann@example.com", "ann");
	world.users[0].user.epoch++;
	ck_assert_int_eq(account_set_password(c, &caller, PASSWORD, PASSWORD2),
			 ERR_TOKEN_REFUSED);
	ck_assert_int_eq(account_delete(c, &caller, PASSWORD), ERR_TOKEN_REFUSED);
	ck_assert(!world.users[0].gone);
}
END_TEST

START_TEST(deleted_with_the_password)
{
	arrive("ann@example.com", "ann");
	ck_assert_int_eq(account_delete(c, &caller, NULL), ERR_WRONG_PASSWORD);
	ck_assert_int_eq(account_delete(c, &caller, PASSWORD2), ERR_WRONG_PASSWORD);
	ck_assert_int_eq(world.slots, 2);
	ck_assert_int_eq(account_delete(c, &caller, PASSWORD), ERR_NONE);
	ck_assert_str_eq(world_last_letter()->name, "account_deleted");
	ck_assert_str_eq(world.ended[0].what, caller.user.id);
	ck_assert_int_eq(who(pair.access), ERR_TOKEN_REFUSED);
	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_INVALID_CREDENTIALS);
	make_user("ann@example.com", "ann");
}
END_TEST

START_TEST(deleted_without_a_password_by_a_new_login)
{
	uint64_t hashes;

	arrive("ann@example.com", "ann");
	caller.user.has_password = false;
	hashes = pwhash_count();
	c->now_ms += c->conf->accounts_fresh_login_s * 1000 + 1;
	ck_assert_int_eq(account_delete(c, &caller, NULL), ERR_LOGIN_TOO_OLD);
	ck_assert(!world.users[0].gone);
	c->now_ms -= 1;
	ck_assert_int_eq(account_delete(c, &caller, NULL), ERR_NONE);
	ck_assert(world.users[0].gone);
	ck_assert_uint_eq(pwhash_count(), hashes);
	ck_assert_int_eq(world.slots, 0);
}
END_TEST

START_TEST(delete_answers_each_outcome_of_its_stores)
{
	static const struct told cases[] = {
		{"users_secret", RC_NONE, ERR_TOKEN_REFUSED},
		{"users_secret", RC_DOWN, ERR_STORE_UNAVAILABLE},
		{"attempts_take", RC_DOWN, ERR_STORE_UNAVAILABLE},
		{"users_delete", RC_NONE, ERR_TOKEN_REFUSED},
		{"users_delete", RC_CONFLICT, ERR_INTERNAL_ERROR},
		{"users_delete", RC_DOWN, ERR_STORE_UNAVAILABLE},
	};

	arrive("ann@example.com", "ann");
	for (size_t i = 0; i < COUNT(cases); i++) {
		tell(cases[i].accessor, cases[i].rc);
		ck_assert_int_eq(account_delete(c, &caller, PASSWORD), cases[i].err);
		ck_assert_uint_eq(world.n_ended, 0);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		register_makes_an_account_whose_address_is_not_proven,
		register_without_a_name,
		register_says_what_is_taken_before_any_hash_or_letter,
		register_by_what_the_settings_say,
		register_is_throttled,
		register_answers_each_outcome_of_its_stores,
#ifndef __SANITIZE_ADDRESS__
		register_without_memory_to_hash,
#endif
		username_is_changed_and_old_tokens_are_stale,
		username_answers_each_outcome_of_its_store,
		password_is_changed_and_every_session_ends,
		password_wrong_costs_a_slot_and_a_hash_and_changes_nothing,
		password_answers_each_outcome_of_its_stores,
		password_of_an_older_epoch_is_not_changed,
		deleted_with_the_password,
		deleted_without_a_password_by_a_new_login,
		delete_answers_each_outcome_of_its_stores,
	};

	return unit_run("flow: account", tests, COUNT(tests), setup, world_end);
}
