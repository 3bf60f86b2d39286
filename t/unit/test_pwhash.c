#include <argon2.h>
#include <signal.h>
#include <sys/resource.h>

#include "lib/pwhash.h"
#include "lib/pwhash_memory.h"
#include "lib/secret.h"
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

/* RFC 9106 §5.3. What the others are compared with is itself as it has to be; libsodium
 * takes neither a secret nor associated data. */
START_TEST(the_reference_is_the_standards)
{
	static const uint8_t TAG[] = {
		0x0d, 0x64, 0x0d, 0xf5, 0x8d, 0x78, 0x76, 0x6c, 0x08, 0xc0, 0x37,
		0xa3, 0x4a, 0x8b, 0x53, 0xc9, 0xd0, 0x1e, 0xf0, 0x45, 0x2d, 0x75,
		0xb6, 0x5e, 0xb5, 0x25, 0x20, 0xe9, 0x6b, 0x01, 0xe6, 0x59,
	};
	uint8_t password[32], salt[16], secret[8], ad[12], tag[sizeof TAG];
	argon2_context context = {
		.out = tag,
		.outlen = sizeof tag,
		.pwd = password,
		.pwdlen = sizeof password,
		.salt = salt,
		.saltlen = sizeof salt,
		.secret = secret,
		.secretlen = sizeof secret,
		.ad = ad,
		.adlen = sizeof ad,
		.t_cost = 3,
		.m_cost = 32,
		.lanes = 4,
		.threads = 4,
		.version = ARGON2_VERSION_13,
	};

	memset(password, 1, sizeof password);
	memset(salt, 2, sizeof salt);
	memset(secret, 3, sizeof secret);
	memset(ad, 4, sizeof ad);
	ck_assert_int_eq(argon2id_ctx(&context), ARGON2_OK);
	ck_assert_mem_eq(tag, TAG, sizeof TAG);
}
END_TEST

static uint32_t one_of(uint32_t least, uint32_t most)
{
	uint32_t n;

	secret_random(&n, sizeof n);
	return least + n % (most - least + 1);
}

static char *random_password(void)
{
	size_t n = one_of(0, 1024);
	char *password = arena_alloc(arena, n + 1);

	secret_random(password, n);
	for (size_t i = 0; i < n; i++)
		if (password[i] == '\0')
			password[i] = 'x';
	password[n] = '\0';
	return password;
}

/* Both ways: what we make it accepts, what it makes we accept, and no other password. */
static void compare(const struct pwhash_cost *cost, uint32_t salt_len, uint32_t tag_len)
{
	const char *password = random_password();
	const char *other = arena_printf(arena, "%.1023sx", password);
	size_t n = strlen(password);
	const char *made = pwhash_make(arena, cost, password);
	uint8_t salt[64];
	char theirs[512];

	ck_assert_msg(argon2id_verify(made, password, n) == ARGON2_OK, "%s", made);
	secret_random(salt, sizeof salt);
	ck_assert_int_eq(argon2id_hash_encoded(cost->passes, cost->memory_kib,
					       cost->lanes, password, n, salt, salt_len,
					       tag_len, theirs, sizeof theirs),
			 ARGON2_OK);
	ck_assert_msg(pwhash_check(cost, theirs, password) == PWHASH_MATCH, "%s", theirs);
	if (strcmp(other, password) != 0)
		ck_assert_msg(pwhash_check(cost, theirs, other) == PWHASH_MISMATCH, "%s",
			      theirs);
}

START_TEST(as_the_reference_has_it)
{
	static const uint32_t LANES[] = {1, 1, 1, 2, 4, 16};
	int rounds = unit_valgrind_without("all but 10 random costs of 200") ? 10 : 200;

	for (int i = 0; i < rounds; i++) {
		struct pwhash_cost cost = {.lanes = LANES[one_of(0, COUNT(LANES) - 1)]};

		cost.memory_kib = one_of(8 * cost.lanes, 400);
		cost.passes = one_of(1, 4);
		compare(&cost, i % 2 ? 16 : one_of(8, 64), i % 3 ? 32 : one_of(16, 64));
		arena_reset(arena);
	}
}
END_TEST

