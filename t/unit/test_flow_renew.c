/* fakes: world world_users world_sessions world_codes */
#include "app/flow/records.h"
#include "lib/text.h"
#include "t/unit/flows.h"

static struct conf conf;

static void arrive_ann(void)
{
	setup();
	arrive("ann@example.com", "ann");
}

static bool fresh(const char *access)
{
	const char *text;
	uint8_t *bytes;
	size_t n;

	text = strchr(access, '.') + 1;
	ck_assert(base64url_decode(c->arena, text, strcspn(text, "."), &bytes, &n));
	return strstr((const char *)bytes, "\"fresh\":true") != NULL;
}

START_TEST(renewal_spends_the_token)
{
	struct token_claims claims;
	const char *first = pair.refresh;

	ck_assert(fresh(pair.access));
	ck_assert_int_eq(sessions_renew(c, first, &pair), ERR_NONE);
	ck_assert(!fresh(pair.access));
	ck_assert(tokens_check_refresh(c, pair.refresh, &claims));
	ck_assert_int_eq(claims.gen, 2);
	ck_assert_int_eq(who(pair.access), ERR_NONE);
	ck_assert_int_eq(sessions_renew(c, first, &pair), ERR_TOKEN_REFUSED);
	ck_assert(world.sessions[0].ended);
	ck_assert_str_eq(world.ended[0].what, world.sessions[0].session.id);
}
END_TEST

START_TEST(renewal_within_grace_gives_the_current_pair)
{
	struct token_claims claims;
	const char *first = pair.refresh;

	ck_assert_int_eq(sessions_renew(c, first, &pair), ERR_NONE);
	world.grace = true;
	ck_assert_int_eq(sessions_renew(c, first, &pair), ERR_NONE);
	ck_assert(tokens_check_refresh(c, pair.refresh, &claims));
	ck_assert_int_eq(claims.gen, 2);
	ck_assert_int_eq(sessions_reissue(c, first, &pair), ERR_NONE);
	ck_assert_ptr_null(pair.refresh);
	ck_assert_int_eq(world.sessions[0].session.gen, 2);
}
END_TEST

START_TEST(renewal_ahead_ends_nothing)
{
	world.sessions[0].session.gen = 0;
	ck_assert_int_eq(sessions_renew(c, pair.refresh, &pair), ERR_TOKEN_REFUSED);
	ck_assert(!world.sessions[0].ended);
	ck_assert_uint_eq(world.n_ended, 0);
}
END_TEST

START_TEST(renewal_wants_a_refresh_token)
{
	ck_assert_int_eq(sessions_renew(c, pair.access, &pair), ERR_TOKEN_REFUSED);
	ck_assert_int_eq(sessions_renew(c, "", &pair), ERR_TOKEN_REFUSED);
	ck_assert_int_eq(world.sessions[0].session.gen, 1);
}
END_TEST

START_TEST(renewal_answers_each_outcome_of_its_store)
{
	static const enum rc outcomes[] = {RC_NONE, RC_CONFLICT, RC_DOWN};

	for (size_t i = 0; i < COUNT(outcomes); i++) {
		tell("sessions_refresh", outcomes[i]);
		ck_assert_int_eq(sessions_renew(c, pair.refresh, &pair),
				 ERR_STORE_UNAVAILABLE);
		ck_assert_int_eq(sessions_reissue(c, pair.refresh, &pair),
				 ERR_STORE_UNAVAILABLE);
	}
}
END_TEST

START_TEST(renewal_of_an_ended_session)
{
	world.users[0].user.active = false;
	ck_assert_int_eq(sessions_renew(c, pair.refresh, &pair), ERR_TOKEN_REFUSED);
	ck_assert_int_eq(who(pair.access), ERR_TOKEN_REFUSED);
	world.users[0].user.active = true;
	ck_assert_int_eq(who(pair.access), ERR_NONE);
}
END_TEST

START_TEST(renewed_tokens_end_with_the_session)
{
	struct session *session = &world.sessions[0].session;

	c->now_ms = session->expires_at - 100 * 1000;
	ck_assert_int_eq(sessions_renew(c, pair.refresh, &pair), ERR_NONE);
	ck_assert_int_le(pair.expires_in, 100);
	ck_assert_int_le(pair.refresh_expires_in, 100);
}
END_TEST

START_TEST(authentication_answers_each_outcome_of_its_store)
{
	static const struct told cases[] = {
		{"sessions_user", RC_NONE, ERR_TOKEN_REFUSED},
		{"sessions_user", RC_CONFLICT, ERR_TOKEN_REFUSED},
		{"sessions_user", RC_DOWN, ERR_STORE_UNAVAILABLE},
	};

	ck_assert_int_eq(caller.login_at, world.sessions[0].session.created_at);
	for (size_t i = 0; i < COUNT(cases); i++) {
		tell(cases[i].accessor, cases[i].rc);
		ck_assert_int_eq(who(pair.access), cases[i].err);
		ck_assert_int_eq(verify_token(pair.access), cases[i].err);
	}
}
END_TEST

