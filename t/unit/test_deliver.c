/* fakes: post */
#include "app/code.h"
#include "app/flow/deliver.h"
#include "t/fake/post.h"
#include "t/unit/unit.h"

#define ID    "6f1c3b60-9d2e-4f61-8a55-0c5f6f4c2a11"
#define NONCE "00112233445566778899aabbccddeeff"

static struct arena *arena;
static struct context ctx;
static struct deliver deliver;
static struct conf conf;

static void setup(void)
{
	const char *why = NULL;

	arena = arena_new(1 << 22);
	conf = (struct conf){.mail_from = "noreply@example.org",
			     .mail_retry_min_s = 1,
			     .mail_retry_max_s = 3600,
			     .mail_give_up_h = 24,
			     .web_service_name = "Example",
			     .web_public_url = "https://example.org"};
	ctx = (struct context){.arena = arena, .conf = &conf, .now_ms = 1795162263000};
	deliver = (struct deliver){.letters = letters_load(arena, "app/letters", &why)};
	ck_assert_msg(deliver.letters, "%s", why);
	post = (struct post){.waiting = true,
			     .kid = "c1",
			     .verdict = SMTP_SENT,
			     .row = {.id = ID,
				     .letter = "registration_code",
				     .to = "Ann@example.org",
				     .nonce = NONCE,
				     .key_id = "c1",
				     .ip = "192.0.2.7",
				     .attempts = 1,
				     .created_ms = 1795162263000,
				     .age_s = 5,
				     .ends = true,
				     .left_s = 595}};
}

static void teardown(void)
{
	arena_free(&arena);
}

static const char *run(void)
{
	ck_assert_int_eq(deliver_next(&ctx, &deliver), RC_OK);
	ck_assert(deliver.unsettled);
	ck_assert_ptr_null(post.settled);
	ck_assert_int_eq(deliver_settle(&ctx, &deliver), RC_OK);
	ck_assert(!deliver.unsettled);
	ck_assert_str_eq(post.id, ID);
	return post.settled;
}

START_TEST(sends_the_code_of_the_address)
{
	const struct jwt_key *key = keys_by_kid(NULL, KEY_CODE, "c1", 0);
	char code[CODE_SIZE], pretty[CODE_PRETTY_SIZE], line[32];

	ck_assert_str_eq(run(), "remove");
	ck_assert_int_eq(post.sent, 1);
	ck_assert_str_eq(post.to, "Ann@example.org");
	code_derive(key, CODE_REGISTRATION, "ann@example.org", NONCE, code);
	code_pretty(code, pretty);
	snprintf(line, sizeof line, "\r\n%s\r\n", pretty);
	ck_assert_ptr_nonnull(strstr(post.message, line));
	ck_assert_ptr_nonnull(strstr(post.message, "10 minutes"));
}
END_TEST

START_TEST(nothing_due)
{
	post.waiting = false;
	deliver.fresh_only = true;
	ck_assert_int_eq(deliver_next(&ctx, &deliver), RC_NONE);
	ck_assert(post.fresh_only && !deliver.unsettled);
	ck_assert_int_eq(deliver_settle(&ctx, &deliver), RC_NONE);
}
END_TEST

