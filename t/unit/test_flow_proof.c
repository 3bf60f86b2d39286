/* fakes: world world_users world_sessions world_codes */
#include "t/unit/flows.h"

START_TEST(register_gives_a_user)
{
	make_user("Ann@Example.com", "ann");
	ck_assert_str_eq(user.email, "Ann@example.com");
	ck_assert_str_eq(user.username, "ann");
	ck_assert(user.email_verified);
	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_NONE);
	ck_assert_int_eq(sign_in("ANN@example.COM", PASSWORD), ERR_NONE);
}
END_TEST

START_TEST(register_of_a_known_address_says_so_by_mail_only)
{
	struct email to;
	struct proof_asked first, second;

	make_user("ann@example.com", "ann");
	to = email("new@example.com");
	ck_assert_int_eq(register_ask(c, &to, &first), ERR_NONE);
	to = email("ann@example.com");
	ck_assert_int_eq(register_ask(c, &to, &second), ERR_NONE);
	ck_assert_mem_eq(&first, &second, sizeof first);
	ck_assert_str_eq(world_last_letter()->name, "already_registered");
}
END_TEST

START_TEST(register_code_is_good_once_and_for_its_address)
{
	struct email ann = email("ann@example.com"), bob = email("bob@example.com");
	const char *code;

	ck_assert_int_eq(register_ask(c, &ann, &asked), ERR_NONE);
	code = code_of(CODE_REGISTRATION, "ann@example.com");
	ck_assert_int_eq(register_prove(c, &bob, code, &token), ERR_INVALID_CODE);
	ck_assert_int_eq(register_prove(c, &ann, "00000000", &token), ERR_INVALID_CODE);
	ck_assert_int_eq(register_prove(c, &ann, "", &token), ERR_INVALID_CODE);
	ck_assert_int_eq(register_prove(c, &ann, code, &token), ERR_NONE);
	ck_assert_int_eq(register_prove(c, &ann, code, &token), ERR_INVALID_CODE);
}
END_TEST

START_TEST(code_dies_of_wrong_guesses)
{
	struct email ann = email("ann@example.com");

	ck_assert_int_eq(register_ask(c, &ann, &asked), ERR_NONE);
	for (int i = 0; i < c->conf->limits_code_tries_client; i++)
		ck_assert_int_eq(register_prove(c, &ann, "00000000", &token),
				 ERR_INVALID_CODE);
	ck_assert_int_eq(register_prove(c, &ann,
					code_of(CODE_REGISTRATION, "ann@example.com"),
					&token),
			 ERR_INVALID_CODE);
}
END_TEST

START_TEST(code_of_one_purpose_is_not_the_others)
{
	struct email ann = email("ann@example.com");

	make_user("ann@example.com", "ann");
	ck_assert_int_eq(recover_ask(c, &ann, &asked), ERR_NONE);
	ck_assert_int_eq(register_prove(c, &ann,
					code_of(CODE_RECOVERY, "ann@example.com"),
					&token),
			 ERR_INVALID_CODE);
	ck_assert_int_eq(recover_prove(c, &ann,
				       code_of(CODE_REGISTRATION, "ann@example.com"),
				       &token),
			 ERR_INVALID_CODE);
}
END_TEST

START_TEST(register_repeated_gives_the_same_user)
{
	const char *with = registration_token("ann@example.com"), *id;

	ck_assert_int_eq(finish(with, "ann", PASSWORD), ERR_NONE);
	id = user.id;
	ck_assert_int_eq(finish(with, "ann", PASSWORD), ERR_NONE);
	ck_assert_str_eq(user.id, id);
	ck_assert_int_eq(finish(with, "ann", PASSWORD2), ERR_INVALID_TOKEN);
	ck_assert_int_eq(finish(with, "bob", PASSWORD), ERR_INVALID_TOKEN);
	ck_assert_int_eq(world.n_users, 1);
	ck_assert_str_eq(world.slot_of, id);
	ck_assert_int_eq(world.slots, 1);
}
END_TEST

START_TEST(recovery_of_an_address_changed_meanwhile_is_refused)
{
	const char *with;

	make_user("ann@example.com", "ann");
	with = recovery_token("ann@example.com");
	world.users[0].email_key = "new@example.com";
	ck_assert_int_eq(recover(with, "ann", PASSWORD2), ERR_INVALID_TOKEN);
	world.users[0].user.email = "new@example.com";
	ck_assert_int_eq(recover(with, "ann", PASSWORD2), ERR_INVALID_TOKEN);
	ck_assert_uint_eq(world_letters("password_changed"), 0);
}
END_TEST

START_TEST(register_name_in_use_keeps_the_token_good)
{
	const char *with;

	make_user("ann@example.com", "ann");
	with = registration_token("bob@example.com");
	ck_assert_int_eq(finish(with, "ANN", PASSWORD), ERR_USERNAME_TAKEN);
	ck_assert_int_eq(finish(with, "bob", PASSWORD), ERR_NONE);
}
END_TEST

START_TEST(register_of_an_address_taken_meanwhile)
{
	const char *first = registration_token("ann@example.com");
	const char *second = registration_token("ann@example.com");

	ck_assert_int_eq(finish(first, "ann", PASSWORD), ERR_NONE);
	ck_assert_int_eq(finish(second, "ann2", PASSWORD), ERR_EMAIL_TAKEN);
}
END_TEST

