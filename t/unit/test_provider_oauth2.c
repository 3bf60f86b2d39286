/* fakes: abroad web */
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "t/fake/abroad.h"
#include "t/unit/unit.h"

#define INFO ABROAD_USERINFO "?format=json" /* of oauth2 */

static void begin(void)
{
	abroad_begin("oauth2");
	abroad_tokens(NULL);
}

static void begin_yandex(void)
{
	abroad_end();
	abroad_begin("yandex");
	abroad_tokens(NULL);
}

static const struct identity *user_is(const char *info, enum provider_verdict verdict)
{
	web.n_asked = web.n_texts = 0;
	(void)abroad_page(abroad_provider->userinfo_url, 200, info);
	return abroad_identify(verdict);
}

START_TEST(somebody)
{
	const struct identity *who = user_is(
		"{'id':'u-1','email':'a@b.org','email_verified':true}", PROVIDER_GOOD);

	ck_assert_str_eq(who->issuer, ABROAD_USERINFO);
	ck_assert_str_eq(who->subject, "u-1");
	ck_assert_str_eq(who->email, "a@b.org");
	ck_assert(!who->email_verified);
	ck_assert_uint_eq(web.n_asked, 2);
	ck_assert_str_eq(web.asked[0].url, ABROAD_TOKEN);
	ck_assert_ptr_nonnull(web.asked[0].authorization);
	ck_assert_ptr_null(strstr(web.asked[0].form, "client_secret"));
	ck_assert_ptr_nonnull(
		strstr(web.asked[0].form, "&code_verifier=" ABROAD_VERIFIER));
	ck_assert_str_eq(web.asked[1].url, INFO);
	ck_assert_str_eq(web.asked[1].authorization, "Bearer at-1");
}
END_TEST

START_TEST(yandex)
{
	const struct identity *who;

	begin_yandex();
	who = user_is("{'id':'1000034426','login':'ivan','default_email':"
		      "'test@yandex.ru','emails':['test@yandex.ru'],'email':'x@y.org',"
		      "'email_verified':true,'default_phone':{'id':1,'number':'+7'}}",
		      PROVIDER_GOOD);
	ck_assert_str_eq(who->issuer, "https://login.yandex.ru");
	ck_assert_str_eq(who->subject, "1000034426");
	ck_assert_str_eq(who->email, "test@yandex.ru");
	ck_assert(!who->email_verified);
	ck_assert_ptr_null(web.asked[0].authorization);
	ck_assert_ptr_nonnull(strstr(web.asked[0].form,
				     "&client_id=our%3Aid%2F1&client_secret=s%20e%2Bc"));
	ck_assert_str_eq(web.asked[1].authorization, "OAuth at-1");
	abroad_provider->email_verified = "yes";
	ck_assert(user_is("{'id':'1','default_email':'test@yandex.ru'}", PROVIDER_GOOD)
			  ->email_verified);
	ck_assert(
		!user_is("{'id':'1','email':'a@b.org'}", PROVIDER_GOOD)->email_verified);
}
END_TEST

START_TEST(yandex_without_settings)
{
	begin_yandex();
	abroad_provider->token_url = abroad_provider->userinfo_url = "";
	web.pages[0].url = "https://oauth.yandex.ru/token";
	(void)abroad_page("https://login.yandex.ru/info?format=json", 200, "{'id':'1'}");
	(void)abroad_identify(PROVIDER_GOOD);
}
END_TEST

START_TEST(subjects)
{
	static const struct {
		const char *id, *subject; /* NULL: refused */
	} rows[] = {
		{"'x'", "x"},
		{"0", "0"},
		{"7", "7"},
		{"-7", "-7"},
		{"9007199254740992", "9007199254740992"},
		{"'18446744073709551616'", "18446744073709551616"},
		/* digits of these might be lost */
		{"9007199254740993", NULL},
		{"18446744073709551616", NULL},
		{"7.0", NULL},
		{"7e0", NULL},
		{"1e400", NULL},
		{"true", NULL},
		{"null", NULL},
		{"''", NULL},
		{"['x']", NULL},
		{"{'id':'x'}", NULL},
		{"'a\\nb'", NULL},
		{"'a\\u0000b'", NULL},
		{"'\xd1\x84'", NULL},
		{"'x','id':'y'", NULL},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *info = arena_printf(abroad.arena, "{'id':%s}", rows[i].id);
		const struct identity *who =
			user_is(info, rows[i].subject ? PROVIDER_GOOD : PROVIDER_DOWN);

		if (who)
			ck_assert_str_eq(who->subject, rows[i].subject);
	}
	(void)user_is("{'ID':'x','sub':'x'}", PROVIDER_DOWN);
	(void)user_is("{}", PROVIDER_DOWN);
	(void)user_is("[]", PROVIDER_DOWN);
	(void)user_is("<user/>", PROVIDER_DOWN);
}
END_TEST

