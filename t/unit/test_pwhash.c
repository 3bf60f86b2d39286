#include <argon2.h>
#include <signal.h>
#include <sys/resource.h>

#include "lib/pwhash.h"
#include "lib/text.h"
#include "t/unit/unit.h"

static const struct pwhash_cost CHEAP = {.memory_kib = 64, .passes = 1, .lanes = 1};
static struct arena *arena;

static void setup(void)
{
	arena = arena_new(1 << 20);
}

static void teardown(void)
{
	arena_free(&arena);
}

START_TEST(made_and_checked)
{
	static const char *const PASSWORDS[] = {"", "password", "p\xc3\xa4ss\xff\x01"};
	uint64_t before = pwhash_count();

	for (size_t i = 0; i < COUNT(PASSWORDS); i++) {
		char *phc = pwhash_make(arena, &CHEAP, PASSWORDS[i]);

		ck_assert(text_starts(phc, "$argon2id$v=19$m=64,t=1,p=1$"));
		ck_assert_uint_eq(strlen(phc), 28 + 22 + 1 + 43);
		ck_assert_str_ne(phc, pwhash_make(arena, &CHEAP, PASSWORDS[i]));
		ck_assert_int_eq(pwhash_check(&CHEAP, phc, PASSWORDS[i]), PWHASH_MATCH);
		ck_assert_int_eq(pwhash_check(&CHEAP, phc, "Password"), PWHASH_MISMATCH);
		ck_assert(pwhash_is_current(&CHEAP, phc));
	}
	ck_assert_uint_eq(pwhash_count() - before, 4 * COUNT(PASSWORDS));
}
END_TEST

/* Of the reference implementation's own tests (src/test.c): argon2id, version 19 */
START_TEST(known_answers)
{
	static const struct {
		const char *password, *phc;
	} ROWS[] = {
		{"password", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ"
			     "$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"},
		{"password", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ"
			     "$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"},
		{"password", "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ"
			     "$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"},
		{"differentpassword", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ"
				      "$C4TWUs9rDEvq7w3+J4umqA32aWKB1+DSiRuBfYxFj94"},
		{"password", "$argon2id$v=19$m=65536,t=2,p=1$ZGlmZnNhbHQ"
			     "$vfMrBczELrFdWP0ZsfhWsRPaHppYdP3MVEMIVlqoFBw"},
	};

	for (size_t i = 0; i < COUNT(ROWS); i++) {
		ck_assert(pwhash_usable(&CHEAP, ROWS[i].phc));
		ck_assert_int_eq(pwhash_check(&CHEAP, ROWS[i].phc, ROWS[i].password),
				 PWHASH_MATCH);
		ck_assert_int_eq(pwhash_check(&CHEAP, ROWS[i].phc, "passwore"),
				 PWHASH_MISMATCH);
		ck_assert(!pwhash_is_current(&CHEAP, ROWS[i].phc));
	}
}
END_TEST

START_TEST(as_the_reference_has_it)
{
	static const struct pwhash_cost COSTS[] = {{64, 1, 1}, {100, 3, 1}, {256, 2, 4}};

	for (size_t i = 0; i < COUNT(COSTS); i++) {
		const struct pwhash_cost *cost = &COSTS[i];
		char encoded[256];

		ck_assert_int_eq(argon2id_verify(pwhash_make(arena, cost, "pw"), "pw", 2),
				 0);
		ck_assert_int_eq(argon2id_hash_encoded(cost->passes, cost->memory_kib,
						       cost->lanes, "pw", 2,
						       "saltsaltsaltsalt", 16, 32,
						       encoded, sizeof encoded),
				 0);
		ck_assert_int_eq(pwhash_check(cost, encoded, "pw"), PWHASH_MATCH);
	}
}
END_TEST

#define SALT "$c29tZXNhbHRzb21lc2FsdA"
#define TAG  "$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"

/* None of these may cost more than a dummy, or match. */
START_TEST(other_forms_cost_one_dummy)
{
	static const char *const BAD[] = {
		NULL,
		"",
		"x",
		"$",
		"!",
		"$argon2id$",
		"$argon2i$v=19$m=64,t=1,p=1" SALT TAG,
		"$argon2d$v=19$m=64,t=1,p=1" SALT TAG,
		"$argon2id$v=16$m=64,t=1,p=1" SALT TAG,
		"$argon2id$m=64,t=1,p=1" SALT TAG,
		"$argon2id$v=19$t=1,m=64,p=1" SALT TAG,
		"$argon2id$v=19$m=4194304,t=1,p=1" SALT TAG,
		"$argon2id$v=19$m=262145,t=1,p=1" SALT TAG,
		"$argon2id$v=19$m=262144,t=9,p=1" SALT TAG,
		"$argon2id$v=19$m=4294967360,t=1,p=1" SALT TAG,
		"$argon2id$v=19$m=064,t=1,p=1" SALT TAG,
		"$argon2id$v=19$m=+64,t=1,p=1" SALT TAG,
		"$argon2id$v=19$m=-64,t=1,p=1" SALT TAG,
		"$argon2id$v=19$m= 64,t=1,p=1" SALT TAG,
		"$argon2id$v=19$m=,t=1,p=1" SALT TAG,
		"$argon2id$v=19$m=7,t=1,p=1" SALT TAG,
		"$argon2id$v=19$m=64,t=0,p=1" SALT TAG,
		"$argon2id$v=19$m=64,t=65,p=1" SALT TAG,
		"$argon2id$v=19$m=64,t=1,p=0" SALT TAG,
		"$argon2id$v=19$m=1024,t=1,p=17" SALT TAG,
		"$argon2id$v=19$m=64,t=1,p=16" SALT TAG,
		"$argon2id$v=19$m=64,t=1,p=1,data=YQ" SALT TAG,
		"$argon2id$v=19$m=64,t=1,p=1$c29tZQ" TAG,
		"$argon2id$v=19$m=64,t=1,p=1$" TAG,
		"$argon2id$v=19$m=64,t=1,p=1" SALT "$nf65EA",
		"$argon2id$v=19$m=64,t=1,p=1" SALT "$",
		"$argon2id$v=19$m=64,t=1,p=1" SALT,
		"$argon2id$v=19$m=64,t=1,p=1" SALT TAG "=",
		"$argon2id$v=19$m=64,t=1,p=1" SALT TAG "\n",
		"$argon2id$v=19$m=64,t=1,p=1" SALT TAG "$",
		"$argon2id$v=19$m=64,t=1,p=1" SALT "==" TAG,
		"$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdB" TAG,
		" $argon2id$v=19$m=64,t=1,p=1" SALT TAG,
		"$2b$12$KIXQJ2P0J7pX9hS2Yb1uOe9cVtJp3w3cJH0m8mYp5l1yQe0QX0b3W",
	};

	for (size_t i = 0; i < COUNT(BAD); i++) {
		uint64_t before = pwhash_count();

		ck_assert_msg(pwhash_check(&CHEAP, BAD[i], "password") == PWHASH_MISMATCH,
			      "%s", BAD[i]);
		ck_assert_uint_eq(pwhash_count() - before, 1);
		ck_assert_msg(!pwhash_is_current(&CHEAP, BAD[i]), "%s", BAD[i]);
		ck_assert_msg(!pwhash_usable(&CHEAP, BAD[i]), "%s", BAD[i]);
	}
}
END_TEST