/* The corners of what is usable, and a cost of real life */
START_TEST(as_the_reference_has_it_at_the_bounds)
{
	static const struct {
		struct pwhash_cost cost;
		uint32_t salt_len, tag_len;
	} ROWS[] = {
		{{8, 1, 1}, 8, 16},    {{8, 1, 1}, 16, 64},	{{11, 64, 1}, 64, 64},
		{{128, 1, 16}, 8, 64}, {{131, 64, 16}, 64, 16}, {{19456, 2, 1}, 16, 32},
	};

	for (size_t i = 0; i < COUNT(ROWS); i++)
		compare(&ROWS[i].cost, ROWS[i].salt_len, ROWS[i].tag_len);
}
END_TEST

static bool is_wiped(void)
{
	size_t n;
	const uint8_t *at = pwhash_memory_kept(&n);

	ck_assert_ptr_nonnull(at);
	return at[0] == 0 && memcmp(at, at + 1, n - 1) == 0;
}

/* A cost whose memory is no other mapping's by chance */
static const struct pwhash_cost REAL = {4096, 1, 1};

START_TEST(memory_is_kept_wiped_and_given_back)
{
	const char *phc = pwhash_make(arena, &REAL, "pw");
	size_t bytes;
	const uint8_t *at = pwhash_memory_kept(&bytes);

	ck_assert(pwhash_kept_memory());
	ck_assert_uint_eq(bytes, 4096 * 1024);
	ck_assert(is_wiped());
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(pwhash_check(&REAL, phc, "pw"), PWHASH_MATCH);
		ck_assert(pwhash_kept_memory());
		ck_assert_int_eq(pwhash_check(&REAL, phc, "px"), PWHASH_MISMATCH);
		ck_assert(pwhash_kept_memory());
		ck_assert_int_eq(pwhash_check(&REAL, NULL, "pw"), PWHASH_MISMATCH);
		ck_assert(pwhash_kept_memory());
		ck_assert(is_wiped());
	}
	ck_assert_ptr_eq(pwhash_memory_kept(&bytes), at);
	pwhash_rest(60 * 1000);
	ck_assert_ptr_eq(pwhash_memory_kept(&bytes), at);
	pwhash_rest(0);
	ck_assert_ptr_null(pwhash_memory_kept(&bytes));
	ck_assert_int_eq(pwhash_check(&REAL, phc, "pw"), PWHASH_MATCH);
	ck_assert(pwhash_kept_memory());
}
END_TEST

/* Ours is for hashes of our cost, or less. */
START_TEST(others_memory_is_not_kept)
{
	static const struct {
		struct pwhash_cost cost;
		bool kept;
	} ROWS[] = {
		{{2048, 2, 1}, true},
		{{4097, 1, 1}, true}, /* rounded down, to the same */
		{{4100, 1, 1}, false},
		{{4096, 1, 2}, false},
	};
	size_t bytes;

	for (size_t i = 0; i < COUNT(ROWS); i++) {
		const char *phc = pwhash_make(arena, &ROWS[i].cost, "pw");

		pwhash_rest(0);
		ck_assert_int_eq(pwhash_check(&REAL, phc, "pw"), PWHASH_MATCH);
		ck_assert_int_eq(pwhash_kept_memory(), ROWS[i].kept);
		ck_assert_int_eq(pwhash_memory_kept(&bytes) != NULL, ROWS[i].kept);
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
		"$argon2id$v=19$m=64,t=1,p=1" SALT "$AAECAwQBgLFDA0ODxAREhMU\xb0"
		"0RXG",
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

	if (unit_valgrind_without("a hash without memory"))
		return;
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
		the_reference_is_the_standards,
		as_the_reference_has_it,
		as_the_reference_has_it_at_the_bounds,
		memory_is_kept_wiped_and_given_back,
		others_memory_is_not_kept,
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
