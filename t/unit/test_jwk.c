/* fakes: jwk_forge */
/* JWK Sets of others: what is taken of them, and what they cannot do. */
#include "t/unit/unit.h"

#include "t/fake/jwk_forge.h"

#include "lib/jwk.h"
#include "lib/text.h"

/* How many keys are taken; 0: none, and `*why` says why */
static size_t taken(const char *json, const char **why)
{
	struct jwk_set *set;
	const char *reduced, *again;
	size_t n = 0, m = 0;

	*why = "";
	reduced = forge_reduce(json, strlen(json), &n, why);
	if (!reduced)
		return 0;
	ck_assert_uint_gt(n, 0);
	again = forge_reduce(reduced, strlen(reduced), &m, why);
	ck_assert_str_eq(again, reduced);
	ck_assert_uint_eq(m, n);
	set = jwk_parse(reduced, strlen(reduced));
	ck_assert_uint_eq(jwk_count(set), n);
	jwk_free(&set);
	ck_assert_ptr_null(set);
	return n;
}

/* ---- single keys ---- */

static const char *const GOOD[] = {
	RSA(""),
	EC(""),
	RSA(",'use':'sig'"),
	RSA(",'alg':'RS256'"),
	EC(",'alg':'ES256','use':'sig','key_ops':['verify']"),
	RSA(",'key_ops':['sign','verify']"),
	RSA(",'x5c':['AAAA'],'x5t':'AAAA','x5u':'https://x/','foo':{'d':1}"),
	"{'kty':'RSA','kid':'a','n':'$n','e':'Aw'}", /* 3 */
	"{'kty':'RSA','kid':'a','n':'$n','e':'AAAD'}", /* with zeros in front */
	"{'kty':'RSA','kid':'a','n':'$n','e':'_____w'}", /* 2^32 - 1 */
	"{'kty':'RSA','kid':'a','n':'$3','e':'AQAB'}",
	"{'kty':'RSA','kid':'a','n':'$z','e':'AQAB'}",
	"{'kty':'RSA','kid':'a','n':'$8','e':'AQAB'}",
	"{'kty':'RSA','kid':' ~\\\\\\'/','n':'$n','e':'AQAB','crv':7,'x':[]}",
	"{'kty':'RSA','n':'$n','e':'AQAB'}", /* alone */
	"{'k\\u0074y':'RS\\u0041','kid':'a','n':'$n','e':'AQAB'}",
};

