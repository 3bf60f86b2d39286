#include <signal.h>
#include <unistd.h>

#include "lib/arena.h"
#include "t/unit/unit.h"

enum { SIZE = 1 << 20 };

static struct arena *arena;

static void setup(void)
{
	arena = arena_new(SIZE);
}

static void teardown(void)
{
	arena_free(&arena);
}

static bool is_zero(const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i])
			return false;
	return true;
}

START_TEST(pieces_are_zeroed_and_aligned)
{
	for (size_t n = 0; n < 100; n++) {
		char *piece = arena_alloc(arena, n);

		ck_assert_ptr_nonnull(piece);
		ck_assert_uint_eq((uintptr_t)piece % 16, 0);
		ck_assert(is_zero(piece, n));
		memset(piece, 0xff, n);
	}
}
END_TEST

START_TEST(reset_wipes)
{
	static const size_t SIZES[] = {1, 4096, 256 * 1024, SIZE / 2, SIZE - 4096};

	for (size_t i = 0; i < COUNT(SIZES); i++) {
		char *piece = arena_alloc(arena, SIZES[i]);

		ck_assert(is_zero(piece, SIZES[i]));
		memset(piece, 0xff, SIZES[i]);
		arena_reset(arena);
		ck_assert_uint_eq(arena_used(arena), 0);
		piece = arena_alloc(arena, SIZES[i]);
		ck_assert(is_zero(piece, SIZES[i]));
		arena_reset(arena);
	}
}
END_TEST

START_TEST(copies)
{
	ck_assert_ptr_null(arena_dup(arena, NULL));
	ck_assert_str_eq(arena_dup(arena, ""), "");
	ck_assert_str_eq(arena_dup(arena, "text"), "text");
	ck_assert_str_eq(arena_dupn(arena, "textual", 4), "text");
	ck_assert_str_eq(arena_dupn(arena, NULL, 0), "");
	ck_assert_mem_eq(arena_dupn(arena, "a\0b", 3), "a\0b", 4);
	ck_assert_str_eq(arena_printf(arena, "%s-%d-%05.1f", "x", -7, 3.14159),
			 "x--7-003.1");
	ck_assert_uint_eq(strlen(arena_printf(arena, "%50000d", 1)), 50000);
}
END_TEST

START_TEST(free_forgets)
{
	struct arena *other = arena_new(1);
	struct arena *none = NULL;

	ck_assert_ptr_nonnull(arena_alloc(other, 1));
	arena_free(&other);
	ck_assert_ptr_null(other);
	arena_free(&other);
	arena_free(&none);
}
END_TEST

START_TEST(too_much_aborts)
{
	(void)!arena_alloc(arena, SIZE + 4096);
}
END_TEST

START_TEST(overflowing_size_aborts)
{
	(void)!arena_alloc(arena, SIZE_MAX - 8);
}
END_TEST

START_TEST(many_small_ones_abort_at_the_end)
{
	for (size_t i = 0; i <= SIZE / 16 + 4096; i++)
		(void)!arena_alloc(arena, 1);
}
END_TEST

START_TEST(nothing_is_dumped)
{
	char line[256], flags[256] = "";
	FILE *maps = fopen("/proc/self/smaps", "re");
	bool ours = false;

	ck_assert_ptr_nonnull(maps);
	while (fgets(line, sizeof line, maps)) {
		unsigned long from, to;

		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			ours = from <= (uintptr_t)arena && (uintptr_t)arena < to;
		if (ours && strncmp(line, "VmFlags:", 8) == 0)
			memcpy(flags, line, sizeof flags);
	}
	(void)fclose(maps);
	ck_assert_ptr_nonnull(strstr(flags, " dd"));
}
END_TEST

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>

START_TEST(overflows_are_seen)
{
	char *piece = arena_alloc(arena, 5);

	ck_assert_int_eq(__asan_address_is_poisoned(piece + 4), 0);
	ck_assert_int_eq(__asan_address_is_poisoned(piece + 5), 1);
	arena_reset(arena);
	ck_assert_int_eq(__asan_address_is_poisoned(piece), 1);
}
END_TEST
#endif

int main(void)
{
	const TTest *const tests[] = {
		pieces_are_zeroed_and_aligned,
		reset_wipes,
		copies,
		free_forgets,
		nothing_is_dumped,
#ifdef __SANITIZE_ADDRESS__
		overflows_are_seen,
#endif
	};
	const TTest *const fatal[] = {too_much_aborts, overflowing_size_aborts,
				      many_small_ones_abort_at_the_end};

	return unit_run("arena", tests, COUNT(tests), setup, teardown) |
	       unit_run_fatal("arena: aborts", fatal, COUNT(fatal), SIGABRT, setup,
			      teardown);
}
