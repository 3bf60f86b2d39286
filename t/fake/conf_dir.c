#include "t/fake/conf_dir.h"

#include <fcntl.h>
#include <ftw.h>
#include <unistd.h>

#include "lib/text.h"

struct arena *arena;
static char dir[] = "/tmp/latchkey-test-conf-XXXXXX";

void conf_dir_setup(void)
{
	arena = arena_new(8 * 1024 * 1024);
	memcpy(dir + strlen(dir) - 6, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static int remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED,
		      struct FTW *place UNUSED)
{
	return remove(path);
}

void conf_dir_teardown(void)
{
	ck_assert_int_eq(nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	arena_free(&arena);
}

const char *conf_dir_path(const char *name)
{
	return arena_printf(arena, "%s/%s", dir, name);
}

const char *conf_dir_write(const char *name, mode_t mode, const char *text)
{
	const char *path = conf_dir_path(name);
	int fd;

	if (text_starts(name, "conf.d/"))
		(void)mkdir(conf_dir_path("conf.d"), 0700);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(fchmod(fd, mode), 0);
	ck_assert_int_eq(close(fd), 0);
	return path;
}

const struct conf *conf_dir_load(const char *text)
{
	const char *why = NULL;
	const struct conf *conf =
		conf_load(arena, conf_dir_write("main.conf", 0640, text), &why);

	ck_assert_msg(conf != NULL, "%s", why);
	return conf;
}

const char *conf_dir_refusal(const char *text)
{
	const char *path = conf_dir_write("main.conf", 0640, text), *why = NULL;

	ck_assert_ptr_null(conf_load(arena, path, &why));
	ck_assert_msg(text_starts(why, path), "%s", why);
	return why + strlen(path);
}
