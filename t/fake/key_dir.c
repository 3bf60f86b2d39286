#include "t/fake/key_dir.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/clock.h"

struct arena *arena;
struct keys *keys;
char dir[] = "/tmp/latchkey-test-keys-XXXXXX";
char why[256];
int64_t now;

static void key_dir_setup(void)
{
	arena = arena_new(8 << 20);
	keys = NULL;
	memcpy(dir + strlen(dir) - 6, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	now = clock_real_ms();
}

char *key_dir_path(const char *name)
{
	return arena_printf(arena, "%s/%s", dir, name);
}

static void key_dir_teardown(void)
{
	DIR *files = opendir(dir);

	ck_assert_ptr_nonnull(files);
	for (struct dirent *file; (file = readdir(files));)
		if (file->d_name[0] != '.')
			ck_assert_int_eq(unlink(key_dir_path(file->d_name)), 0);
	ck_assert_int_eq(closedir(files), 0);
	ck_assert_int_eq(rmdir(dir), 0);
	keys_free(&keys);
	arena_free(&arena);
}

/* ---- making and reading ---- */

const char *key_dir_rotate(enum key_use use, enum jwt_alg alg, int64_t at, int64_t lead,
			   int64_t overlap)
{
	const char *kid = NULL;
	const char *wrong = keys_rotate(arena, dir, use, alg, at, lead, overlap, &kid);

	ck_assert_msg(!wrong, "%s", wrong);
	ck_assert_ptr_nonnull(kid);
	return kid;
}

void key_dir_make_all(void)
{
	for (enum key_use use = 0; use < KEY_USES; use++)
		(void)key_dir_rotate(use, use == KEY_ACCESS ? JWT_ES256 : JWT_HS256, now,
				     0, 0);
}

void key_dir_load(unsigned needed)
{
	keys_free(&keys);
	keys = keys_load(dir, needed, why, sizeof why);
	ck_assert_msg(keys != NULL, "%s", why);
}

void key_dir_refused(unsigned needed, const char *words)
{
	struct keys *got = keys_load(dir, needed, why, sizeof why);

	ck_assert_msg(!got, "it was to be refused: %s", words);
	ck_assert_msg(strstr(why, words) != NULL, "'%s' is not in '%s'", words, why);
}

void key_dir_write(const char *name, const char *text, mode_t mode)
{
	const char *path = key_dir_path(name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(fchmod(fd, mode), 0);
	ck_assert_int_eq(close(fd), 0);
}

struct stat key_dir_stat(const char *name)
{
	struct stat file;

	ck_assert_msg(stat(key_dir_path(name), &file) == 0, "%s", name);
	return file;
}

bool key_dir_has(const char *name)
{
	return access(key_dir_path(name), F_OK) == 0;
}

int key_dir_run(const char *name, const TTest *const *tests, size_t n)
{
	TCase *group = tcase_create(name);
	Suite *suite = suite_create(name);
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(group, 60);
	tcase_add_checked_fixture(group, key_dir_setup, key_dir_teardown);
	for (size_t i = 0; i < n; i++)
		tcase_add_test(group, tests[i]);
	suite_add_tcase(suite, group);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
