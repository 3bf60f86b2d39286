#include "app/token_cache.h"
#include "t/unit/unit.h"

#define SID  "11111111-2222-4333-8444-555555555555"
#define USER "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"

static struct token_cache *cache;
static struct arena *arena;
static struct token_claims got;

static void setup(void)
{
	cache = token_cache_new();
	arena = arena_new(1 << 20);
}

static void teardown(void)
{
	token_cache_free(&cache);
	arena_free(&arena);
}

static struct token_claims claims(const char *const *roles, size_t n)
{
	return (struct token_claims){
		.kind = TOKEN_USER,
		.id = SID,
		.subject = USER,
		.rev = 7,
		.issued_s = 1000,
		.expires_s = 1600,
		.names = roles,
		.n_names = n,
	};
}

START_TEST(what_was_added_is_found)
{
	static const char *const roles[] = {"viewers", "editors"};
	const struct token_claims in = claims(roles, COUNT(roles));

	ck_assert(!token_cache_find(cache, arena, "a.b.c", &got));
	token_cache_add(cache, "a.b.c", &in);
	ck_assert(token_cache_find(cache, arena, "a.b.c", &got));
	ck_assert_str_eq(got.id, SID);
	ck_assert_str_eq(got.subject, USER);
	ck_assert_int_eq(got.rev, 7);
	ck_assert_int_eq(got.issued_s, 1000);
	ck_assert_int_eq(got.expires_s, 1600);
	ck_assert_uint_eq(got.n_names, 2);
	ck_assert_str_eq(got.names[0], "viewers");
	ck_assert_str_eq(got.names[1], "editors");
}
END_TEST

START_TEST(another_token_is_not_found)
{
	const struct token_claims in = claims(NULL, 0);

	token_cache_add(cache, "a.b.c", &in);
	ck_assert(!token_cache_find(cache, arena, "a.b.d", &got));
	ck_assert(!token_cache_find(cache, arena, "a.b.c ", &got));
	ck_assert(!token_cache_find(cache, arena, "", &got));
}
END_TEST

START_TEST(it_stays_of_one_size)
{
	const struct token_claims in = claims(NULL, 0);
	char token[16];
	size_t found = 0;

	for (int i = 0; i < 20000; i++) {
		snprintf(token, sizeof token, "%d", i);
		token_cache_add(cache, token, &in);
	}
	for (int i = 0; i < 20000; i++) {
		snprintf(token, sizeof token, "%d", i);
		found += token_cache_find(cache, arena, token, &got);
	}
	ck_assert_uint_gt(found, 500);
	ck_assert_uint_le(found, 1024);
}
END_TEST

START_TEST(many_roles_are_not_kept)
{
	const char *roles[64];

	for (size_t i = 0; i < COUNT(roles); i++)
		roles[i] = "a-role-name";
	const struct token_claims in = claims(roles, COUNT(roles));

	token_cache_add(cache, "a.b.c", &in);
	ck_assert(!token_cache_find(cache, arena, "a.b.c", &got));
}
END_TEST

START_TEST(clear_forgets_all)
{
	const struct token_claims in = claims(NULL, 0);

	token_cache_add(cache, "a.b.c", &in);
	token_cache_clear(cache);
	ck_assert(!token_cache_find(cache, arena, "a.b.c", &got));
	token_cache_add(cache, "a.b.c", &in);
	ck_assert(token_cache_find(cache, arena, "a.b.c", &got));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		what_was_added_is_found, another_token_is_not_found, it_stays_of_one_size,
		many_roles_are_not_kept, clear_forgets_all,
	};

	return unit_run("token cache", tests, COUNT(tests), setup, teardown);
}