static const char *const BAD[] = {
	/* RSA: too short, too long, even, other exponents, other forms */
	"{'kty':'RSA','kid':'a','n':'$5','e':'AQAB'}",
	"{'kty':'RSA','kid':'a','n':'$1','e':'AQAB'}",
	"{'kty':'RSA','kid':'a','n':'$2','e':'AQAB'}",
	"{'kty':'RSA','kid':'a','n':'$9','e':'AQAB'}",
	"{'kty':'RSA','kid':'a','n':'$4','e':'AQAB'}",
	"{'kty':'RSA','kid':'a','n':'','e':'AQAB'}",
	"{'kty':'RSA','kid':'a','n':'AA','e':'AQAB'}",
	"{'kty':'RSA','kid':'a','n':'AQ','e':'AQAB'}",
	"{'kty':'RSA','kid':'a','n':'$n=','e':'AQAB'}",
	"{'kty':'RSA','kid':'a','n':'$n==','e':'AQAB'}",
	"{'kty':'RSA','kid':'a','n':'$n ','e':'AQAB'}",
	"{'kty':'RSA','kid':'a','n':'+$n','e':'AQAB'}",
	"{'kty':'RSA','kid':'a','n':7,'e':'AQAB'}",
	"{'kty':'RSA','kid':'a','n':['$n'],'e':'AQAB'}",
	"{'kty':'RSA','kid':'a','e':'AQAB'}",
	"{'kty':'RSA','kid':'a','n':'$n'}",
	"{'kty':'RSA','kid':'a','n':'$n','e':''}",
	"{'kty':'RSA','kid':'a','n':'$n','e':'AA'}", /* 0 */
	"{'kty':'RSA','kid':'a','n':'$n','e':'AQ'}", /* 1 */
	"{'kty':'RSA','kid':'a','n':'$n','e':'Ag'}", /* 2 */
	"{'kty':'RSA','kid':'a','n':'$n','e':'AQAA'}", /* 65536 */
	"{'kty':'RSA','kid':'a','n':'$n','e':'AQAAAAE'}", /* 2^32 + 1 */
	"{'kty':'RSA','kid':'a','n':'$n','e':'$n'}",
	"{'kty':'RSA','kid':'a','n':'$n','e':65537}",
	"{'kty':'RSA','kid':'a','n':'$n','e':'AQAC'}",
	"{'kty':'RSA','kid':'a','n':'$n','e':'AQAB=='}",
	"{'kty':'RSA','kid':'a','N':'$n','E':'AQAB'}",
	"{'kty':'rsa','kid':'a','n':'$n','e':'AQAB'}",
	"{'kty':'RSA-PSS','kid':'a','n':'$n','e':'AQAB'}",
	"{'kty':'','kid':'a','n':'$n','e':'AQAB'}",
	"{'kty':null,'kid':'a','n':'$n','e':'AQAB'}",
	"{'kty':['RSA'],'kid':'a','n':'$n','e':'AQAB'}",
	"{'kid':'a','n':'$n','e':'AQAB'}",
	/* EC: other curves, points that are none, other forms */
	"{'kty':'EC','kid':'a','crv':'P-384','x':'$x','y':'$y'}",
	"{'kty':'EC','kid':'a','crv':'P-521','x':'$x','y':'$y'}",
	"{'kty':'EC','kid':'a','crv':'secp256k1','x':'$x','y':'$y'}",
	"{'kty':'EC','kid':'a','crv':'p-256','x':'$x','y':'$y'}",
	"{'kty':'EC','kid':'a','crv':'prime256v1','x':'$x','y':'$y'}",
	"{'kty':'EC','kid':'a','x':'$x','y':'$y'}",
	"{'kty':'EC','kid':'a','crv':'P-256','x':'$x','y':'$w'}",
	"{'kty':'EC','kid':'a','crv':'P-256','x':'$y','y':'$x'}",
	"{'kty':'EC','kid':'a','crv':'P-256','x':'$0','y':'$0'}",
	"{'kty':'EC','kid':'a','crv':'P-256','x':'$o','y':'$o'}",
	"{'kty':'EC','kid':'a','crv':'P-256','x':'$l','y':'$y'}",
	"{'kty':'EC','kid':'a','crv':'P-256','x':'$f','y':'$y'}",
	"{'kty':'EC','kid':'a','crv':'P-256','x':'$x$x','y':'$y'}",
	"{'kty':'EC','kid':'a','crv':'P-256','x':'','y':'$y'}",
	"{'kty':'EC','kid':'a','crv':'P-256','x':'AQ','y':'AQ'}",
	"{'kty':'EC','kid':'a','crv':'P-256','x':'$x=','y':'$y'}",
	"{'kty':'EC','kid':'a','crv':'P-256','x':'$x'}",
	"{'kty':'EC','kid':'a','crv':'P-256','y':'$y'}",
	"{'kty':'EC','kid':'a','crv':'P-256','x':1,'y':2}",
	"{'kty':'OKP','kid':'a','crv':'P-256','x':'$x','y':'$y'}",
	"{'kty':'OKP','kid':'a','crv':'Ed25519','x':'$x'}",
	/* one kind's name on the other's numbers */
	"{'kty':'EC','kid':'a','n':'$n','e':'AQAB'}",
	"{'kty':'RSA','kid':'a','crv':'P-256','x':'$x','y':'$y'}",
	/* private, symmetric */
	RSA(",'d':'AQAB'"),
	RSA(",'p':'AQAB'"),
	RSA(",'q':''"),
	RSA(",'dp':null"),
	RSA(",'dq':1"),
	RSA(",'qi':'AQAB'"),
	RSA(",'oth':[]"),
	RSA(",'k':'AQAB'"),
	EC(",'d':'$x'"),
	"{'kty':'oct','kid':'a','k':'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'}",
	"{'kty':'oct','kid':'a','alg':'HS256','use':'sig','k':'$x'}",
	/* for something else */
	RSA(",'use':'enc'"),
	RSA(",'use':'SIG'"),
	RSA(",'use':''"),
	RSA(",'use':null"),
	RSA(",'use':['sig']"),
	RSA(",'alg':'RS512'"),
	RSA(",'alg':'PS256'"),
	RSA(",'alg':'RSA-OAEP'"),
	RSA(",'alg':'HS256'"),
	RSA(",'alg':'ES256'"),
	RSA(",'alg':'rs256'"),
	RSA(",'alg':'none'"),
	RSA(",'alg':null"),
	RSA(",'alg':256"),
	EC(",'alg':'RS256'"),
	EC(",'alg':'ES384'"),
	EC(",'alg':'ECDH-ES'"),
	RSA(",'key_ops':[]"),
	RSA(",'key_ops':['sign']"),
	RSA(",'key_ops':['encrypt','decrypt']"),
	RSA(",'key_ops':'verify'"),
	RSA(",'key_ops':{'verify':1}"),
	RSA(",'key_ops':null"),
	RSA(",'key_ops':[1,2,['verify']]"),
	RSA(",'key_ops':[1,2,3,4,5,6,7,8,9,0,1,2,3,4,5,6,'verify']"),
	/* kid */
	"{'kty':'RSA','kid':'','n':'$n','e':'AQAB'}",
	"{'kty':'RSA','kid':1,'n':'$n','e':'AQAB'}",
	"{'kty':'RSA','kid':null,'n':'$n','e':'AQAB'}",
	"{'kty':'RSA','kid':['a'],'n':'$n','e':'AQAB'}",
	"{'kty':'RSA','kid':'a\\n','n':'$n','e':'AQAB'}",
	"{'kty':'RSA','kid':'a\\u007f','n':'$n','e':'AQAB'}",
	"{'kty':'RSA','kid':'\xc3\xa9','n':'$n','e':'AQAB'}",
	"{'kty':'RSA','kid':'" /* 201 bytes */
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	"','n':'$n','e':'AQAB'}",
	/* no object */
	"1",
	"null",
	"true",
	"'RSA'",
	"[]",
	"['kty','RSA']",
	"[" RSA("") "]",
	"{}",
};