START_TEST(letter_that_cannot_be_queued_gives_the_try_back)
{
	struct email ann = email("ann@example.com");

	world.outbox_down = true;
	ck_assert_int_eq(register_ask(c, &ann, &asked), ERR_STORE_UNAVAILABLE);
	ck_assert_int_eq(world.taken_back, 1);
	ck_assert_int_eq(recover_ask(c, &ann, &asked), ERR_STORE_UNAVAILABLE);
	ck_assert_int_eq(world.taken_back, 2);
}
END_TEST

START_TEST(throttle_carries_its_time)
{
	struct email ann = email("ann@example.com");

	world.wait_s = 42;
	ck_assert_int_eq(register_ask(c, &ann, &asked), ERR_TOO_SOON);
	ck_assert_int_eq(c->retry_after_s, 42);
	ck_assert_int_eq(world.n_letters, 0);
}
END_TEST

START_TEST(recovery_changes_the_password_and_ends_sessions)
{
	const char *access, *refresh;

	make_user("ann@example.com", "ann");
	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_NONE);
	access = pair.access;
	refresh = pair.refresh;
	ck_assert_int_eq(who(access), ERR_NONE);
	ck_assert_int_eq(recover(recovery_token("ann@example.com"), "Ann", PASSWORD2),
			 ERR_NONE);
	ck_assert_str_eq(world_last_letter()->name, "password_changed");
	ck_assert_int_eq(who(access), ERR_TOKEN_REFUSED);
	ck_assert_int_eq(sessions_reissue(c, refresh, &pair), ERR_TOKEN_REFUSED);
	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_INVALID_CREDENTIALS);
	ck_assert_int_eq(sign_in("ann", PASSWORD2), ERR_NONE);
}
END_TEST

START_TEST(recovery_token_is_good_once_and_for_one_user)
{
	const char *first, *second;

	make_user("ann@example.com", "ann");
	make_user("bob@example.com", "bob");
	first = recovery_token("ann@example.com");
	second = recovery_token("ann@example.com");
	ck_assert_int_eq(recover(first, "bob", PASSWORD2), ERR_INVALID_TOKEN);
	ck_assert_int_eq(recover(first, "ann@example.com", PASSWORD2), ERR_INVALID_TOKEN);
	ck_assert_int_eq(recover(first, "ann", PASSWORD2), ERR_NONE);
	ck_assert_int_eq(recover(first, "ann", PASSWORD), ERR_INVALID_TOKEN);
	ck_assert_int_eq(recover(second, "ann", PASSWORD), ERR_INVALID_TOKEN);
	ck_assert_int_eq(finish(second, "eve", PASSWORD), ERR_INVALID_TOKEN);
}
END_TEST

START_TEST(recovery_of_nobody_looks_the_same)
{
	struct email nobody = email("nobody@example.com"), ann = email("ann@example.com");
	struct proof_asked for_nobody, for_ann, for_inactive;

	make_user("ann@example.com", "ann");
	ck_assert_int_eq(recover_ask(c, &nobody, &for_nobody), ERR_NONE);
	ck_assert_str_eq(world_last_letter()->name, "none");
	ck_assert_int_eq(recover_ask(c, &ann, &for_ann), ERR_NONE);
	ck_assert_str_eq(world_last_letter()->name, "recovery_code");
	world.users[0].user.active = false;
	ck_assert_int_eq(recover_ask(c, &ann, &for_inactive), ERR_NONE);
	ck_assert_str_eq(world_last_letter()->name, "none");
	ck_assert_mem_eq(&for_nobody, &for_ann, sizeof for_ann);
	ck_assert_mem_eq(&for_nobody, &for_inactive, sizeof for_ann);
}
END_TEST

START_TEST(recovery_does_not_reactivate)
{
	const char *with;

	make_user("ann@example.com", "ann");
	with = recovery_token("ann@example.com");
	world.users[0].user.active = false;
	ck_assert_int_eq(recover(with, "ann", PASSWORD2), ERR_INVALID_TOKEN);
	ck_assert(!world.users[0].user.active);
}
END_TEST

START_TEST(recovery_of_an_account_without_name_takes_its_address)
{
	make_user("ann@example.com", "ann");
	world.users[0].user.username = NULL;
	world.users[0].username_key = NULL;
	ck_assert_int_eq(recover(recovery_token("ann@example.com"), "ann", PASSWORD2),
			 ERR_INVALID_TOKEN);
	ck_assert_int_eq(
		recover(recovery_token("ann@example.com"), "ANN@example.com", PASSWORD2),
		ERR_NONE);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		register_gives_a_user,
		register_of_a_known_address_says_so_by_mail_only,
		register_code_is_good_once_and_for_its_address,
		code_dies_of_wrong_guesses,
		code_of_one_purpose_is_not_the_others,
		register_repeated_gives_the_same_user,
		register_name_in_use_keeps_the_token_good,
		register_of_an_address_taken_meanwhile,
		letter_that_cannot_be_queued_gives_the_try_back,
		throttle_carries_its_time,
		recovery_changes_the_password_and_ends_sessions,
		recovery_token_is_good_once_and_for_one_user,
		recovery_of_nobody_looks_the_same,
		recovery_does_not_reactivate,
		recovery_of_an_account_without_name_takes_its_address,
		recovery_of_an_address_changed_meanwhile_is_refused,
	};

	return unit_run("flow: proof", tests, COUNT(tests), setup, world_end);
}
