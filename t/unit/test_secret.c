#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/secret.h"
#include "lib/text.h"
#include "t/unit/unit.h"

static struct arena *arena;
static char folder[] = "/tmp/test_secret.XXXXXX";
static char path[sizeof folder + 8];

static void setup(void)
{
	arena = arena_new(1 << 20);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(path, sizeof path, "%s/file", folder);
}

static void teardown(void)
{
	(void)unlink(path);
	(void)rmdir(folder);
	arena_free(&arena);
}

static void write_file(const char *bytes, size_t n, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, n), (ssize_t)n);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	(void)close(fd);
}

static const char *load(size_t max)
{
	const char *why = NULL;
	char *text = secret_load(arena, path, max, &why);

	ck_assert_int_eq(text == NULL, why != NULL);
	return text;
}

START_TEST(comparing)
{
	ck_assert(secret_equal("abc", "abd", 2));
	ck_assert(!secret_equal("abc", "abd", 3));
	ck_assert(secret_equal("a", "b", 0));
	ck_assert(secret_equal_text("", ""));
	ck_assert(secret_equal_text("same", "same"));
	ck_assert(!secret_equal_text("same", "sam"));
	ck_assert(!secret_equal_text("same", "samE"));
	ck_assert(!secret_equal_text("", "x"));
}
END_TEST

START_TEST(wiping)
{
	char text[] = "secret";

	secret_wipe(text, sizeof text);
	for (size_t i = 0; i < sizeof text; i++)
		ck_assert_int_eq(text[i], 0);
}
END_TEST

START_TEST(random_texts)
{
	uint8_t big[1000] = {0}, bits = 0;

	for (int i = 0; i < 1000; i++) {
		char *uuid = secret_uuid(arena);

		ck_assert(text_is_uuid(uuid));
		ck_assert_int_eq(uuid[14], '4');
		ck_assert_ptr_nonnull(strchr("89ab", uuid[19]));
		ck_assert_str_ne(uuid, secret_uuid(arena));
	}
	ck_assert_uint_eq(strlen(secret_random_hex(arena, 20)), 40);
	ck_assert_str_ne(secret_random_hex(arena, 20), secret_random_hex(arena, 20));
	secret_random(big, sizeof big);
	for (size_t i = 990; i < sizeof big; i++)
		bits |= big[i];
	ck_assert_uint_ne(bits, 0);
}
END_TEST

START_TEST(files)
{
	write_file("secret\n", 7, 0640);
	ck_assert_str_eq(load(64), "secret");
	ck_assert_str_eq(load(7), "secret");
	ck_assert_ptr_null(load(6));
	write_file("two\nlines\n\n", 11, 0400);
	ck_assert_str_eq(load(64), "two\nlines\n");
	write_file("no newline", 10, 0600);
	ck_assert_str_eq(load(10), "no newline");
	write_file("", 0, 0600);
	ck_assert_str_eq(load(10), "");
	write_file("a\0b", 3, 0600);
	ck_assert_ptr_null(load(10));
}
END_TEST

START_TEST(files_that_others_may_touch)
{
	static const mode_t BAD[] = {0644, 0604, 0602, 0660, 0620, 0666, 0777};

	for (size_t i = 0; i < COUNT(BAD); i++) {
		write_file("secret\n", 7, BAD[i]);
		ck_assert_msg(load(64) == NULL, "mode %o", BAD[i]);
	}
}
END_TEST

START_TEST(what_is_no_file)
{
	const char *why = NULL;

	ck_assert_ptr_null(load(64));
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_ptr_null(load(64)); /* and does not wait for a writer */
	ck_assert_ptr_null(secret_load(arena, folder, 64, &why));
	ck_assert_str_eq(why, "not a regular file");
	ck_assert_ptr_null(secret_load(arena, "/dev/null", 64, &why));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		comparing,	 wiping, random_texts, files, files_that_others_may_touch,
		what_is_no_file,
	};

	return unit_run("secret", tests, COUNT(tests), setup, teardown);
}
