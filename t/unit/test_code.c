#include <signal.h>

#include "app/code.h"
#include "t/unit/unit.h"

static const uint8_t SECRET[32] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
				   11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
				   22, 23, 24, 25, 26, 27, 28, 29, 30, 31};
static const struct jwt_key KEY = {"k1", JWT_HS256, SECRET, sizeof SECRET, NULL};

#define EMAIL "ann@example.org"
#define NONCE "00112233445566778899aabbccddeeff"

/* Computed with Python's hmac */
START_TEST(known_answers)
{
	char code[CODE_SIZE];

	code_derive(&KEY, CODE_REGISTRATION, EMAIL, NONCE, code);
	ck_assert_str_eq(code, "3AZNTT0D");
	code_derive(&KEY, CODE_RECOVERY, EMAIL, NONCE, code);
	ck_assert_str_eq(code, "R78HYAZC");
}
END_TEST

/* Nothing may be moved from one field to the next. */
START_TEST(every_field_counts)
{
	static const char *const OTHER[][3] = {
		{"registratio", "nann@example.org", NONCE},
		{CODE_REGISTRATION, "ann@example.org0",
		 "0112233445566778899aabbccddeeff"},
		{CODE_REGISTRATION, "ann@example.com", NONCE},
		{CODE_REGISTRATION, EMAIL, "00112233445566778899aabbccddeefe"},
		{CODE_RECOVERY, EMAIL, NONCE},
	};
	char code[CODE_SIZE], other[CODE_SIZE];

	code_derive(&KEY, CODE_REGISTRATION, EMAIL, NONCE, code);
	for (size_t i = 0; i < COUNT(OTHER); i++) {
		code_derive(&KEY, OTHER[i][0], OTHER[i][1], OTHER[i][2], other);
		ck_assert_str_ne(code, other);
	}
}
END_TEST

START_TEST(reads_what_people_type)
{
	static const struct {
		const char *typed, *code; /* NULL: refused */
	} ROWS[] = {
		{"K7QM3XDP", "K7QM3XDP"},
		{"K7QM-3XDP", "K7QM3XDP"},
		{"k7qm-3xdp", "K7QM3XDP"},
		{"  k7qm 3xdp\r\n", "K7QM3XDP"},
		{"K-7-Q-M-3-X-D-P", "K7QM3XDP"},
		{"oOiIlL00", "00111100"},
		{"", NULL},
		{"-", NULL},
		{"K7QM3XD", NULL},
		{"K7QM3XDPP", NULL},
		{"K7QM-3XDU", NULL},
		{"K7QM-3XD\xc3\xa9", NULL},
		{"K7QM_3XDP", NULL},
		{"\xef\xbc\xab"
		 "7QM3XDP",
		 NULL},
	};

	for (size_t i = 0; i < COUNT(ROWS); i++) {
		char code[CODE_SIZE] = "before";
		bool ok = code_read(ROWS[i].typed, code);

		ck_assert_msg(ok == (ROWS[i].code != NULL), "%s", ROWS[i].typed);
		ck_assert_str_eq(code, ROWS[i].code ? ROWS[i].code : "before");
	}
}
END_TEST

START_TEST(reads_its_own)
{
	char nonce[CODE_NONCE_MAX + 1], code[CODE_SIZE], back[CODE_SIZE];
	char pretty[CODE_PRETTY_SIZE];

	for (int i = 0; i < 1000; i++) {
		snprintf(nonce, sizeof nonce, "%d", i);
		code_derive(&KEY, CODE_RECOVERY, EMAIL, nonce, code);
		code_pretty(code, pretty);
		ck_assert_uint_eq(strlen(pretty), 9);
		ck_assert_int_eq(pretty[4], '-');
		ck_assert(code_read(pretty, back));
		ck_assert_str_eq(code, back);
	}
}
END_TEST

START_TEST(too_long_aborts)
{
	char nonce[CODE_NONCE_MAX + 2], code[CODE_SIZE];

	memset(nonce, 'a', sizeof nonce - 1);
	nonce[sizeof nonce - 1] = '\0';
	code_derive(&KEY, CODE_RECOVERY, EMAIL, nonce, code);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {known_answers, every_field_counts,
				      reads_what_people_type, reads_its_own};
	const TTest *const fatal[] = {too_long_aborts};

	return unit_run("code", tests, COUNT(tests), NULL, NULL) |
	       unit_run_fatal("code: promises", fatal, COUNT(fatal), SIGABRT, NULL, NULL);
}
