#include "lib/pg.h"
#include "lib/text.h"

#include <check.h>

static struct arena *arena;

static void setup(void)
{
	arena = arena_new(1 << 16);
}

static void teardown(void)
{
	arena_free(&arena);
}

START_TEST(cells)
{
	static const char *const CELLS[] = {"a", NULL, "-5", "t", "f", "0"};
	struct pg_rows rows = {2, 3, CELLS};

	ck_assert_str_eq(pg_cell(&rows, 0, 0), "a");
	ck_assert_ptr_null(pg_cell(&rows, 0, 1));
	ck_assert_int_eq(pg_int(&rows, 0, 1), 0);
	ck_assert_int_eq(pg_int(&rows, 0, 2), -5);
	ck_assert(pg_bool(&rows, 1, 0));
	ck_assert(!pg_bool(&rows, 1, 1));
	ck_assert(!pg_bool(&rows, 0, 1));
	ck_assert_str_eq(text_integer(arena, INT64_MIN), "-9223372036854775808");
}
END_TEST

/* PostgreSQL's text of an array, and its words */
static const struct {
	const char *text;
	size_t n;
	const char *words[3];
} ARRAYS[] = {
	{NULL, 0, {0}},
	{"{}", 0, {0}},
	{"{a}", 1, {"a"}},
	{"{a,bc,d}", 3, {"a", "bc", "d"}},
	{"{\"\",\"null\"}", 2, {"", "null"}},
	{"{\"a,b\",\"{}\"}", 2, {"a,b", "{}"}},
	{"{\"q\\\"\\\\\",x}", 2, {"q\"\\", "x"}},
	/* not what a server sends, and no reason to read beyond it */
	{"{", 1, {""}},
	{"{\"a", 1, {"a"}},
	{"{a\\", 1, {"a\\"}},
};

START_TEST(words)
{
	struct pg_rows rows = {1, 1, &ARRAYS[_i].text};
	const char *const *out;

	ck_assert_uint_eq(pg_words(arena, &rows, 0, 0, &out), ARRAYS[_i].n);
	for (size_t i = 0; i < ARRAYS[_i].n; i++)
		ck_assert_str_eq(out[i], ARRAYS[_i].words[i]);
}
END_TEST

START_TEST(words_as_text)
{
	static const char *const WORDS[] = {"a", "null", "q\"\\"};

	ck_assert_str_eq(pg_from_words(arena, NULL, 0), "{}");
	ck_assert_str_eq(pg_from_words(arena, WORDS, 3),
			 "{\"a\",\"null\",\"q\\\"\\\\\"}");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pg_rows");
	TCase *tcase = tcase_create("pg_rows");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, cells);
	tcase_add_loop_test(tcase, words, 0, COUNT(ARRAYS));
	tcase_add_test(tcase, words_as_text);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
