#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/json.h"
#include "t/unit/unit.h"

enum { BODY = 16384, SLOWEST_MS = 20 };

/* What this process has computed: others on the machine do not count. */
static int64_t computed_ms(void)
{
	return (int64_t)clock() * 1000 / CLOCKS_PER_SEC;
}

static struct arena *arena;

static void setup(void)
{
	arena = arena_new(1 << 20);
}

static void teardown(void)
{
	arena_free(&arena);
}

static const struct json *parse(const char *text)
{
	return json_parse(arena, text, strlen(text));
}

/* A copy of exactly that size, so that a sanitizer sees a byte read too many. */
static bool accepts(const char *bytes, size_t n)
{
	char *copy = malloc(n ? n : 1);
	const struct json *root;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, bytes, n);
	arena_reset(arena);
	root = json_parse(arena, copy, n);
	free(copy);
	return root != NULL;
}

static size_t read_file(const char *dir, const char *name, char *out)
{
	char path[512];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_msg(fd >= 0, "%s", path);
	n = read(fd, out, BODY);
	ck_assert_int_ge(n, 0);
	ck_assert_int_eq(close(fd), 0);
	return (size_t)n;
}

static void replay(const char *dir, bool wanted, int least)
{
	static char bytes[BODY];
	DIR *files = opendir(dir);
	int n = 0;

	ck_assert_msg(files != NULL, "%s", dir);
	for (struct dirent *file; (file = readdir(files));) {
		int64_t before = computed_ms();
		size_t len;

		if (file->d_name[0] == '.')
			continue;
		len = read_file(dir, file->d_name, bytes);
		ck_assert_msg(accepts(bytes, len) == wanted, "%s/%s", dir, file->d_name);
		ck_assert_msg(computed_ms() - before < SLOWEST_MS, "%s/%s", dir,
			      file->d_name);
		n++;
	}
	ck_assert_int_eq(closedir(files), 0);
	ck_assert_int_ge(n, least);
}

START_TEST(good_corpus)
{
	replay("t/corpus/json/good", true, 20);
}
END_TEST

START_TEST(bad_corpus)
{
	replay("t/corpus/json/bad", false, 130);
}
END_TEST

/* Whatever is cut off the end of a good body is refused and read no further. */
START_TEST(every_cut)
{
	static const char BODY_TEXT[] =
		"{\"a\":[1,-2.5e3,true,null,{\"\\u00e9\":\"\\ud83d\\ude00\"}],\"b\":\"x\\n\"}";
	size_t n = sizeof BODY_TEXT - 1;

	ck_assert(accepts(BODY_TEXT, n));
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(!accepts(BODY_TEXT, i), "%zu", i);
}
END_TEST

/* Any single byte changed never crashes, and whatever passes can be printed and read. */
START_TEST(every_byte_changed)
{
	static const char BODY_TEXT[] =
		"{\"a\":[1,-2.5e3,true,null,{\"\\u00e9\":\"\\ud83d\\ude00\"}],\"b\":\"x\\n\"}";
	char text[sizeof BODY_TEXT];

	for (size_t i = 0; i < sizeof BODY_TEXT - 1; i++) {
		for (int byte = 0; byte < 256; byte++) {
			const struct json *root;

			memcpy(text, BODY_TEXT, sizeof text);
			text[i] = (char)byte;
			arena_reset(arena);
			root = json_parse(arena, text, sizeof text - 1);
			if (root)
				ck_assert_ptr_nonnull(parse(json_print(arena, root)));
		}
	}
}
END_TEST

/* The costliest bodies of 16 KiB: members, duplicates found last, values, depth. */
static size_t fill(char *out, const char *head, const char *piece, bool numbered)
{
	size_t n = (size_t)snprintf(out, BODY, "{%s", head);

	for (int i = 0; n + 64 < BODY; i++)
		n += (size_t)(numbered ? snprintf(out + n, BODY - n, "\"%x\":0,",
						  (unsigned)i)
				       : snprintf(out + n, BODY - n, "%s", piece));
	return n;
}