START_TEST(keys_that_are_taken)
{
	for (size_t i = 0; i < COUNT(GOOD); i++) {
		const char *why;
		const char *form = arena_printf(arena, "{'keys':[%s]}", GOOD[i]);

		ck_assert_msg(taken(forge_filled(form), &why) == 1, "%s: %s", GOOD[i],
			      why);
	}
}
END_TEST

/* Alone, and beside a good one: which is taken. */
START_TEST(keys_that_are_left_out)
{
	for (size_t i = 0; i < COUNT(BAD); i++) {
		const char *alone = arena_printf(arena, "{'keys':[%s]}", BAD[i]);
		const char *beside =
			arena_printf(arena, "{'keys':[%s,%s]}", BAD[i],
				     "{'kty':'EC','kid':'other','crv':'P-256',"
				     "'x':'$x','y':'$y'}");
		const char *why;

		ck_assert_msg(taken(forge_filled(alone), &why) == 0, "%s", BAD[i]);
		ck_assert_str_eq(why, "no usable key");
		ck_assert_msg(taken(forge_filled(beside), &why) == 1, "%s: %s", BAD[i],
			      why);
	}
}
END_TEST

/* ---- sets ---- */

static const char NO_SET[] = "not a JWK Set";
static const char NOTHING[] = "no usable key";

