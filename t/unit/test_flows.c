/* fakes: world */
#include "app/code.h"
#include "app/flow/login.h"
#include "app/flow/recover.h"
#include "app/flow/register.h"
#include "app/flow/sessions.h"
#include "lib/pwhash.h"
#include "t/fake/world.h"
#include "t/unit/unit.h"

#define PASSWORD  "correct horse battery"
#define PASSWORD2 "another fine password"

static struct context *c;
static struct proof_asked asked;
static struct token_pair pair;
static struct user user;
static const char *token;

static void setup(void)
{
	c = world_new();
}

static struct email email(const char *typed)
{
	struct email out;

	ck_assert(email_parse(c->arena, typed, &out));
	return out;
}

/* As the letter of the last step 1 has it */
static const char *code_of(const char *purpose, const char *address)
{
	const struct jwt_key *key = keys_signing(c->keys, KEY_CODE, c->now_ms);
	char code[CODE_SIZE];

	code_derive(key, purpose, email(address).key, world_last_letter()->nonce, code);
	return arena_dup(c->arena, code);
}

static const char *registration_token(const char *address)
{
	struct email to = email(address);

	ck_assert_int_eq(register_ask(c, &to, &asked), ERR_NONE);
	ck_assert_int_eq(
		register_prove(c, &to, code_of(CODE_REGISTRATION, address), &token),
		ERR_NONE);
	return token;
}

static enum err finish(const char *with, const char *username, const char *password)
{
	return register_finish(c, &(struct proof_finish){with, username, password},
			       &user);
}

static void make_user(const char *address, const char *username)
{
	ck_assert_int_eq(finish(registration_token(address), username, PASSWORD),
			 ERR_NONE);
}

static const char *recovery_token(const char *address)
{
	struct email to = email(address);

	ck_assert_int_eq(recover_ask(c, &to, &asked), ERR_NONE);
	ck_assert_int_eq(recover_prove(c, &to, code_of(CODE_RECOVERY, address), &token),
			 ERR_NONE);
	return token;
}

static enum err recover(const char *with, const char *username, const char *password)
{
	return recover_finish(c, &(struct proof_finish){with, username, password}, &user);
}

static enum err sign_in(const char *name, const char *password)
{
	return login(c, &(struct login){name, password, "basic"}, &pair);
}

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
	ck_assert_int_eq(finish(with, "ann", PASSWORD2), ERR_EMAIL_TAKEN);
	ck_assert_int_eq(finish(with, "bob", PASSWORD), ERR_EMAIL_TAKEN);
	ck_assert_int_eq(world.n_users, 1);
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
	ck_assert_int_eq(sessions_authenticate(c, access, &user), ERR_NONE);
	ck_assert_int_eq(recover(recovery_token("ann@example.com"), "Ann", PASSWORD2),
			 ERR_NONE);
	ck_assert_str_eq(world_last_letter()->name, "password_changed");
	ck_assert_int_eq(sessions_authenticate(c, access, &user), ERR_TOKEN_REFUSED);
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
	struct access_claims access;
	struct refresh_claims refresh;
	struct proof proof;
	const char *tokens[4];

	make_user("ann@example.com", "ann");
	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_NONE);
	tokens[0] = pair.access;
	tokens[1] = pair.refresh;
	tokens[2] = registration_token("bob@example.com");
	tokens[3] = recovery_token("ann@example.com");
	for (size_t i = 0; i < COUNT(tokens); i++) {
		ck_assert_int_eq(tokens_check_access(c, tokens[i], &access), i == 0);
		ck_assert_int_eq(tokens_check_refresh(c, tokens[i], &refresh), i == 1);
		ck_assert_int_eq(
			tokens_check_proof(c, CODE_REGISTRATION, tokens[i], &proof),
			i == 2);
		ck_assert_int_eq(tokens_check_proof(c, CODE_RECOVERY, tokens[i], &proof),
				 i == 3);
	}
}
END_TEST

START_TEST(access_token_ends_by_the_clock)
{
	make_user("ann@example.com", "ann");
	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_NONE);
	c->now_ms += (c->conf->tokens_access_ttl + JWT_LEEWAY_S - 1) * 1000;
	ck_assert_int_eq(sessions_authenticate(c, pair.access, &user), ERR_NONE);
	c->now_ms += 2000;
	ck_assert_int_eq(sessions_authenticate(c, pair.access, &user), ERR_TOKEN_REFUSED);
	ck_assert_int_eq(sessions_reissue(c, pair.refresh, &pair), ERR_NONE);
	ck_assert_ptr_null(pair.refresh);
	ck_assert_int_eq(sessions_authenticate(c, pair.access, &user), ERR_NONE);
}
END_TEST

START_TEST(access_token_of_an_older_rev_is_stale)
{
	make_user("ann@example.com", "ann");
	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_NONE);
	world.users[0].user.rev++;
	ck_assert_int_eq(sessions_authenticate(c, pair.access, &user), ERR_TOKEN_STALE);
	ck_assert_int_eq(sessions_reissue(c, pair.refresh, &pair), ERR_NONE);
	ck_assert_int_eq(sessions_authenticate(c, pair.access, &user), ERR_NONE);
}
END_TEST

START_TEST(spent_refresh_token_ends_the_session)
{
	make_user("ann@example.com", "ann");
	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_NONE);
	world.sessions[0].session.gen = 3;
	ck_assert_int_eq(sessions_reissue(c, pair.refresh, &pair), ERR_TOKEN_REFUSED);
	ck_assert(world.sessions[0].ended);
	ck_assert_int_eq(sessions_authenticate(c, pair.access, &user), ERR_TOKEN_REFUSED);
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
	ck_assert_int_eq(sessions_authenticate(c, pair.access, &user),
			 ERR_STORE_UNAVAILABLE);
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

	return unit_run("flows", tests, COUNT(tests), setup, world_end);
}