START_TEST(session_of_another_user_is_no_proof)
{
	make_user("bob@example.com", "bob");
	world.sessions[0].user_id = world.users[1].user.id;
	ck_assert_int_eq(who(pair.access), ERR_TOKEN_REFUSED);
	ck_assert_int_eq(sessions_renew(c, pair.refresh, &pair), ERR_TOKEN_REFUSED);
}
END_TEST

START_TEST(logout_ends_one_session)
{
	const char *other = pair.access;

	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_NONE);
	ck_assert_int_eq(who(pair.access), ERR_NONE);
	ck_assert_int_eq(sessions_logout(c, &caller), ERR_NONE);
	ck_assert_str_eq(world.sessions[1].end_reason, "logout");
	ck_assert_str_eq(world.ended[0].what, caller.session_id);
	ck_assert_int_eq(sessions_renew(c, pair.refresh, &pair), ERR_TOKEN_REFUSED);
	ck_assert_int_eq(who(pair.access), ERR_TOKEN_REFUSED);
	ck_assert_int_eq(sessions_logout(c, &caller), ERR_NONE);
	ck_assert_int_eq(who(other), ERR_NONE);
}
END_TEST

START_TEST(logout_answers_each_outcome_of_its_store)
{
	static const struct told cases[] = {
		{"sessions_end", RC_NONE, ERR_NONE},
		{"sessions_end", RC_CONFLICT, ERR_NONE},
		{"sessions_end", RC_DOWN, ERR_STORE_UNAVAILABLE},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		tell(cases[i].accessor, cases[i].rc);
		ck_assert_int_eq(sessions_logout(c, &caller), cases[i].err);
	}
}
END_TEST

START_TEST(logout_all_ends_every_session)
{
	const char *other = pair.access;

	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_NONE);
	ck_assert_int_eq(sessions_logout_all(c, &caller), ERR_NONE);
	ck_assert_int_eq(who(other), ERR_TOKEN_REFUSED);
	ck_assert_int_eq(who(pair.access), ERR_TOKEN_REFUSED);
	ck_assert_str_eq(world.ended[0].what, caller.user.id);
	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_NONE);
	ck_assert_int_eq(who(pair.access), ERR_NONE);
}
END_TEST

START_TEST(logout_all_answers_each_outcome_of_its_store)
{
	static const struct told cases[] = {
		{"sessions_end_all", RC_NONE, ERR_NONE},
		{"sessions_end_all", RC_CONFLICT, ERR_NONE},
		{"sessions_end_all", RC_DOWN, ERR_STORE_UNAVAILABLE},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		tell(cases[i].accessor, cases[i].rc);
		ck_assert_int_eq(sessions_logout_all(c, &caller), cases[i].err);
	}
	ck_assert_uint_eq(world.n_ended, 0);
}
END_TEST

START_TEST(one_session_is_revoked_by_another_of_the_same_user)
{
	struct caller ann = caller;
	const char *bobs;

	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_NONE);
	ck_assert_int_eq(sessions_revoke(c, &ann, world.sessions[1].session.id),
			 ERR_NONE);
	ck_assert_int_eq(who(pair.access), ERR_TOKEN_REFUSED);
	ck_assert_str_eq(world.sessions[1].end_reason, "session_revoked");
	ck_assert_int_eq(sessions_revoke(c, &ann, world.sessions[1].session.id),
			 ERR_NOT_FOUND);
	arrive("bob@example.com", "bob");
	bobs = caller.session_id;
	ck_assert_int_eq(sessions_revoke(c, &ann, bobs), ERR_NOT_FOUND);
	ck_assert_int_eq(who(pair.access), ERR_NONE);
	tell("sessions_end", RC_DOWN);
	ck_assert_int_eq(sessions_revoke(c, &ann, ann.session_id), ERR_STORE_UNAVAILABLE);
	tell("sessions_end", RC_CONFLICT);
	ck_assert_int_eq(sessions_revoke(c, &ann, ann.session_id), ERR_NOT_FOUND);
}
END_TEST

static void degrade(bool on)
{
	conf = *c->conf;
	conf.tokens_degraded_verify = on;
	c->conf = &conf;
}

START_TEST(degraded_only_where_the_settings_say_so)
{
	degrade(false);
	world.postgres_down = true;
	ck_assert_int_eq(verify_token(pair.access), ERR_STORE_UNAVAILABLE);
	degrade(true);
	ck_assert_int_eq(who(pair.access), ERR_STORE_UNAVAILABLE);
	ck_assert_int_eq(verify_token(pair.access), ERR_NONE);
	ck_assert_str_eq(caller.user.id, world.users[0].user.id);
	ck_assert_str_eq(caller.session_id, world.sessions[0].session.id);
	ck_assert_str_eq(caller.user.email, "");
	ck_assert_ptr_null(caller.user.username);
}
END_TEST