/* What is decided before anything is sent */
START_TEST(not_sent)
{
	static char long_address[300], long_nonce[300];
	static const struct {
		const char *letter, *to, *nonce, *key_id;
		int64_t age_s, left_s;
		const char *settled, *error;
	} ROWS[] = {
		{"none", NULL, NULL, NULL, 1, 9, "remove", ""},
		{"recovery_code", NULL, NONCE, "c1", 1, 9, "remove", ""},
		{"recovery_code", "a@b.org", NONCE, "c1", 1, 0, "expire", ""},
		{"recovery_code", "a@b.org", NONCE, "c1", 1, -9, "expire", ""},
		{"recovery_code", "a@b.org", NONCE, "c1", 86400, 9, "bury", "given up"},
		{"recovery_code", "a@b.org\r\nx", NONCE, "c1", 1, 9, "bury",
		 "address not sendable"},
		{"recovery_code", long_address, NONCE, "c1", 1, 9, "bury",
		 "address not sendable"},
		{"recovery_code", "a@b.org", NULL, "c1", 1, 9, "bury",
		 "nonce or key_id missing or too long"},
		{"recovery_code", "a@b.org", NONCE, NULL, 1, 9, "bury",
		 "nonce or key_id missing or too long"},
		{"recovery_code", "a@b.org", long_nonce, "c1", 1, 9, "bury",
		 "nonce or key_id missing or too long"},
		{"recovery_code", "a@b.org", NONCE, "c2", 1, 9, "retry",
		 "code key not here"},
		{"of_next_year", "a@b.org", NULL, NULL, 1, 9, "retry", "unknown letter"},
	};

	memset(long_address, 'a', sizeof long_address - 1);
	memset(long_nonce, 'a', sizeof long_nonce - 1);
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		post.waiting = true;
		post.settled = NULL;
		post.row.letter = ROWS[i].letter;
		post.row.to = ROWS[i].to;
		post.row.nonce = ROWS[i].nonce;
		post.row.key_id = ROWS[i].key_id;
		post.row.age_s = ROWS[i].age_s;
		post.row.cut_off = ROWS[i].age_s >= 86400;
		post.row.left_s = ROWS[i].left_s;
		ck_assert_str_eq(run(), ROWS[i].settled);
		ck_assert_str_eq(post.error, ROWS[i].error);
		ck_assert_int_eq(post.sent, 0);
	}
}
END_TEST

START_TEST(verdicts)
{
	post.verdict = SMTP_NEVER;
	post.why = "recipient 550: no";
	ck_assert_str_eq(run(), "bury");
	ck_assert_str_eq(post.error, "recipient 550: no");

	post.waiting = true;
	post.settled = NULL;
	post.verdict = SMTP_LATER;
	post.row.attempts = 3;
	ck_assert_str_eq(run(), "retry");
	ck_assert_int_eq(post.attempts, 3);
	ck_assert(post.delay_ms >= 3000 && post.delay_ms <= 4000);

	post.waiting = true;
	post.settled = NULL;
	post.row.age_s = 86399;
	ck_assert_str_eq(run(), "bury");
	ck_assert_int_eq(post.sent, 3);

	/* brought back by hand */
	post.waiting = true;
	post.settled = NULL;
	post.verdict = SMTP_SENT;
	post.row.age_s = 864000;
	ck_assert_str_eq(run(), "remove");
}
END_TEST

/* Whatever happened is written down before the next letter is touched. */
START_TEST(settled_when_the_database_is_back)
{
	ck_assert_int_eq(deliver_next(&ctx, &deliver), RC_OK);
	arena_reset(arena);
	post.down = true;
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(deliver_settle(&ctx, &deliver), RC_DOWN);
	ck_assert(deliver.unsettled && !post.settled);
	post.down = false;
	ck_assert_int_eq(deliver_settle(&ctx, &deliver), RC_OK);
	ck_assert_str_eq(post.settled, "remove");
	ck_assert_str_eq(post.id, ID);
	ck_assert_int_eq(post.sent, 1);
}
END_TEST

START_TEST(a_lost_lease_is_not_held_on_to)
{
	post.verdict = SMTP_LATER;
	post.lost = true;
	ck_assert_int_eq(deliver_next(&ctx, &deliver), RC_OK);
	ck_assert_int_eq(deliver_settle(&ctx, &deliver), RC_NONE);
	ck_assert(!deliver.unsettled);
}
END_TEST

START_TEST(back_off)
{
	static const struct {
		int64_t attempts, ms;
	} ROWS[] = {{1, 1000},	   {2, 2000},	  {3, 4000},	   {12, 2048000},
		    {13, 3600000}, {14, 3600000}, {1000, 3600000}, {INT32_MAX, 3600000}};

	for (size_t i = 0; i < COUNT(ROWS); i++) {
		int64_t least = INT64_MAX, most = 0;

		for (int k = 0; k < 200; k++) {
			int64_t ms = deliver_delay_ms(&conf, ROWS[i].attempts);

			least = ms < least ? ms : least;
			most = ms > most ? ms : most;
		}
		ck_assert_int_ge(least, ROWS[i].ms * 3 / 4);
		ck_assert_int_le(most, ROWS[i].ms);
		ck_assert_int_lt(least, most);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {sends_the_code_of_the_address,
				      nothing_due,
				      not_sent,
				      verdicts,
				      settled_when_the_database_is_back,
				      a_lost_lease_is_not_held_on_to,
				      back_off};

	return unit_run("deliver", tests, COUNT(tests), setup, teardown);
}