static const struct {
	const char *form;
	size_t n;
	const char *why;
} SETS[] = {
	{"", 0, NO_SET},
	{" ", 0, NO_SET},
	{"null", 0, NO_SET},
	{"[]", 0, NO_SET},
	{"[" RSA("") "]", 0, NO_SET},
	{RSA(""), 0, NO_SET},
	{"{}", 0, NO_SET},
	{"{'keys':null}", 0, NO_SET},
	{"{'keys':{}}", 0, NO_SET},
	{"{'keys':" RSA("") "}", 0, NO_SET},
	{"{'keys':'x'}", 0, NO_SET},
	{"{'KEYS':[" RSA("") "]}", 0, NO_SET},
	{"{'keys':[" RSA("") "]", 0, NO_SET},
	{"{'keys':[" RSA("") "]}x", 0, NO_SET},
	{"{'keys':[" RSA("") "],'keys':[]}", 0, NO_SET},
	{"{'keys':[],'k\\u0065ys':[" RSA("") "]}", 0, NO_SET},
	{"{'keys':[" RSA(",'n':'$n'") "]}", 0, NO_SET},
	{"{'keys':[" RSA(",'\\u006b\\u0069d':'b'") "]}", 0, NO_SET},
	{"{'keys':[" RSA(",'z':'\xff'") "]}", 0, NO_SET},
	{"{'keys':[" RSA(",'z':'\\u0000'") "]}", 0, NO_SET},
	{"\xef\xbb\xbf{'keys':[" RSA("") "]}", 0, NO_SET},
	{"<html>", 0, NO_SET},
	{"{'keys':[]}", 0, NOTHING},
	{"{'keys':[1,null,'x',[],{}]}", 0, NOTHING},
	{"{'keys':[" RSA("") "," EC("") "]}", 2, ""}, /* one kid, two types */
	{"{'keys':[" RSA("") "," RSA("") "]}", 0, NOTHING},
	{"{'keys':[" EC("") "," EC("") "]}", 0, NOTHING},
	{"{'keys':[" RSA("") "," RSA("") "," RSA("") "]}", 0, NOTHING},
	{"{'keys':[" RSA("") "," RSA("") "," EC("") "]}", 1, ""},
	{"{'keys':[" RSA("") "," RSA(",'use':'enc'") "]}", 1, ""},
	{"{'keys':[{'kty':'RSA','n':'$n','e':'AQAB'}," RSA("") "]}", 1, ""},
	{"{'keys':[{'kty':'RSA','n':'$n','e':'AQAB'},"
	 "{'kty':'EC','crv':'P-256','x':'$x','y':'$y'}]}",
	 0, NOTHING},
	{"{'keys':[{'kty':'RSA','n':'$n','e':'AQAB'},1]}", 0, NOTHING},
	{"\n{ 'keys' : [ " RSA("") " ] , 'more' : [ ] }\r\n", 1, ""},
};

START_TEST(sets)
{
	for (size_t i = 0; i < COUNT(SETS); i++) {
		const char *why;
		size_t n = taken(forge_filled(SETS[i].form), &why);

		ck_assert_msg(n == SETS[i].n, "%s: %zu %s", SETS[i].form, n, why);
		if (!n)
			ck_assert_msg(strcmp(why, SETS[i].why) == 0, "%s: %s",
				      SETS[i].form, why);
	}
}
END_TEST

/* `n` keys, the i-th with kid i */
static const char *many(size_t n, const char *members)
{
	enum { SIZE = 2 << 20 };
	struct buf buf;

	buf_init(&buf, arena_alloc(arena, SIZE), SIZE);
	buf_puts(&buf, "{\"keys\":[");
	for (size_t i = 0; i < n; i++)
		buf_printf(&buf, "%s{\"kid\":\"%zu\",%s}", i ? "," : "", i, members);
	buf_puts(&buf, "]}");
	ck_assert(!buf.cut);
	return buf.at;
}

