#include "lib/clock.h"
#include "lib/strength.h"
#include "lib/text.h"
#include "lib/unicode.h"
#include "t/unit/unit.h"

static struct arena *arena;

static void setup(void)
{
	arena = arena_new(1 << 22);
}

static void teardown(void)
{
	arena_free(&arena);
}

START_TEST(fold)
{
	static const struct {
		const char *in, *out;
	} ROWS[] = {
		{"", ""},
		{"Kiosk 1", "kiosk 1"},
		{"\xc3\x84\xc3\x96", "\xc3\xa4\xc3\xb6"},
		{"A\xcc\x88", "\xc3\xa4"}, /* composed of two, folded to one */
		{"Stra\xc3\x9f"
		 "e",
		 "strasse"},
		{"\xce\xa3\xcf\x83\xcf\x82", "\xcf\x83\xcf\x83\xcf\x83"}, /* sigmas */
	};

	for (size_t i = 0; i < COUNT(ROWS); i++)
		ck_assert_str_eq(unicode_fold(arena, ROWS[i].in), ROWS[i].out);
	ck_assert_ptr_null(unicode_fold(arena, "\xff"));
}
END_TEST

START_TEST(nfc)
{
	static const struct {
		const char *in, *out;
	} ROWS[] = {
		{"", ""},
		{"plain", "plain"},
		{"e\xcc\x81", "\xc3\xa9"},
		{"\xc3\xa9", "\xc3\xa9"},
		{"\xe2\x84\xab", "\xc3\x85"}, /* U+212B, the angstrom sign */
		{"\xef\xac\x81", "\xef\xac\x81"}, /* U+FB01: compatibility only */
		{"a\xcc\xa3\xcc\x87", "\xe1\xba\xa1\xcc\x87"}, /* marks in their order */
		{"a\xcc\x87\xcc\xa3", "\xe1\xba\xa1\xcc\x87"},
		{"\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "\xed\x95\x9c"}, /* Hangul */
		/* U+1D160 becomes three times as long: composition exclusion */
		{"\xf0\x9d\x85\xa0", "\xf0\x9d\x85\x98\xf0\x9d\x85\xa5\xf0\x9d\x85\xae"},
	};

	for (size_t i = 0; i < COUNT(ROWS); i++)
		ck_assert_str_eq(unicode_nfc(arena, ROWS[i].in), ROWS[i].out);
}
END_TEST

START_TEST(nfc_of_much)
{
	static const char *const PIECES[] = {"\xf0\x9d\x85\xa0", "\xcc\x81", "e\xcc\x81",
					     "\xce\x90"};

	for (size_t i = 0; i < COUNT(PIECES); i++) {
		size_t n = strlen(PIECES[i]);
		char *text = arena_alloc(arena, 1000 * n + 1), *once;

		for (size_t k = 0; k < 1000; k++)
			memcpy(text + k * n, PIECES[i], n);
		once = unicode_nfc(arena, text);
		ck_assert(text_is_utf8(once, strlen(once)));
		ck_assert_str_eq(unicode_nfc(arena, once), once);
	}
}
END_TEST

START_TEST(nfc_refuses)
{
	ck_assert_ptr_null(unicode_nfc(arena, "\xff"));
	ck_assert_ptr_null(unicode_nfc(arena, "a\xed\xa0\x80"));
	ck_assert_ptr_null(unicode_nfc(arena, "\xc3"));
}
END_TEST

START_TEST(domains)
{
	static const struct {
		const char *in, *out;
	} ROWS[] = {
		{"example.com", "example.com"},
		{"EXAMPLE.Com", "example.com"},
		{"localhost", "localhost"},
		{"a-b.1c.d2", "a-b.1c.d2"},
		{"1.2.3.4.example", "1.2.3.4.example"},
		{"b\xc3\xbc"
		 "cher.de",
		 "xn--bcher-kva.de"},
		{"B\xc3\x9c"
		 "CHER.DE",
		 "xn--bcher-kva.de"},
		{"bu\xcc\x88"
		 "cher.de",
		 "xn--bcher-kva.de"},
		{"xn--bcher-kva.de", "xn--bcher-kva.de"},
		{"XN--BCHER-KVA.de", "xn--bcher-kva.de"},
		{"fa\xc3\x9f.de", "xn--fa-hia.de"}, /* not "fass.de": non-transitional */
		{"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\xe3\x80\x82jp",
		 "xn--wgv71a119e.jp"},
		{"\xef\xbd\x85xample.com", "example.com"}, /* full width */
	};

	for (size_t i = 0; i < COUNT(ROWS); i++) {
		char *out = unicode_domain(arena, ROWS[i].in);

		ck_assert_msg(out != NULL, "%s", ROWS[i].in);
		ck_assert_str_eq(out, ROWS[i].out);
		ck_assert_str_eq(unicode_domain(arena, out), out);
	}
}
END_TEST

START_TEST(no_domains)
{
	static const char *const BAD[] = {
		"",
		".",
		"..",
		"a..b",
		".a",
		"a.",
		"example.com.",
		"-a.com",
		"a-.com",
		"a.-b",
		"a_b.com",
		"a b.com",
		"a@b.com",
		"a/b.com",
		"a%62.com",
		"a:80.com",
		"a\n.com",
		"a\\.com",
		"[1.2.3.4]",
		"1.2.3.4",
		"127.1",
		"a.5",
		"*.com",
		"\"a\".com",
		"a\x7f.com",
		"a;b.com",
		"a,b.com",
		"a'b.com",
		"a\x01.com",
		"a\t.com",
		"a?.com",
		"a#.com",
		"xn--",
		"xn--a.com",
		"xn--zzzzzzzz.com",
		"xn--a-",
		"xn--n3h.com",
		"xn---.com",
		"ab--cd.com",
		"\xe2\x98\x83.com", /* a symbol */
		"a\xe2\x80\x8d"
		"b.com", /* zero width joiner */
		"\xcc\x81"
		"a.com", /* a combining mark in front */
		"\xd7\x90"
		"abc.com", /* two directions */
		"\xe2\x84\x80.com", /* U+2100 maps to "a/c" */
		"a\xef\xbc\xbf"
		"b.com", /* U+FF3F maps to '_' */
		"a\xef\xbc\xa0"
		"b.com", /* U+FF20 maps to '@' */
		"a\xe3\x80\x80"
		"b.com", /* U+3000 maps to a space */
		"a\xff.com",
		"\xed\xa0\x80.com",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.com",
	};

	for (size_t i = 0; i < COUNT(BAD); i++)
		ck_assert_msg(unicode_domain(arena, BAD[i]) == NULL, "%s", BAD[i]);
}
END_TEST

START_TEST(domain_lengths)
{
	char text[2049];

	memset(text, 'a', sizeof text);
	for (size_t i = 63; i < sizeof text; i += 64)
		text[i] = '.';
	text[253] = '\0';
	ck_assert_str_eq(unicode_domain(arena, text), text);
	text[253] = 'a';
	text[254] = '\0';
	ck_assert_ptr_null(unicode_domain(arena, text));
	text[254] = 'a';
	text[2048] = '\0';
	ck_assert_ptr_null(unicode_domain(arena, text));
	text[63] = '\0';
	ck_assert_str_eq(unicode_domain(arena, text), text);
}
END_TEST

START_TEST(scores)
{
	static const struct {
		const char *password;
		int min, max;
	} ROWS[] = {
		{"", 0, 0},
		{"password", 0, 0},
		{"12345678", 0, 0},
		{"aaaaaaaaaaaaaaaa", 0, 0},
		{"qwertyuiop", 0, 1},
		{"alice2020", 0, 1},
		{"Tr0ub4dour&3", 2, 3},
		{"correct horse battery staple", 4, 4},
		{"xkq7-Zp2v!mW", 4, 4},
		{"\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c-\xd0\xba\xd0\xbe\xd1\x82",
		 4, 4},
	};

	for (size_t i = 0; i < COUNT(ROWS); i++) {
		int score = strength_score(ROWS[i].password, NULL);

		ck_assert_msg(score >= ROWS[i].min && score <= ROWS[i].max, "%s: %d",
			      ROWS[i].password, score);
	}
}
END_TEST

START_TEST(own_words_count_for_nothing)
{
	const char *const words[] = {"zaphodbeeble@galaxion.example", "ford.prefectson",
				     NULL};
	static const char *const OWN[] = {
		"zaphodbeeble@galaxion.example",
		"ZaphodBeeble",
		"galaxion",
		"prefectson",
		"zaphodbeeble1",
		"ford.prefectson",
	};
	const char *const none[] = {NULL};

	for (size_t i = 0; i < COUNT(OWN); i++) {
		ck_assert_msg(strength_score(OWN[i], words) <= 1, "%s", OWN[i]);
		ck_assert_int_ge(strength_score(OWN[i], none),
				 strength_score(OWN[i], words));
	}
	ck_assert_int_eq(strength_score("xkq7-Zp2v!mW", words), 4);
}
END_TEST

START_TEST(hostile_words)
{
	const char *words[101] = {NULL};
	char *dots = arena_alloc(arena, 4001), *word = arena_alloc(arena, 4001);

	memset(dots, '.', 4000);
	memset(word, 'x', 4000);
	for (size_t i = 0; i < 100; i++)
		words[i] = i % 2 ? dots : word;
	ck_assert_int_eq(strength_score("xkq7-Zp2v!mW", words), 4);
	words[0] = "";
	ck_assert_int_eq(strength_score("xkq7-Zp2v!mW", words), 4);
}
END_TEST

/* A password of any length takes no longer than one of 64 bytes. */
START_TEST(time_is_bounded)
{
	static const char *const KINDS[] = {"a",	"ab",	    "p4$$w0rd",
					    "1991-02-", "@4(31!|0", "qwertyui"};

	for (size_t i = 0; i < COUNT(KINDS); i++) {
		char *password = arena_alloc(arena, 1025);
		int64_t start = clock_mono_ms();

		for (size_t k = 0; k < 1024; k++)
			password[k] = KINDS[i][k % strlen(KINDS[i])];
		(void)!strength_score(password, NULL);
		ck_assert_int_le(clock_mono_ms() - start, 500);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		fold,
		nfc,
		nfc_of_much,
		nfc_refuses,
		domains,
		no_domains,
		domain_lengths,
		scores,
		own_words_count_for_nothing,
		hostile_words,
		time_is_bounded,
	};

	return unit_run("unicode", tests, COUNT(tests), setup, teardown);
}