START_TEST(fields_by_name)
{
	const struct identity *who;

	abroad_provider->subject_field = "user.key";
	abroad_provider->email_field = "mail";
	abroad_provider->email_verified_field = "confirmed";
	abroad_provider->email_verified = "claim";
	who = user_is("{'user.key':5,'id':'x','mail':'a@b.org','email':'c@d.org',"
		      "'confirmed':true}",
		      PROVIDER_GOOD);
	ck_assert_str_eq(who->subject, "5");
	ck_assert_str_eq(who->email, "a@b.org");
	ck_assert(who->email_verified);
	ck_assert(!user_is("{'user.key':5,'mail':'a@b.org','confirmed':'true',"
			   "'email_verified':true}",
			   PROVIDER_GOOD)
			   ->email_verified);
}
END_TEST

START_TEST(the_settings_name_the_issuer)
{
	abroad_provider->issuer = "https://named.example";
	ck_assert_str_eq(user_is("{'id':1}", PROVIDER_GOOD)->issuer,
			 "https://named.example");
	abroad_answer.iss = "https://named.example";
	(void)user_is("{'id':1}", PROVIDER_GOOD);
	abroad_answer.iss = "https://another.example";
	(void)user_is("{'id':1}", PROVIDER_DOWN);
	ck_assert_uint_eq(web.n_asked, 0);
}
END_TEST

/* Sent by one whose issuer nobody told us. */
START_TEST(an_iss_of_its_own)
{
	abroad_answer.iss = "https://id.example";
	(void)user_is("{'id':1}", PROVIDER_GOOD);
}
END_TEST

START_TEST(an_id_token_is_nothing)
{
	abroad_tokens("x.y.z");
	(void)user_is("{'id':1}", PROVIDER_GOOD);
}
END_TEST

START_TEST(a_wait_is_of_the_time_that_all_may_take)
{
	int64_t before = clock_mono_ms();
	pid_t leaves;

	abroad_gates[1].holders[0] = 11;
	abroad_gates[1].holders[1] = 12;
	leaves = fork();
	if (!leaves) {
		clock_sleep(300);
		abroad_gates[1].holders[0] = 0;
		_exit(0);
	}
	(void)user_is("{'id':1}", PROVIDER_GOOD);
	ck_assert_int_ge(clock_mono_ms(), before + 300);
	ck_assert_int_lt(web.asked[0].deadline_ms, before + PROVIDER_TOTAL_MS + 250);
	ck_assert_int_eq(waitpid(leaves, NULL, 0), leaves);
}
END_TEST

START_TEST(full)
{
	abroad_gates[1].holders[0] = 11;
	(void)user_is("{'id':1}", PROVIDER_GOOD);
	abroad_gates[1].holders[1] = 12;
	(void)user_is("{'id':1}", PROVIDER_BUSY);
	ck_assert_uint_eq(web.n_asked, 0);
	abroad_gates[1].holders[0] = 0;
	(void)user_is("{'id':1}", PROVIDER_GOOD);
	ck_assert_int_eq(abroad_gates[1].holders[0], 0);
	ck_assert_int_eq(abroad_gates[1].holders[1], 12);
}
END_TEST

/* How often it was asked */
static size_t one_login(void)
{
	web.n_asked = web.n_texts = 0;
	(void)abroad_identify(PROVIDER_DOWN);
	return web.n_asked;
}

START_TEST(left_alone_when_it_is_dead)
{
	web.pages[0].url = NULL;
	for (int i = 0; i < GATE_FAILURES; i++)
		ck_assert_uint_eq(one_login(), 1);
	ck_assert_uint_eq(one_login(), 0);
	ck_assert_int_eq(abroad_gates[0].failures, 0);
	gates_renew(abroad_gates);
	ck_assert_uint_eq(one_login(), 1);
}
END_TEST

/* The token endpoint's answers do not make up for the user info's silence. */
START_TEST(left_alone_when_half_of_it_is_dead)
{
	for (int i = 0; i < GATE_FAILURES; i++)
		ck_assert_uint_eq(one_login(), 2);
	ck_assert_uint_eq(one_login(), 0);
}
END_TEST

START_TEST(bad_codes_are_no_failures)
{
	(void)abroad_page(ABROAD_TOKEN, 400, "{'error':'invalid_grant'}");
	for (int i = 0; i < 2 * GATE_FAILURES; i++)
		ck_assert_uint_eq(one_login(), 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		somebody,
		yandex,
		yandex_without_settings,
		subjects,
		fields_by_name,
		the_settings_name_the_issuer,
		an_iss_of_its_own,
		an_id_token_is_nothing,
		a_wait_is_of_the_time_that_all_may_take,
		full,
		left_alone_when_it_is_dead,
		left_alone_when_half_of_it_is_dead,
		bad_codes_are_no_failures,
	};
	int status;

	abroad_open();
	status = unit_run("provider_oauth2", tests, COUNT(tests), begin, abroad_end);
	abroad_close();
	return status;
}
