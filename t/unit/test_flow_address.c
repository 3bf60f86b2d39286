/* fakes: world world_users world_sessions world_codes */
#include "t/unit/flows.h"

static bool proven;

static enum err ask_again(void)
{
	return address_ask_code(c, &caller, &asked, &proven);
}

static enum err verify(const char *address, const char *code)
{
	struct email to = email(address);

	return address_verify(c, &to, code, &user);
}

static enum err change(const char *address, const char *password)
{
	struct email to = email(address);

	return address_change(c, &caller, &to, password, &asked);
}

/* An account whose address is not proven, logged in. */
static void arrive_unproven(void)
{
	ck_assert_int_eq(sign_up("ann@example.com", "ann"), ERR_NONE);
	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_NONE);
	ck_assert_int_eq(who(pair.access), ERR_NONE);
}

/* A change to new@example.com under way; gives its code. */
static const char *changing(void)
{
	arrive("ann@example.com", "ann");
	ck_assert_int_eq(change("New@Example.com", PASSWORD), ERR_NONE);
	return code_of(CODE_EMAIL_CHANGE, "new@example.com");
}

START_TEST(first_proof_ends_every_session)
{
	const char *code;

	arrive_unproven();
	code = code_of(CODE_VERIFICATION, "ann@example.com");
	ck_assert_int_eq(verify("ANN@example.com", code), ERR_NONE);
	ck_assert(user.email_verified);
	ck_assert_int_eq(who(pair.access), ERR_TOKEN_REFUSED);
	ck_assert_uint_eq(world.n_ended, 1);
	ck_assert_str_eq(world.ended[0].what, user.id);
	ck_assert_int_eq(verify("ann@example.com", code), ERR_INVALID_CODE);
}
END_TEST

START_TEST(second_proof_ends_nothing)
{
	const char *code;

	arrive_unproven();
	code = code_of(CODE_VERIFICATION, "ann@example.com");
	world.users[0].user.email_verified = true;
	ck_assert_int_eq(verify("ann@example.com", code), ERR_NONE);
	ck_assert_int_eq(who(pair.access), ERR_NONE);
	ck_assert_uint_eq(world.n_ended, 0);
	ck_assert_int_eq(verify("ann@example.com", code), ERR_INVALID_CODE);
}
END_TEST

START_TEST(code_is_mailed_again)
{
	arrive_unproven();
	ck_assert_int_eq(ask_again(), ERR_NONE);
	ck_assert(!proven);
	ck_assert_int_eq(asked.expires_in, c->conf->codes_ttl_s);
	ck_assert_str_eq(world_last_letter()->name, "verification_code");
	ck_assert_str_eq(world_last_letter()->to, "ann@example.com");
	ck_assert_int_eq(
		verify("ann@example.com", code_of(CODE_VERIFICATION, "ann@example.com")),
		ERR_NONE);
}
END_TEST

START_TEST(code_of_a_proven_address_is_not_mailed)
{
	size_t letters;

	arrive("ann@example.com", "ann");
	letters = world.n_letters;
	ck_assert_int_eq(ask_again(), ERR_NONE);
	ck_assert(proven);
	ck_assert_uint_eq(world.n_letters, letters);
}
END_TEST

START_TEST(code_again_answers_each_outcome_of_its_stores)
{
	arrive_unproven();
	tell("codes_ask", RC_DOWN);
	ck_assert_int_eq(ask_again(), ERR_STORE_UNAVAILABLE);
	tell("outbox_verification", RC_DOWN);
	ck_assert_int_eq(ask_again(), ERR_STORE_UNAVAILABLE);
	ck_assert_int_eq(world.taken_back, 1);
	world.wait_s = 3;
	ck_assert_int_eq(ask_again(), ERR_TOO_SOON);
	ck_assert_int_eq(c->retry_after_s, 3);
	world.too_many = true;
	ck_assert_int_eq(ask_again(), ERR_TOO_MANY_REQUESTS);
}
END_TEST

START_TEST(proof_answers_each_outcome_of_its_stores)
{
	static const struct told cases[] = {
		{"codes_count_try", RC_NONE, ERR_INVALID_CODE},
		{"codes_count_try", RC_CONFLICT, ERR_INVALID_CODE},
		{"codes_count_try", RC_DOWN, ERR_STORE_UNAVAILABLE},
		{"users_verify_email", RC_NONE, ERR_INVALID_CODE},
		{"users_verify_email", RC_CONFLICT, ERR_INTERNAL_ERROR},
		{"users_verify_email", RC_DOWN, ERR_STORE_UNAVAILABLE},
	};
	const char *code;

	arrive_unproven();
	code = code_of(CODE_VERIFICATION, "ann@example.com");
	for (size_t i = 0; i < COUNT(cases); i++) {
		tell(cases[i].accessor, cases[i].rc);
		ck_assert_int_eq(verify("ann@example.com", code), cases[i].err);
		ck_assert_uint_eq(world.n_ended, 0);
	}
	tell(NULL, RC_OK);
	ck_assert_int_eq(verify("ann@example.com", code), ERR_NONE);
}
END_TEST

START_TEST(proof_wants_the_right_code_of_the_right_address)
{
	const char *code;

	arrive_unproven();
	code = code_of(CODE_VERIFICATION, "ann@example.com");
	ck_assert_int_eq(verify("bob@example.com", code), ERR_INVALID_CODE);
	ck_assert_int_eq(verify("ann@example.com", "00000000"), ERR_INVALID_CODE);
	ck_assert_int_eq(verify("ann@example.com", ""), ERR_INVALID_CODE);
	world.users[0].user.epoch++;
	ck_assert_int_eq(verify("ann@example.com", code), ERR_INVALID_CODE);
	ck_assert(!world.users[0].user.email_verified);
}
END_TEST