START_TEST(long_tags_and_salts)
{
	char *a86 = arena_alloc(arena, 87), *a87 = arena_alloc(arena, 88);
	uint64_t before = pwhash_count();

	memset(a86, 'A', 86);
	memset(a87, 'A', 87);
	ck_assert_int_eq(
		pwhash_check(&CHEAP,
			     arena_printf(arena, "%s$%s$%s",
					  "$argon2id$v=19$m=64,t=1,p=1", a86, a86),
			     "x"),
		PWHASH_MISMATCH);
	ck_assert_int_eq(
		pwhash_check(&CHEAP,
			     arena_printf(arena, "%s$%s$%s",
					  "$argon2id$v=19$m=64,t=1,p=1", a87, a86),
			     "x"),
		PWHASH_MISMATCH);
	ck_assert_uint_eq(pwhash_count() - before, 2);
}
END_TEST

START_TEST(currency)
{
	const char *phc = pwhash_make(arena, &CHEAP, "x");
	struct pwhash_cost other;

	ck_assert(pwhash_is_current(&CHEAP, phc));
	other = (struct pwhash_cost){65, 1, 1};
	ck_assert(!pwhash_is_current(&other, phc));
	other = (struct pwhash_cost){64, 2, 1};
	ck_assert(!pwhash_is_current(&other, phc));
	other = (struct pwhash_cost){64, 1, 2};
	ck_assert(!pwhash_is_current(&other, phc));
	ck_assert(!pwhash_is_current(&CHEAP, NULL));
	/* A salt of 8 bytes, a tag of 16 */
	ck_assert(!pwhash_is_current(&CHEAP,
				     "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ" TAG));
	ck_assert(!pwhash_is_current(&CHEAP, "$argon2id$v=19$m=64,t=1,p=1" SALT
					     "$nf65EOgLrQMR/uIPnA4rEg"));
}
END_TEST

START_TEST(long_passwords)
{
	char password[1026];
	char *phc;

	memset(password, 'a', sizeof password - 1);
	password[1024] = '\0';
	phc = pwhash_make(arena, &CHEAP, password);
	ck_assert_int_eq(pwhash_check(&CHEAP, phc, password), PWHASH_MATCH);
	password[1024] = 'a';
	password[1025] = '\0';
	ck_assert_int_eq(pwhash_check(&CHEAP, phc, password), PWHASH_MISMATCH);
	password[1023] = '\0';
	ck_assert_int_eq(pwhash_check(&CHEAP, phc, password), PWHASH_MISMATCH);
}
END_TEST

START_TEST(making_one_of_too_long_a_password_aborts)
{
	char password[1026];

	memset(password, 'a', sizeof password - 1);
	password[1025] = '\0';
	(void)!pwhash_make(arena, &CHEAP, password);
}
END_TEST

#ifndef __SANITIZE_ADDRESS__
static void take_memory_away(void)
{
	struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};

	ck_assert_int_eq(setrlimit(RLIMIT_AS, &none), 0);
}

START_TEST(no_memory_is_not_a_wrong_password)
{
	static const struct pwhash_cost BIG = {65536, 1, 1};

	take_memory_away();
	ck_assert_int_eq(pwhash_check(&BIG, NULL, "x"), PWHASH_DOWN);
	ck_assert_int_eq(pwhash_check(&BIG,
				      "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ"
				      "$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
				      "password"),
			 PWHASH_DOWN);
	ck_assert_ptr_null(pwhash_make(arena, &BIG, "x"));
}
END_TEST
#endif

int main(void)
{
	const TTest *const tests[] = {
		made_and_checked,
		known_answers,
		as_the_reference_has_it,
		other_forms_cost_one_dummy,
		long_tags_and_salts,
		currency,
		long_passwords,
#ifndef __SANITIZE_ADDRESS__
		no_memory_is_not_a_wrong_password,
#endif
	};
	const TTest *const fatal[] = {making_one_of_too_long_a_password_aborts};

	return unit_run("pwhash", tests, COUNT(tests), setup, teardown) |
	       unit_run_fatal("pwhash: aborts", fatal, COUNT(fatal), SIGABRT, setup,
			      teardown);
}
