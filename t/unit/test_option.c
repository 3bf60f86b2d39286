#include <sys/stat.h>
#include <unistd.h>

#include "lib/option.h"
#include "lib/text.h"
#include "t/unit/unit.h"

static struct arena *arena;
static char path[] = "/tmp/test_option.XXXXXX";
static struct buf rows;
static char rows_memory[65536];

static void setup(void)
{
	int fd;

	arena = arena_new(1 << 20);
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	(void)close(fd);
	buf_init(&rows, rows_memory, sizeof rows_memory);
}

static void teardown(void)
{
	(void)unlink(path);
	arena_free(&arena);
}

static const char *keep_row(void *to, const char *section, const char *key,
			    const char *value)
{
	if (!key && !value)
		buf_printf(to, "[%s]", section);
	else
		buf_printf(to, "%s.%s=<%s>", section, key, value);
	return value && strcmp(value, "bad") == 0 ? "a bad value" : NULL;
}

static const char *read_bytes(const char *bytes, size_t n)
{
	FILE *file = fopen(path, "we");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
	ck_assert_int_eq(fclose(file), 0);
	buf_init(&rows, rows_memory, sizeof rows_memory);
	return option_read(arena, path, keep_row, &rows);
}

static const char *read_text(const char *text)
{
	return read_bytes(text, strlen(text));
}

START_TEST(rows_as_they_come)
{
	ck_assert_ptr_null(
		read_text("# c\n; c\n\n  \t\n[server]\nport = 80\nname=a b  \r\n"
			  "\tindented\t=\tx # y ; z\nempty =\nurl = http://h:1/?a=b\n"
			  "[issuer A B]\n  # c\nport=1\n[last]"));
	ck_assert_str_eq(
		rows.at,
		"[server]server.port=<80>server.name=<a b>"
		"server.indented=<x # y ; z>server.empty=<>"
		"server.url=<http://h:1/?a=b>[issuer A B]issuer A B.port=<1>[last]");
	ck_assert_ptr_null(read_text(""));
	ck_assert_str_eq(rows.at, "");
}
END_TEST

START_TEST(mistakes_are_named_with_their_line)
{
	static const struct {
		const char *text, *line;
	} ROWS[] = {
		{"a = 1\n", "1: outside of a section"},
		{"\n\nx\n", "3: outside of a section"},
		{"[a]\nb\n", "2: neither `[section]` nor `key = value`"},
		{"[a]\nb: c\n", "2: neither `[section]` nor `key = value`"},
		{"[a]\nb:c = d\n", "2: neither `[section]` nor `key = value`"},
		{"[a]\n= d\n", "2: neither `[section]` nor `key = value`"},
		{"[a]\nx = 1\n  y\n", "3: neither `[section]` nor `key = value`"},
		{"[a\n", "1: a section is `[name]` and nothing else"},
		{"[a] b\n", "1: a section is `[name]` and nothing else"},
		{"[a] # c\n", "1: a section is `[name]` and nothing else"},
		{"[]\n", "1: a section's name has 1 to 48 bytes"},
		{"[1234567890123456789012345678901234567890123456789]\n",
		 "1: a section's name has 1 to 48 bytes"},
		{"[a]\nb=1\nc=1\nb=2\n", "4: this key was there before"},
		{"[a]\nb=1\n[c]\nb=1\n[a]\n", "5: this section was there before"},
		{"[a]\nb=bad\nc=1\n", "2: a bad value"},
		{"[a]\nb=1\x01\n", "2: a control character"},
		{"[a]\nb=\xff\n", "2: not UTF-8 text"},
		{"\xef\xbb\xbf[a]\n", "1: outside of a section"},
	};

	for (size_t i = 0; i < COUNT(ROWS); i++)
		ck_assert_str_eq(read_text(ROWS[i].text),
				 arena_printf(arena, "%s:%s", path, ROWS[i].line));
	ck_assert_str_eq(read_bytes("[a]\nb=1\0c\n", 11),
			 arena_printf(arena, "%s:2: not UTF-8 text", path));
}
END_TEST

START_TEST(nothing_after_a_mistake)
{
	ck_assert_ptr_nonnull(read_text("[a]\nb=bad\nc=1\n[d]\n"));
	ck_assert_str_eq(rows.at, "[a]a.b=<bad>");
	ck_assert_ptr_nonnull(read_text("[a]\nb=1\nnonsense\nc=1\n"));
	ck_assert_str_eq(rows.at, "[a]a.b=<1>");
}
END_TEST

/* 4095 bytes and a newline are the most; also the last line may lack it */
START_TEST(long_lines)
{
	char *text = arena_alloc(arena, 9000);

	memset(text, 'v', 8999);
	memcpy(text, "[a]\nk=", 6);
	text[4 + 4095] = '\0';
	ck_assert_ptr_null(read_text(text));
	ck_assert_uint_eq(rows.len, strlen("[a]a.k=<>") + 4093);
	text[4 + 4095] = '\n';
	text[4 + 4096] = '\0';
	ck_assert_ptr_null(read_text(text));
	ck_assert_uint_eq(rows.len, strlen("[a]a.k=<>") + 4093);
	text[4 + 4095] = 'v';
	ck_assert_str_eq(read_text(text),
			 arena_printf(arena, "%s:2: longer than 4095 bytes", path));
	text[4 + 4096] = 'v';
	ck_assert_str_eq(read_text(text),
			 arena_printf(arena, "%s:2: longer than 4095 bytes", path));
}
END_TEST

START_TEST(long_keys_are_whole)
{
	char *text = arena_alloc(arena, 400);

	memset(text, 'k', 399);
	memcpy(text, "[a]\n", 4);
	memcpy(text + 200, "1=x\n", 4);
	memcpy(text + 395, "2=y", 4);
	ck_assert_ptr_null(read_text(text));
	ck_assert_ptr_nonnull(strstr(rows.at, "k1=<x>"));
	ck_assert_ptr_nonnull(strstr(rows.at, "k2=<y>"));
}
END_TEST

START_TEST(what_is_no_file)
{
	const char *why;

	ck_assert_int_eq(truncate(path, 1024 * 1024 + 1), 0);
	why = option_read(arena, path, keep_row, &rows);
	ck_assert_str_eq(why, arena_printf(arena, "%s: longer than a mebibyte", path));
	ck_assert_str_eq(option_read(arena, "/dev/null", keep_row, &rows),
			 "/dev/null: not a regular file");
	ck_assert_str_eq(option_read(arena, "/tmp", keep_row, &rows),
			 "/tmp: not a regular file");
	(void)unlink(path);
	why = option_read(arena, path, keep_row, &rows);
	ck_assert_str_eq(why, arena_printf(arena, "%s: No such file or directory", path));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		rows_as_they_come,	 mistakes_are_named_with_their_line,
		nothing_after_a_mistake, long_lines,
		long_keys_are_whole,	 what_is_no_file,
	};

	return unit_run("option", tests, COUNT(tests), setup, teardown);
}
