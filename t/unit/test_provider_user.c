/* fakes: abroad web */
#include "t/fake/abroad.h"
#include "t/unit/unit.h"

static void begin(void)
{
	abroad_begin("oidc");
	abroad_tokens(abroad_id_token(&(struct abroad_token){0}));
}

static void has_userinfo(const char *answer)
{
	abroad_metadata(",'userinfo_endpoint':'" ABROAD_USERINFO "'");
	(void)abroad_page(ABROAD_USERINFO, 200, answer);
}

START_TEST(addresses)
{
	static const struct {
		const char *claims, *rule, *email;
		bool verified;
	} rows[] = {
		{",'email':'Ann@Example.ORG','email_verified':true", "by-type",
		 "Ann@example.org", true},
		{",'email':'a@b.org','email_verified':true", "claim", "a@b.org", true},
		{",'email':'a@b.org','email_verified':true", "no", "a@b.org", false},
		{",'email':'a@b.org','email_verified':false", "claim", "a@b.org", false},
		{",'email':'a@b.org','email_verified':false", "yes", "a@b.org", true},
		{",'email':'a@b.org'", "claim", "a@b.org", false},
		{",'email':'a@b.org','email_verified':'true'", "claim", "a@b.org", false},
		{",'email':'a@b.org','email_verified':1", "claim", "a@b.org", false},
		{",'email':'a@b.org','email_verified':[true]", "claim", "a@b.org", false},
		{",'email':'a@b.org','email_verified':null", "claim", "a@b.org", false},
		{",'email':'no address','email_verified':true", "claim", NULL, false},
		{",'email':'a@b.org\\r\\nBcc: c@d.org','email_verified':true", "yes",
		 NULL, false},
		{",'email':'','email_verified':true", "yes", NULL, false},
		{",'email':['a@b.org'],'email_verified':true", "claim", NULL, false},
		{",'email_verified':true", "yes", NULL, false},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct abroad_token token = {.more = rows[i].claims};
		const struct identity *who;

		web.n_asked = web.n_texts = 0;
		abroad_provider->email_verified = rows[i].rule;
		abroad_tokens(abroad_id_token(&token));
		who = abroad_identify(PROVIDER_GOOD);
		ck_assert_pstr_eq(who->email, rows[i].email);
		ck_assert_msg(who->email_verified == rows[i].verified, "%s %s",
			      rows[i].claims, rows[i].rule);
	}
}
END_TEST

START_TEST(userinfo_has_the_address)
{
	const struct identity *who;

	has_userinfo("{'sub':'somebody','email':'a@b.org','email_verified':true}");
	who = abroad_identify(PROVIDER_GOOD);
	ck_assert_str_eq(who->email, "a@b.org");
	ck_assert(who->email_verified);
	ck_assert_uint_eq(web.n_asked, 2);
	ck_assert_str_eq(web.asked[1].url, ABROAD_USERINFO);
	ck_assert_ptr_null(web.asked[1].form);
	ck_assert_str_eq(web.asked[1].authorization, "Bearer at-1");
	ck_assert_int_eq(web.asked[1].deadline_ms, web.asked[0].deadline_ms);
}
END_TEST

START_TEST(userinfo_is_not_asked_in_vain)
{
	const struct identity *who;

	has_userinfo("{'sub':'somebody','email':'other@b.org','email_verified':true}");
	abroad_tokens(
		abroad_id_token(&(struct abroad_token){.more = ",'email':'a@b.org'"}));
	who = abroad_identify(PROVIDER_GOOD);
	ck_assert_str_eq(who->email, "a@b.org");
	ck_assert(!who->email_verified);
	ck_assert_uint_eq(web.n_asked, 1);
}
END_TEST

START_TEST(what_the_token_says_is_not_mixed_with_userinfo)
{
	const struct identity *who;

	has_userinfo("{'sub':'somebody','email':'a@b.org'}");
	abroad_tokens(abroad_id_token(
		&(struct abroad_token){.more = ",'email_verified':true"}));
	who = abroad_identify(PROVIDER_GOOD);
	ck_assert_str_eq(who->email, "a@b.org");
	ck_assert(!who->email_verified);
}
END_TEST

START_TEST(hostile_userinfo)
{
	static const struct {
		int status;
		const char *body;
	} rows[] = {
		{200, "{'sub':'another','email':'a@b.org','email_verified':true}"},
		{200, "{'sub':'Somebody','email':'a@b.org'}"},
		{200, "{'sub':['somebody'],'email':'a@b.org'}"},
		{200, "{'sub':null,'email':'a@b.org'}"},
		{200, "{'email':'a@b.org'}"},
		{200, "eyJhbGciOiJub25lIn0.e30."},
		{200, "{'sub':'somebody'"},
		{401, "{'error':'invalid_token'}"},
		{302, "{'sub':'somebody'}"},
		{500, ""},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		web.n_asked = web.n_texts = 0;
		has_userinfo("{}");
		(void)abroad_page(ABROAD_USERINFO, rows[i].status, rows[i].body);
		(void)abroad_identify(PROVIDER_DOWN);
		ck_assert_uint_eq(web.n_asked, 2);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		addresses,
		userinfo_has_the_address,
		userinfo_is_not_asked_in_vain,
		what_the_token_says_is_not_mixed_with_userinfo,
		hostile_userinfo,
	};
	int status;

	abroad_open();
	status = unit_run("provider_user", tests, COUNT(tests), begin, abroad_end);
	abroad_close();
	return status;
}
