/* fakes: jwt_forge */
/* What is nearly a good token: other base64, other parts, other ends, too long. */
#include "t/fake/jwt_forge.h"

#include "lib/text.h"

/* ---- forms of one token ---- */

/* Around the whole: T is a good token. */
static const char *const AROUND[] = {
	"T.",
	".T",
	"T.T",
	"T..",
	"T.x",
	"T=",
	"T==",
	"T!",
	"T ",
	" T",
	"T\n",
	"\nT",
	"T\r\n",
	"T\t",
	"\tT",
	"T\x01",
	"T\x7f",
	"T\xc2\xa0",
	"TA",
	"TAA",
	"TAAA",
	"TAAAA",
	"T,T",
	"'T'",
	"\"T\"",
	"Bearer T",
	"bearer:T",
	"<T>",
	"T;x=y",
	"T?x",
	"T#x",
	"T/",
	"T\\",
	"T%00",
	"T%2e",
	"T\xff",
	"T%20",
	"\xef\xbb\xbfT",
	"jwt=T",
	"T&a=b",
	"{\"token\":\"T\"}",
	"eyJhbGciOiJub25lIn0.T",
	"T.eyJhbGciOiJub25lIn0",
};

/* With the three parts of a good one: H, P and S. */
static const char *const APART[] = {
	"H",
	"H.P",
	"H.P.",
	"H..S",
	".P.S",
	"..S",
	"H..",
	".P.",
	"H.PS",
	"HP.S",
	"HPS",
	"P.H.S",
	"S.P.H",
	"H.H.S",
	"H.P.P",
	"H.P.H",
	"H.P..S",
	"H...P.S",
	"H=.P.S",
	"H.P=.S",
	"H.P==.S",
	"H.=P.S",
	"H .P.S",
	"H. P.S",
	"H.P .S",
	"H.P. S",
	"H\n.P.S",
	"H.\nP.S",
	"H.P.\nS",
	"H\r\n.P.\tS",
	"H.P.!S",
	"H.!P.S",
	"!H.P.S",
	"H,P,S",
	"H:P:S",
	"H%2eP%2eS",
	"H\xe3\x80\x82P\xe3\x80\x82S",
	"H.P.AAAAS",
	"H.P.SS",
	"H.AAAAP.S",
	"AAAAH.P.S",
	"H.P.S.S.S",
	"{\"protected\":\"H\",\"payload\":\"P\",\"signature\":\"S\"}",
	"{\"payload\":\"P\",\"signatures\":[{\"protected\":\"H\",\"signature\":\"S\"}]}",
};

static const char *const ALONE[] = {
	"",
	".",
	"..",
	"...",
	"a",
	"a.b",
	"a.b.c",
	"AA.AA.AA",
	"null",
	"undefined",
	"{}",
	"[]",
	"e30.e30.",
	"e30.e30.e30",
	"....",
	"eyJ9.eyJ9.eyJ9",
	"%00.%00.%00",
};

static char *shaped(const char *form, const char *token)
{
	enum { SIZE = 4 * JWT_LEN_MAX };
	const char *first = strchr(token, '.'), *second = strrchr(token, '.');
	struct buf text;

	buf_init(&text, arena_alloc(arena, SIZE), SIZE);
	for (; *form; form++) {
		if (*form == 'H')
			buf_put(&text, token, (size_t)(first - token));
		else if (*form == 'P')
			buf_put(&text, first + 1, (size_t)(second - first - 1));
		else if (*form == 'S')
			buf_puts(&text, second + 1);
		else if (*form == 'T')
			buf_puts(&text, token);
		else
			buf_put(&text, form, 1);
	}
	return text.at;
}

START_TEST(forms)
{
	for (size_t i = 0; i < COUNT(ALONE); i++)
		REFUSED(ALONE[i], "%s", ALONE[i]);
	for (int k = 0; k < KEYS; k++) {
		const char *token = forge_good(k);

		for (size_t i = 0; i < COUNT(AROUND); i++)
			REFUSED(shaped(AROUND[i], token), "%s", AROUND[i]);
		for (size_t i = 0; i < COUNT(APART); i++)
			REFUSED(shaped(APART[i], token), "%s", APART[i]);
	}
}
END_TEST

/* Another last digit of a part with the same bytes behind it: bits that count for nothing
 * must be zero. And any other digit anywhere. */