START_TEST(costly_bodies)
{
	static const struct costly {
		const char *head, *piece, *tail;
		bool numbered, good;
	} ROWS[] = {
		{"", "", "\"x\":0}", true, true},
		{"\"0\":0,", "", "\"x\":0}", true, false},
		{"\"a\":[", "0,", "0]}", false, true},
		{"\"a\":[", "[],", "0]}", false, true},
		{"\"a\":[", "{},", "0]}", false, true},
		{"\"a\":[", "\"\",", "0]}", false, true},
		{"\"a\":[", "{\"\":0},", "0]}", false, true},
		{"\"a\":\"", "\\n", "\"}", false, true},
	};
	static char body[BODY];
	bool unhurried = unit_valgrind_without("the time that a body takes");

	for (size_t i = 0; i < COUNT(ROWS); i++) {
		size_t n = fill(body, ROWS[i].head, ROWS[i].piece, ROWS[i].numbered);
		int64_t before = computed_ms();

		n += (size_t)snprintf(body + n, BODY - n, "%s", ROWS[i].tail);
		ck_assert_msg(accepts(body, n) == ROWS[i].good, "row %zu", i);
		ck_assert_msg(computed_ms() - before < SLOWEST_MS || unhurried, "row %zu",
			      i);
	}
}
END_TEST

START_TEST(readers)
{
	const struct json *root =
		parse("{\"s\":\"x\\u00e9\",\"S\":\"y\",\"t\":true,\"f\":false,"
		      "\"z\":null,\"n\":7,\"a\":[\"p\",2,\"q\"],\"o\":{\"s\":\"in\"}}");
	bool flag = false;

	ck_assert_ptr_nonnull(root);
	ck_assert_str_eq(json_text(root, "s"), "x\xc3\xa9");
	ck_assert_str_eq(json_text(root, "S"), "y");
	ck_assert_ptr_null(json_text(root, "n"));
	ck_assert_ptr_null(json_text(root, "nope"));
	ck_assert(json_bool(root, "t", &flag) && flag);
	ck_assert(json_bool(root, "f", &flag) && !flag);
	ck_assert(!json_bool(root, "z", &flag) && !json_bool(root, "nope", &flag));
	ck_assert_uint_eq(json_count(json_member(root, "a")), 3);
	ck_assert_str_eq(json_as_text(json_item(json_member(root, "a"), 2)), "q");
	ck_assert_ptr_null(json_as_text(json_item(json_member(root, "a"), 1)));
	ck_assert_ptr_null(json_item(json_member(root, "a"), 3));
	ck_assert_ptr_null(json_item(json_member(root, "o"), 0));
	ck_assert_ptr_null(json_item(json_member(root, "nope"), 0));
	ck_assert_str_eq(json_name(root, 0), "s");
	ck_assert_ptr_null(json_name(root, json_count(root)));
	ck_assert_ptr_null(json_name(json_member(root, "a"), 0));
	ck_assert_ptr_null(json_name(json_member(root, "nope"), 0));
	ck_assert_str_eq(json_text(json_member(root, "o"), "s"), "in");
	ck_assert_uint_eq(json_count(root), 8);
	ck_assert_uint_eq(json_count(json_member(root, "nope")), 0);
	ck_assert_uint_eq(json_count(json_member(root, "s")), 0);
	ck_assert_ptr_null(json_text(json_member(root, "a"), "p"));
}
END_TEST

START_TEST(types)
{
	static const struct type_row {
		const char *text;
		enum json_type type;
	} ROWS[] = {
		{"{\"b\":1}", JSON_ABSENT},   {"{\"A\":1}", JSON_ABSENT},
		{"{\"a\":null}", JSON_NULL},  {"{\"a\":true}", JSON_BOOL},
		{"{\"a\":false}", JSON_BOOL}, {"{\"a\":1.5}", JSON_NUMBER},
		{"{\"a\":\"\"}", JSON_TEXT},  {"{\"a\":[]}", JSON_ARRAY},
		{"{\"a\":{}}", JSON_OBJECT},
	};

	for (size_t i = 0; i < COUNT(ROWS); i++)
		ck_assert_int_eq(json_type(parse(ROWS[i].text), "a"), ROWS[i].type);
}
END_TEST