START_TEST(address_is_changed_by_the_code_sent_to_it)
{
	const char *code = changing();

	ck_assert_str_eq(world_last_letter()->name, "email_change_code");
	ck_assert_str_eq(world_last_letter()->to, "New@example.com");
	ck_assert_uint_eq(world_letters("email_change_asked"), 1);
	ck_assert_int_eq(address_confirm(c, &caller, code, &user), ERR_NONE);
	ck_assert_str_eq(user.email, "New@example.com");
	ck_assert(user.email_verified);
	ck_assert_int_eq(who(pair.access), ERR_TOKEN_STALE);
	ck_assert_int_eq(address_confirm(c, &caller, code, &user), ERR_INVALID_CODE);
	ck_assert_int_eq(sign_in("new@example.com", PASSWORD), ERR_NONE);
	ck_assert_int_eq(sign_in("ann@example.com", PASSWORD), ERR_INVALID_CREDENTIALS);
}
END_TEST

START_TEST(address_of_somebody_else_is_told_at_the_confirmation_only)
{
	const char *code = changing();

	make_user("new@example.com", "bob");
	ck_assert_int_eq(address_confirm(c, &caller, code, &user), ERR_EMAIL_TAKEN);
	ck_assert_int_eq(change("new@example.com", PASSWORD), ERR_NONE);
	ck_assert_str_eq(world_last_letter()->name, "already_registered");
}
END_TEST

START_TEST(address_is_not_changed_without_the_password)
{
	arrive("ann@example.com", "ann");
	ck_assert_int_eq(change("new@example.com", PASSWORD2), ERR_WRONG_PASSWORD);
	ck_assert_int_eq(change("new@example.com", NULL), ERR_WRONG_PASSWORD);
	ck_assert_int_eq(world.slots, 2);
	ck_assert_uint_eq(world_letters("email_change_asked"), 0);
	caller.user.has_password = false;
	c->now_ms += c->conf->accounts_fresh_login_s * 1000 + 1;
	ck_assert_int_eq(change("new@example.com", NULL), ERR_LOGIN_TOO_OLD);
	c->now_ms -= 1;
	ck_assert_int_eq(change("new@example.com", NULL), ERR_NONE);
}
END_TEST

START_TEST(change_answers_each_outcome_of_its_stores)
{
	static const struct told cases[] = {
		{"users_secret", RC_NONE, ERR_TOKEN_REFUSED},
		{"users_secret", RC_DOWN, ERR_STORE_UNAVAILABLE},
		{"attempts_take", RC_DOWN, ERR_STORE_UNAVAILABLE},
		{"codes_ask", RC_DOWN, ERR_STORE_UNAVAILABLE},
		{"outbox_email_change", RC_DOWN, ERR_STORE_UNAVAILABLE},
	};

	arrive("ann@example.com", "ann");
	for (size_t i = 0; i < COUNT(cases); i++) {
		tell(cases[i].accessor, cases[i].rc);
		ck_assert_int_eq(change("new@example.com", PASSWORD), cases[i].err);
	}
	ck_assert_int_eq(world.taken_back, 1);
}
END_TEST

START_TEST(confirmation_answers_each_outcome_of_its_stores)
{
	static const struct told cases[] = {
		{"codes_count_try", RC_NONE, ERR_INVALID_CODE},
		{"codes_count_try", RC_DOWN, ERR_STORE_UNAVAILABLE},
		{"users_set_email", RC_NONE, ERR_INVALID_CODE},
		{"users_set_email", RC_CONFLICT, ERR_EMAIL_TAKEN},
		{"users_set_email", RC_DOWN, ERR_STORE_UNAVAILABLE},
	};
	const char *code = changing();

	for (size_t i = 0; i < COUNT(cases); i++) {
		tell(cases[i].accessor, cases[i].rc);
		ck_assert_int_eq(address_confirm(c, &caller, code, &user), cases[i].err);
	}
	tell(NULL, RC_OK);
	world.users[0].user.epoch++;
	ck_assert_int_eq(address_confirm(c, &caller, code, &user), ERR_INVALID_CODE);
	ck_assert_str_eq(world.users[0].user.email, "ann@example.com");
}
END_TEST

START_TEST(confirmation_wants_the_right_code_of_the_same_user)
{
	const char *code = changing();
	struct caller ann = caller;

	ck_assert_int_eq(address_confirm(c, &ann, "00000000", &user), ERR_INVALID_CODE);
	arrive("bob@example.com", "bob");
	ck_assert_int_eq(address_confirm(c, &caller, code, &user), ERR_INVALID_CODE);
	ck_assert_int_eq(address_confirm(c, &ann, code, &user), ERR_NONE);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		first_proof_ends_every_session,
		second_proof_ends_nothing,
		code_is_mailed_again,
		code_of_a_proven_address_is_not_mailed,
		code_again_answers_each_outcome_of_its_stores,
		proof_answers_each_outcome_of_its_stores,
		proof_wants_the_right_code_of_the_right_address,
		address_is_changed_by_the_code_sent_to_it,
		address_of_somebody_else_is_told_at_the_confirmation_only,
		address_is_not_changed_without_the_password,
		change_answers_each_outcome_of_its_stores,
		confirmation_answers_each_outcome_of_its_stores,
		confirmation_wants_the_right_code_of_the_same_user,
	};

	return unit_run("flow: address", tests, COUNT(tests), setup, world_end);
}
