/* fakes: key_dir */
#include "app/client_secret.h"

#include "lib/text.h"
#include "t/fake/key_dir.h"

#define ID    "11111111-2222-4333-8444-555555555555"
#define OTHER "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"

static struct context c;

static void begin(void)
{
	key_dir_make_all();
	key_dir_load(ALL);
	c = (struct context){.arena = arena, .keys = keys, .now_ms = now};
}

START_TEST(secrets_are_random_and_long)
{
	const char *one = client_secret_new(arena), *two = client_secret_new(arena);

	ck_assert(text_starts(one, "lks_"));
	ck_assert_uint_eq(strlen(one), strlen("lks_") + 43);
	ck_assert_str_ne(one, two);
}
END_TEST

START_TEST(a_hash_is_of_one_client_and_secret)
{
	const char *hex, *kid;

	begin();
	ck_assert(client_secret_hash(&c, ID, "s", &hex, &kid));
	ck_assert_uint_eq(strlen(hex), 64);
	ck_assert(client_secret_fits(&c, ID, "s", hex, kid));
	ck_assert(!client_secret_fits(&c, OTHER, "s", hex, kid));
	ck_assert(!client_secret_fits(&c, ID, "t", hex, kid));
	ck_assert(!client_secret_fits(&c, ID, "", hex, kid));
	ck_assert(!client_secret_fits(&c, ID, "s", hex, "unknown"));
}
END_TEST

START_TEST(an_older_key_goes_on)
{
	const char *hex, *again, *kid, *newer;

	begin();
	ck_assert(client_secret_hash(&c, ID, "s", &hex, &kid));
	ck_assert_ptr_nonnull(
		key_dir_rotate(KEY_SECRET, JWT_HS256, now + SECOND, 0, KEYS_STAY));
	key_dir_load(ALL);
	c.keys = keys;
	c.now_ms = now + 1000 * (int64_t)86400 * 365 * 20;
	ck_assert(client_secret_hash(&c, ID, "s", &again, &newer));
	ck_assert_str_ne(kid, newer);
	ck_assert_str_ne(hex, again);
	ck_assert(client_secret_fits(&c, ID, "s", hex, kid));
	ck_assert(client_secret_fits(&c, ID, "s", again, newer));
}
END_TEST

START_TEST(scopes_are_what_rfc_6749_says)
{
	static const struct {
		const char *scope;
		bool valid;
	} rows[] = {
		{"read:roles", true}, {"a", true},
		{"!#[]~", true},      {"", false},
		{"a b", false},	      {"a\"b", false},
		{"a\\b", false},      {"a\tb", false},
		{"a\x7f", false},     {"caf\xc3\xa9", false},
	};
	char longest[CLIENT_SCOPE_MAX + 2];

	for (size_t i = 0; i < COUNT(rows); i++)
		ck_assert_int_eq(client_scope_valid(rows[i].scope), rows[i].valid);
	memset(longest, 'a', sizeof longest);
	longest[CLIENT_SCOPE_MAX + 1] = '\0';
	ck_assert(!client_scope_valid(longest));
	longest[CLIENT_SCOPE_MAX] = '\0';
	ck_assert(client_scope_valid(longest));
}
END_TEST

START_TEST(lists_of_scopes)
{
	static const struct {
		const char *in, *out; /* NULL: refused */
	} rows[] = {
		{"", ""},	  {"   ", ""},	  {"b a", "b a"}, {"  a   b ", "a b"},
		{"a b a", "a b"}, {"a A", "a A"}, {"a\tb", NULL}, {"a \"", NULL},
	};
	const char *const *scopes;
	char much[CLIENT_SCOPES_MAX + 2];
	struct buf list;
	size_t n;

	for (size_t i = 0; i < COUNT(rows); i++) {
		bool good = client_scopes_parse(arena, rows[i].in, &scopes, &n);

		ck_assert_int_eq(good, rows[i].out != NULL);
		if (good)
			ck_assert_str_eq(text_join(arena, scopes, n, " "), rows[i].out);
	}
	memset(much, ' ', sizeof much);
	much[CLIENT_SCOPES_MAX + 1] = '\0';
	ck_assert(!client_scopes_parse(arena, much, &scopes, &n));
	much[CLIENT_SCOPES_MAX] = '\0';
	ck_assert(client_scopes_parse(arena, much, &scopes, &n));
	buf_init(&list, much, sizeof much);
	for (int i = 0; i < 65; i++)
		buf_printf(&list, "s%d ", i);
	ck_assert(!client_scopes_parse(arena, much, &scopes, &n));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		secrets_are_random_and_long,
		a_hash_is_of_one_client_and_secret,
		an_older_key_goes_on,
		scopes_are_what_rfc_6749_says,
		lists_of_scopes,
	};

	return key_dir_run("client_secret", tests, COUNT(tests));
}