START_TEST(every_digit)
{
	static const char DIGITS[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

	for (int k = 0; k < KEYS; k++) {
		const char *token = forge_good(k);
		size_t n = strlen(token);

		for (size_t at = 0; at < n; at++) {
			bool is_last = at + 1 == n || token[at + 1] == '.';
			char *copy = arena_dup(arena, token);

			if (token[at] == '.')
				continue;
			for (size_t i = 0; i < (is_last ? 64 : 3); i++) {
				copy[at] = DIGITS[(strchr(DIGITS, token[at]) - DIGITS +
						   1 + i) %
						  64];
				ck_assert_msg(
					copy[at] == token[at] ||
						!forge_passes(keys, KEYS, "JWT", copy),
					"key %d: digit %zu", k, at);
				if (is_last && copy[at] != token[at])
					forge_count(copy);
			}
		}
	}
}
END_TEST

/* The other alphabet of RFC 4648, in each part. */
START_TEST(other_alphabet)
{
	bool seen_both[2] = {false, false};

	for (int i = 0; i < 1000 && !(seen_both[0] && seen_both[1]); i++) {
		char *token = forge_hs(HEADER(""),
				       arena_printf(arena, "{" CLAIMS ",'n':%d}", i));
		size_t at = strcspn(token, "-_");

		if (!token[at] || seen_both[token[at] == '_'])
			continue;
		ck_assert(forge_passes(keys, KEYS, "JWT", token));
		seen_both[token[at] == '_'] = true;
		token[at] = token[at] == '_' ? '/' : '+';
		REFUSED(token, "%s", token);
	}
	ck_assert(seen_both[0] && seen_both[1]);
}
END_TEST

START_TEST(case_and_cuts)
{
	for (int k = 0; k < KEYS; k++) {
		const char *token = forge_good(k);
		char *upper = arena_dup(arena, token);

		for (char *at = upper; *at; at++)
			if (*at >= 'a' && *at <= 'z')
				*at = (char)(*at - 'a' + 'A');
		REFUSED(text_lower(arena, token), "lower %d", k);
		REFUSED(upper, "upper %d", k);
		for (size_t n = 1; n < strlen(token); n += 5)
			REFUSED(arena_dupn(arena, token, n), "key %d: %zu", k, n);
		REFUSED(arena_dupn(arena, token, strlen(token) - 1), "key %d", k);
	}
}
END_TEST

START_TEST(too_long)
{
	enum { MIB = 1 << 20 };
	static const char HEAD[] = "{" CLAIMS ",'sub':'";
	char *pad = forge_filled(MIB, 'x');
	char *huge = arena_printf(arena, "%s%s'}", HEAD, pad);
	char *edge = arena_printf(arena, "%s%s'}", HEAD, forge_filled(2900, 'x'));

	REFUSED(forge_hs(HEADER(""), huge), "1 MiB, signed");
	REFUSED(forge_hs(HEADER(""), edge), "a little too long, signed");
	REFUSED(pad, "1 MiB of x");
	REFUSED(forge_filled(MIB, '.'), "1 MiB of dots");
	REFUSED(forge_filled(MIB, ' '), "1 MiB of spaces");
	REFUSED(forge_filled(JWT_LEN_MAX, 'x'), "4096 of x");
	REFUSED(forge_filled(JWT_LEN_MAX + 1, 'x'), "4097 of x");
	REFUSED(forge_filled(JWT_LEN_MAX, '.'), "4096 dots");
	REFUSED(arena_printf(arena, "%s%s", forge_good(HS),
			     forge_filled(JWT_LEN_MAX, 'A')),
		"long end");
	REFUSED(arena_printf(arena, "%s.%s.AAAA", forge_encoded(forge_quoted(HEADER(""))),
			     forge_encoded(forge_filled(2900, '['))),
		"2900 deep, not signed");
	REFUSED(forge_hs(HEADER(""), forge_filled(2900, '[')), "2900 deep, signed");
	REFUSED(forge_hs(forge_filled(2900, '['), PAYLOAD), "2900 deep header");
}
END_TEST

/* The list that other tests send to a server. */
START_TEST(corpus)
{
	FILE *list = fopen("t/corpus/jwt/hostile.txt", "re");
	char *line = NULL;
	size_t size = 0;
	int n = 0;

	ck_assert_ptr_nonnull(list);
	while (getline(&line, &size, list) > 0) {
		if (*line == '#')
			continue;
		line[strcspn(line, "\n")] = '\0';
		REFUSED(line, "%s", line);
		n++;
	}
	free(line);
	ck_assert_int_eq(fclose(list), 0);
	ck_assert_int_ge(n, 90);
}
END_TEST

int main(void)
{
	const TTest *const TESTS[] = {forms,	     every_digit, other_alphabet,
				      case_and_cuts, too_long,	  corpus};

	return forge_run("jwt_form", TESTS, COUNT(TESTS), 500);
}
