/* As libsodium has it: see pwhash_memory.c */
#undef _FILE_OFFSET_BITS
#include "lib/pwhash_memory.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "t/unit/unit.h"

enum { LEAST = 1024 * 1024, MOST = 3 * LEAST + 12288 };

static void teardown(void)
{
	pwhash_memory_free();
}

static void *map_with(size_t bytes, int prot, int flags)
{
	void *at = mmap(NULL, bytes, prot, flags, -1, 0);

	ck_assert_ptr_ne(at, MAP_FAILED);
	return at;
}

static void *map(size_t bytes)
{
	return map_with(bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
}

static const uint8_t *kept(void)
{
	size_t bytes;
	const uint8_t *at = pwhash_memory_kept(&bytes);

	ck_assert_uint_eq(bytes, at ? MOST : 0);
	return at;
}

static bool is_zero(const uint8_t *at, size_t bytes)
{
	return at[0] == 0 && memcmp(at, at + 1, bytes - 1) == 0;
}

static void fill_and_unmap(void *at, size_t bytes)
{
	memset(at, 0xa5, bytes);
	ck_assert_int_eq(munmap(at, bytes), 0);
}

START_TEST(the_same_each_time_and_wiped)
{
	static const size_t SIZES[] = {MOST, LEAST, MOST - 4096, MOST};

	for (size_t i = 0; i < COUNT(SIZES); i++) {
		uint8_t *at;

		pwhash_memory_lend(LEAST, MOST);
		at = map(SIZES[i]);
		ck_assert_ptr_eq(at, kept());
		ck_assert(is_zero(at, MOST));
		fill_and_unmap(at, SIZES[i]);
		ck_assert(pwhash_memory_end());
		ck_assert(is_zero(kept(), MOST));
	}
}
END_TEST

START_TEST(nothing_else_is_it)
{
	static const struct {
		size_t bytes;
		int prot, flags;
	} OTHERS[] = {
		{MOST + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS},
		{LEAST - 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS},
		{MOST, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS},
		{MOST, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS},
		{MOST, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS},
	};
	void *fixed = map(MOST);

	pwhash_memory_lend(LEAST, MOST);
	for (size_t i = 0; i < COUNT(OTHERS); i++) {
		void *at = map_with(OTHERS[i].bytes, OTHERS[i].prot, OTHERS[i].flags);

		ck_assert_ptr_null(kept());
		ck_assert_int_eq(munmap(at, OTHERS[i].bytes), 0);
	}
	ck_assert_ptr_eq(mmap(fixed, MOST, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
			 fixed);
	ck_assert(!pwhash_memory_end());
	fill_and_unmap(map(MOST), MOST); /* outside of a hash */
	ck_assert_ptr_null(kept());
}
END_TEST

START_TEST(lent_once_at_a_time)
{
	void *first, *second;

	pwhash_memory_lend(LEAST, MOST);
	first = map(MOST);
	second = map(MOST);
	ck_assert_ptr_eq(first, kept());
	ck_assert_ptr_ne(second, first);
	fill_and_unmap(second, MOST);
	ck_assert_int_eq(*(uint8_t *)first, 0);
	fill_and_unmap(first, MOST);
	ck_assert(pwhash_memory_end());
}
END_TEST

/* As a library would do that keeps what it has mapped */
START_TEST(not_taken_from_who_has_it)
{
	void *held;

	pwhash_memory_lend(LEAST, MOST);
	held = map(MOST);
	ck_assert(pwhash_memory_end());
	pwhash_memory_free();
	ck_assert_ptr_eq(held, kept());
	pwhash_memory_lend(LEAST, MOST);
	fill_and_unmap(map(MOST), MOST);
	ck_assert(!pwhash_memory_end());
	memset(held, 1, MOST);
	ck_assert_int_eq(munmap(held, MOST), 0);
	ck_assert(is_zero(kept(), MOST));
}
END_TEST

START_TEST(grown_and_given_back)
{
	size_t bytes;

	pwhash_memory_lend(LEAST, LEAST);
	fill_and_unmap(map(LEAST), LEAST);
	ck_assert(pwhash_memory_end());
	(void)!pwhash_memory_kept(&bytes);
	ck_assert_uint_eq(bytes, LEAST);
	pwhash_memory_lend(LEAST, MOST);
	fill_and_unmap(map(MOST), MOST);
	ck_assert(pwhash_memory_end());
	ck_assert_ptr_nonnull(kept());
	pwhash_memory_free();
	ck_assert_ptr_null(kept());
	pwhash_memory_free();
}
END_TEST

/* The flags of the mapping that begins at `at`, as proc_pid_smaps(5) has them */
static bool has_flag(const void *at, const char *flag)
{
	FILE *maps = fopen("/proc/self/smaps", "r");
	char line[512], head[32];
	bool here = false, has = false;

	ck_assert_ptr_nonnull(maps);
	snprintf(head, sizeof head, "%08lx-", (unsigned long)(uintptr_t)at);
	while (fgets(line, sizeof line, maps)) {
		if (strncmp(line, head, strlen(head)) == 0)
			here = true;
		if (here && strncmp(line, "VmFlags:", 8) == 0) {
			has = strstr(line, flag) != NULL;
			break;
		}
	}
	fclose(maps);
	return has;
}

START_TEST(neither_in_a_core_nor_in_a_child)
{
	uint8_t *at;
	pid_t child;
	int status;

	pwhash_memory_lend(LEAST, MOST);
	at = map(MOST);
	memset(at, 0xa5, MOST);
	ck_assert(has_flag(at, " dd"));
	child = fork();
	if (child == 0) {
		bool was_empty = is_zero(at, MOST);

		memset(at, 1, MOST);
		_exit(was_empty && munmap(at, MOST) == 0 && is_zero(at, MOST) ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(at[MOST - 1], 0xa5);
	ck_assert_int_eq(munmap(at, MOST), 0);
	ck_assert(pwhash_memory_end());
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		the_same_each_time_and_wiped, nothing_else_is_it,
		lent_once_at_a_time,	      not_taken_from_who_has_it,
		grown_and_given_back,	      neither_in_a_core_nor_in_a_child,
	};

	return unit_run("pwhash_memory", tests, COUNT(tests), NULL, teardown);
}
