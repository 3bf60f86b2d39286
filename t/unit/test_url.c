#include "lib/text.h"
#include "lib/url.h"
#include "t/unit/unit.h"

static struct arena *arena;

START_TEST(sound)
{
	static const char *const good[] = {
		"https://a",
		"http://a",
		"https://A.Example:8443",
		"https://a.example/",
		"https://a.example/p/q?x=1&y=%20;z",
		"https://a.example?x",
		"https://a.example:65535/p:q@r",
		"https://127.0.0.1:1/",
		"https://[::1]:8443/x",
		"https://[2001:DB8::1]",
	};

	for (size_t i = 0; i < COUNT(good); i++)
		ck_assert_msg(url_is_sound(good[i]), "%s", good[i]);
}
END_TEST

START_TEST(not_sound)
{
	static const char *const bad[] = {
		"",
		"a.example",
		"https:",
		"https://",
		"https:///p",
		"https://?x",
		"//a.example/",
		"HTTPS://a.example/",
		"ftp://a.example/",
		"file:///etc/passwd",
		"javascript:alert(1)",
		"https://user@a.example/",
		"https://user:word@a.example/",
		"https://a.example@b.example/",
		"https://a.example:443@b.example/",
		"https://a.example/#part",
		"https://a.example:",
		"https://a.example:0/",
		"https://a.example:080/",
		"https://a.example:65536/",
		"https://a.example:123456/",
		"https://a.example:+1/",
		"https://a_b.example/",
		"https://a.example\\@b.example/",
		"https://a.example /",
		"https://a.example/a b",
		"https://a.example/\r\nX: y",
		"https://a.example/\x7f",
		"https://a.example/\xc3\xa4",
		"https://a.example/\"",
		"https://a.example/<",
		"https://[::1",
		"https://[]/",
		"https://[::1]x/",
		"https://[g::1]/",
		" https://a.example/",
	};

	for (size_t i = 0; i < COUNT(bad); i++)
		ck_assert_msg(!url_is_sound(bad[i]), "%s", bad[i]);
}
END_TEST

START_TEST(authority)
{
	static const char *const good[] = {"a", "a.example:8443", "127.0.0.1",
					   "[::1]:8443"};
	static const char *const bad[] = {"",	 "A",	"a/",	 "a:",	    "a:0",
					  "a b", "u@a", "[::A]", "a:65536", "a?x"};

	for (size_t i = 0; i < COUNT(good); i++)
		ck_assert_msg(url_is_authority(good[i]), "%s", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		ck_assert_msg(!url_is_authority(bad[i]), "%s", bad[i]);
}
END_TEST

START_TEST(behind_the_scheme)
{
	ck_assert_str_eq(url_after_scheme("https://a/"), "a/");
	ck_assert_str_eq(url_after_scheme("http://a"), "a");
	ck_assert_ptr_null(url_after_scheme("ws://a"));
}
END_TEST

START_TEST(encoded)
{
	char bytes[256];

	for (int i = 1; i < 256; i++)
		bytes[i - 1] = (char)i;
	bytes[255] = '\0';
	for (size_t i = 0; i < 255; i++) {
		char one[2] = {bytes[i], '\0'}, *back;
		const char *code = url_encode(arena, one);

		ck_assert(!code[strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
					     "qrstuvwxyz0123456789-._%")]);
		if ((unsigned char)bytes[i] < 0x80) {
			ck_assert(text_form_decode(arena, code, strlen(code), &back));
			ck_assert_str_eq(back, one);
		}
	}
	ck_assert_str_eq(url_encode(arena, "a b+c/\xc3\xa9~%"),
			 "a%20b%2Bc%2F%C3%A9%7E%25");
	ck_assert_str_eq(url_encode(arena, ""), "");
}
END_TEST

START_TEST(forms)
{
	static const struct url_pair pairs[] = {
		{"a", NULL}, {"b c", "1&2=3"}, {"d", NULL}, {"e", ""}, {"f", "x"}};

	ck_assert_str_eq(url_form(arena, pairs, COUNT(pairs)), "b%20c=1%262%3D3&e=&f=x");
	ck_assert_str_eq(url_form(arena, pairs, 1), "");
}
END_TEST

START_TEST(queries)
{
	static const struct url_pair pair = {"k", "v"};

	ck_assert_str_eq(url_with(arena, "https://a", &pair, 1), "https://a?k=v");
	ck_assert_str_eq(url_with(arena, "https://a/p?", &pair, 1), "https://a/p?k=v");
	ck_assert_str_eq(url_with(arena, "https://a/p?x=1", &pair, 1),
			 "https://a/p?x=1&k=v");
}
END_TEST

static void setup(void)
{
	arena = arena_new(1 << 20);
}

static void teardown(void)
{
	arena_free(&arena);
}

int main(void)
{
	const TTest *const tests[] = {sound,   not_sound, authority, behind_the_scheme,
				      encoded, forms,	  queries};

	return unit_run("url", tests, COUNT(tests), setup, teardown);
}