START_TEST(how_many)
{
	const char *good = forge_filled("'kty':'EC','crv':'P-256','x':'$x','y':'$y'");
	const char *why;

	ck_assert_uint_eq(taken(many(JWK_KEYS_MAX, good), &why), JWK_KEYS_MAX);
	ck_assert_uint_eq(taken(many(JWK_KEYS_MAX + 1, good), &why), 0);
	ck_assert_str_eq(why, "too many usable keys");
	ck_assert_uint_eq(taken(many(JWK_LISTED_MAX, good), &why), 0);
	ck_assert_str_eq(why, "too many usable keys");
	ck_assert_uint_eq(taken(many(JWK_LISTED_MAX + 1, good), &why), 0);
	ck_assert_str_eq(why, "too many keys");
	ck_assert_uint_eq(taken(many(JWK_LISTED_MAX + 1, "\"kty\":\"x\""), &why), 0);
	ck_assert_str_eq(why, "too many keys");
	ck_assert_uint_eq(taken(many(10000, "\"kty\":\"RSA\""), &why), 0);
	ck_assert_str_eq(why, "the JWK Set is too long");
	ck_assert_uint_eq(taken(many(10000, "\"a\":1"), &why), 0);
	ck_assert_str_eq(why, "too many keys");
}
END_TEST

/* The longest that can be taken is read again in its reduced form. */
START_TEST(the_longest_set)
{
	enum { SIZE = 256 * 1024 };
	struct buf buf;
	const char *why;
	char kid[JWK_KID_MAX + 1] = "";

	memset(kid, 'k', JWK_KID_MAX);
	buf_init(&buf, arena_alloc(arena, SIZE), SIZE);
	buf_puts(&buf, "{\"keys\":[");
	for (int i = 0; i < JWK_KEYS_MAX; i++) {
		memset(kid, i % 2 ? '/' : 'k', JWK_KID_MAX - 2);
		kid[0] = (char)('A' + i % 26);
		kid[1] = (char)('A' + i / 26);
		buf_printf(&buf, "%s{\"kid\":\"%s\",\"kty\":\"RSA\",\"e\":\"AQAB\",",
			   i ? "," : "", kid);
		buf_printf(&buf, "\"n\":\"%s\"}", forge_number(8192, 1));
	}
	buf_puts(&buf, "]}");
	ck_assert(!buf.cut);
	ck_assert_uint_eq(taken(buf.at, &why), JWK_KEYS_MAX);
}
END_TEST

START_TEST(the_reduced_form)
{
	const char *json = forge_filled("{'x':1,'keys':[" RSA(
		",'x5c':['AAAA']") ","
				   "{'kty':'EC','kid':'b','use':'sig','crv':'P-256',"
				   "'x':'$x','y':'$y','exp':5}," RSA(
					   ",'use':'enc'") "]}");
	const char *why = "";
	size_t n;
	const char *wanted =
		forge_filled("{'keys':[{'kty':'RSA','kid':'a','alg':'RS256',"
			     "'n':'$n','e':'AQAB'},"
			     "{'kty':'EC','kid':'b','alg':'ES256','crv':'P-256',"
			     "'x':'$x','y':'$y'}]}");

	ck_assert_str_eq(forge_reduce(json, strlen(json), &n, &why), wanted);
	ck_assert_uint_eq(n, 2);
}
END_TEST

static void assert_not_reduced(const char *form)
{
	const char *json = forge_filled(form);
	char *exact = unit_exact(json, strlen(json));

	ck_assert_msg(!jwk_parse(exact, strlen(json)), "%s", form);
	free(exact);
}

/* What was not reduced is not parsed, not even in part. */
START_TEST(only_the_reduced_form_is_parsed)
{
	assert_not_reduced("");
	assert_not_reduced("{}");
	assert_not_reduced("{'keys':[]}");
	assert_not_reduced("{'keys':[" RSA("") "," RSA("") "]}");
	assert_not_reduced("{'keys':[" RSA("") ",1]}");
	assert_not_reduced("{'keys':[" EC("") "," RSA(",'use':'enc'") "]}");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		keys_that_are_taken,
		keys_that_are_left_out,
		sets,
		how_many,
		the_longest_set,
		the_reduced_form,
		only_the_reduced_form_is_parsed,
	};

	return unit_run("jwk", tests, COUNT(tests), forge_keys, forge_end);
}