START_TEST(degraded_shows_the_roles_of_the_token)
{
	static const char *const roles[] = {"viewers", "editors"};

	world.users[0].user.roles = roles;
	world.users[0].user.n_roles = COUNT(roles);
	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_NONE);
	degrade(true);
	world.postgres_down = true;
	ck_assert_int_eq(verify_token(pair.access), ERR_NONE);
	ck_assert_uint_eq(caller.user.n_roles, 2);
	ck_assert_str_eq(caller.user.roles[1], "editors");
}
END_TEST

START_TEST(degraded_refuses_what_has_ended)
{
	const char *first = pair.access, *second;

	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_NONE);
	second = pair.access;
	ck_assert_int_eq(who(second), ERR_NONE);
	ck_assert_int_eq(sessions_logout(c, &caller), ERR_NONE);
	degrade(true);
	world.postgres_down = true;
	ck_assert_int_eq(verify_token(second), ERR_TOKEN_REFUSED);
	ck_assert_int_eq(verify_token(first), ERR_NONE);
	world.postgres_down = false;
	ck_assert_int_eq(sessions_logout_all(c, &caller), ERR_NONE);
	world.postgres_down = true;
	ck_assert_int_eq(verify_token(first), ERR_TOKEN_REFUSED);
}
END_TEST

START_TEST(degraded_is_not_for_what_postgres_refuses)
{
	degrade(true);
	world.sessions[0].ended = true;
	ck_assert_int_eq(verify_token(pair.access), ERR_TOKEN_REFUSED);
	world.postgres_down = true;
	ck_assert_int_eq(verify_token(pair.refresh), ERR_TOKEN_REFUSED);
	ck_assert_int_eq(verify_token("x"), ERR_TOKEN_REFUSED);
}
END_TEST

START_TEST(degraded_without_redis_is_down)
{
	degrade(true);
	world.postgres_down = true;
	world.redis_down = true;
	ck_assert_int_eq(verify_token(pair.access), ERR_STORE_UNAVAILABLE);
	world.redis_down = false;
	tell("ended_check", RC_CONFLICT);
	ck_assert_int_eq(verify_token(pair.access), ERR_TOKEN_REFUSED);
}
END_TEST

START_TEST(records_are_ones_own_newest_first)
{
	const struct page one = {.number = 1, .size = 1}, two = {.number = 2, .size = 1};
	const struct session_row *sessions;
	const struct history_row *history;
	struct page_found found;
	struct caller ann = caller;

	ck_assert_int_eq(sign_in("ann", PASSWORD2), ERR_INVALID_CREDENTIALS);
	arrive("bob@example.com", "bob");
	ck_assert_int_eq(sign_in("ann", PASSWORD), ERR_NONE);
	ck_assert_int_eq(records_sessions(c, &ann, &one, &sessions, &found), ERR_NONE);
	ck_assert_int_eq(found.total, 2);
	ck_assert_uint_eq(found.n, 1);
	ck_assert_str_eq(sessions[0].id, world.sessions[2].session.id);
	ck_assert_int_eq(records_history(c, &ann, &two, &history, &found), ERR_NONE);
	ck_assert_int_eq(found.total, 3);
	ck_assert(!history[0].success);
	world.postgres_down = true;
	ck_assert_int_eq(records_sessions(c, &ann, &one, &sessions, &found),
			 ERR_STORE_UNAVAILABLE);
	ck_assert_int_eq(records_history(c, &ann, &one, &history, &found),
			 ERR_STORE_UNAVAILABLE);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		renewal_spends_the_token,
		renewal_within_grace_gives_the_current_pair,
		renewal_ahead_ends_nothing,
		renewal_wants_a_refresh_token,
		renewal_answers_each_outcome_of_its_store,
		renewal_of_an_ended_session,
		renewed_tokens_end_with_the_session,
		authentication_answers_each_outcome_of_its_store,
		session_of_another_user_is_no_proof,
		logout_ends_one_session,
		logout_answers_each_outcome_of_its_store,
		logout_all_ends_every_session,
		logout_all_answers_each_outcome_of_its_store,
		one_session_is_revoked_by_another_of_the_same_user,
		degraded_only_where_the_settings_say_so,
		degraded_shows_the_roles_of_the_token,
		degraded_refuses_what_has_ended,
		degraded_is_not_for_what_postgres_refuses,
		degraded_without_redis_is_down,
		records_are_ones_own_newest_first,
	};

	return unit_run("flow: renewal and logout", tests, COUNT(tests), arrive_ann,
			world_end);
}
