#include <check.h>

#include "app/ctl/out.h"

static struct arena *arena;

static void begin(void)
{
	arena = arena_new(1024 * 1024);
}

static void end(void)
{
	arena_free(&arena);
}

static const struct {
	const char *text, *shown;
} escapes[] = {
	{"", ""},
	{"plain ~ text", "plain ~ text"},
	{"Çay \xe2\x82\xac \xf0\x9f\x94\x91", "Çay \xe2\x82\xac \xf0\x9f\x94\x91"},
	{"\x1b[2J\x07", "\\u001b[2J\\u0007"},
	{"a\nb\tc\r", "a\\u000ab\\u0009c\\u000d"},
	{"\x7f", "\\u007f"},
	{"\xc2\x9b"
	 "31m",
	 "\\u009b31m"}, /* CSI in eight bits */
	{"\xe2\x80\xae"
	 "evil",
	 "\\u202eevil"}, /* right-to-left override */
	{"\xe2\x80\xa8", "\\u2028"}, /* line separator */
	{"\xe2\x81\xa6", "\\u2066"}, /* left-to-right isolate */
	{"\xff", "\xef\xbf\xbd"}, /* no UTF-8 at all */
	{"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"},
	{"\xc0\x9b", "\xef\xbf\xbd\xef\xbf\xbd"}, /* overlong */
	{"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
};

START_TEST(nothing_steers_a_terminal)
{
	ck_assert_str_eq(out_escape(arena, escapes[_i].text), escapes[_i].shown);
}
END_TEST

/* Whatever the bytes: what is shown has no control and is never an overrun. */
START_TEST(every_pair_of_bytes)
{
	for (unsigned first = 1; first < 256; first++)
		for (unsigned second = 1; second < 256; second++) {
			const char text[] = {(char)first, (char)second, 'x', '\0'};
			const char *shown = out_escape(arena, text);

			ck_assert_int_eq(shown[strlen(shown) - 1], 'x');
			for (const char *at = shown; *at; at++)
				ck_assert((unsigned char)*at >= 0x20 && *at != 0x7f);
			ck_assert_ptr_null(strstr(shown, "\xc2\x80"));
			arena_reset(arena);
		}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("out");
	TCase *tests = tcase_create("out");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tests, 60);
	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_loop_test(tests, nothing_steers_a_terminal, 0, COUNT(escapes));
	tcase_add_test(tests, every_pair_of_bytes);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