START_TEST(integers)
{
	static const struct integer_row {
		const char *text;
		bool good;
		int64_t value;
	} ROWS[] = {
		{"0", true, 0},
		{"-0", true, 0},
		{"-12", true, -12},
		{"1763628000", true, 1763628000},
		{"9007199254740991", true, 9007199254740991},
		{"9007199254740992", true, 9007199254740992},
		{"-9007199254740992", true, -9007199254740992},
		{"9007199254740993", false, 0},
		{"-9007199254740993", false, 0},
		{"9223372036854775808", false, 0},
		{"18446744073709551616", false, 0},
		{"111111111111111111111111111111", false, 0},
		{"1.0", false, 0},
		{"1.5", false, 0},
		{"1e3", false, 0},
		{"1E0", false, 0},
		{"9007199254740991.3", false, 0},
		{"\"1\"", false, 0},
		{"true", false, 0},
		{"null", false, 0},
		{"[1]", false, 0},
		{"{}", false, 0},
	};

	for (size_t i = 0; i < COUNT(ROWS); i++) {
		/* A float before it and an integer after: each keeps its own verdict */
		const char *text =
			arena_printf(arena, "{\"x\":[1.5,{\"y\":2e0}],\"a\":%s,\"b\":3}",
				     ROWS[i].text);
		const struct json *root = parse(text);
		int64_t got = -77;

		ck_assert_msg(root != NULL, "%s", text);
		ck_assert_msg(json_integer(root, "a", &got) == ROWS[i].good, "%s", text);
		ck_assert_int_eq(got, ROWS[i].good ? ROWS[i].value : -77);
		ck_assert(json_integer(root, "b", &got) && got == 3);
		ck_assert(!json_integer(json_item(json_member(root, "x"), 1), "y", &got));
		ck_assert(!json_integer(root, "nope", &got));
	}
}
END_TEST

START_TEST(building)
{
	struct json *root = json_object(arena), *list, *inner;
	int64_t n;

	json_add_text(arena, root, "text", "a\"b\\\n\x01\xc3\xa9/");
	json_add_text(arena, root, "none", NULL);
	json_add_integer(arena, root, "small", -5);
	json_add_integer(arena, root, "large", 1000000000000000);
	json_add_bool(arena, root, "yes", true);
	inner = json_add_object(arena, root, "inner");
	json_add_bool(arena, inner, "no", false);
	list = json_add_array(arena, root, "list");
	json_push_text(arena, list, "x");
	json_add_integer(arena, json_push_object(arena, list), "y", INT64_C(1) << 53);

	ck_assert_str_eq(
		json_print(arena, root),
		"{\"text\":\"a\\\"b\\\\\\n\\u0001\xc3\xa9/\",\"none\":null,\"small\":-5,"
		"\"large\":1000000000000000,\"yes\":true,\"inner\":{\"no\":false},"
		"\"list\":[\"x\",{\"y\":9007199254740992}]}");
	ck_assert(json_integer(root, "large", &n) && n == 1000000000000000);
	ck_assert_int_eq(json_type(root, "large"), JSON_NUMBER);
	root = json_object(arena);
	ck_assert_str_eq(json_print(arena, root), "{}");
}
END_TEST

START_TEST(printed_is_read_again)
{
	const struct json *root =
		parse("{\"a\":[1.5,-0,1e300,\"\\u0001\\ud83d\\ude00\"],\"\":{}}");
	const char *text = json_print(arena, root);

	ck_assert_str_eq(json_print(arena, parse(text)), text);
}
END_TEST

/* An answer far larger than the first guess of the printer. */
START_TEST(long_print)
{
	struct json *root = json_object(arena),
		    *list = json_add_array(arena, root, "list");

	for (int i = 0; i < 2000; i++)
		json_push_text(arena, list, "0123456789");
	ck_assert_uint_eq(strlen(json_print(arena, root)),
			  strlen("{\"list\":[]}") + 2000 * 13 - 1);
}
END_TEST

static Suite *suite(void)
{
	const TTest *const TESTS[] = {
		good_corpus,   bad_corpus,
		every_cut,     every_byte_changed,
		costly_bodies, readers,
		types,	       integers,
		building,      printed_is_read_again,
		long_print,
	};
	Suite *all = suite_create("json");
	TCase *group = tcase_create("json");

	tcase_set_timeout(group, 60);
	tcase_add_checked_fixture(group, setup, teardown);
	for (size_t i = 0; i < COUNT(TESTS); i++)
		tcase_add_test(group, TESTS[i]);
	suite_add_tcase(all, group);
	return all;
}

int main(void)
{
	SRunner *runner = srunner_create(suite());
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
