/* fakes: jwt_forge outside_forge */
/* What tokens of others may say in their headers and claims. */
#include "t/fake/outside_forge.h"

/* ---- headers ---- */

/* Signed with the right key for ES256 */
static const struct {
	enum jwt_outside_verdict verdict;
	const char *header;
} HEADERS[] = {
	{GOOD, ES_HEADER("")},
	{GOOD, WITHOUT_KID},
	{GOOD, "{'alg':'ES256'}"},
	{GOOD, "{'alg':'ES256','kid':'es-1'}"},
	{GOOD, "{'alg':'ES256','kid':'es-1','typ':'jwt'}"},
	{GOOD, "{'alg':'ES256','kid':'es-1','typ':'AT+JWT'}"},
	{GOOD, "{'alg':'ES256','kid':'es-1','typ':'application/at+JWT'}"},
	{GOOD, ES_HEADER(",'x5t':'AAAA','x5t#S256':'AAAA','org':{'a':[1]}")},
	{GOOD, "{ 'al\\u0067' : 'ES25\\u0036' , 'kid':'es\\u002d1' }"},
	/* alg */
	{REFUSE, "{'alg':'none','typ':'JWT','kid':'es-1'}"},
	{REFUSE, "{'alg':'None','typ':'JWT','kid':'es-1'}"},
	{REFUSE, "{'alg':'NONE','typ':'JWT','kid':'es-1'}"},
	{REFUSE, "{'alg':'nOnE','typ':'JWT','kid':'es-1'}"},
	{REFUSE, "{'alg':'','typ':'JWT','kid':'es-1'}"},
	{REFUSE, "{'alg':'es256','typ':'JWT','kid':'es-1'}"},
	{REFUSE, "{'alg':'ES256 ','typ':'JWT','kid':'es-1'}"},
	{REFUSE, "{'alg':'ES256\\u0000','typ':'JWT','kid':'es-1'}"},
	{REFUSE, "{'alg':'ES384','typ':'JWT','kid':'es-1'}"},
	{REFUSE, "{'alg':'ES256K','typ':'JWT','kid':'es-1'}"},
	{REFUSE, "{'alg':'PS256','typ':'JWT','kid':'es-1'}"},
	{REFUSE, "{'alg':'RS512','typ':'JWT','kid':'es-1'}"},
	{REFUSE, "{'alg':'EdDSA','typ':'JWT','kid':'es-1'}"},
	{REFUSE, "{'alg':'HS256','typ':'JWT','kid':'es-1'}"},
	{REFUSE, "{'alg':null,'typ':'JWT','kid':'es-1'}"},
	{REFUSE, "{'alg':256,'typ':'JWT','kid':'es-1'}"},
	{REFUSE, "{'alg':['ES256'],'typ':'JWT','kid':'es-1'}"},
	{REFUSE, "{'typ':'JWT','kid':'es-1'}"},
	{REFUSE, "{'ALG':'ES256','typ':'JWT','kid':'es-1'}"},
	/* The other kind's name, with its kid and without */
	{UNKNOWN, "{'alg':'RS256','typ':'JWT','kid':'es-1'}"},
	{REFUSE, "{'alg':'RS256','typ':'JWT','kid':'rs-1'}"},
	{REFUSE, "{'alg':'RS256','typ':'JWT'}"},
	/* kid */
	{UNKNOWN, "{'alg':'ES256','kid':'rs-1'}"},
	{UNKNOWN, "{'alg':'ES256','kid':'es-2'}"},
	{UNKNOWN, "{'alg':'ES256','kid':'ES-1'}"},
	{UNKNOWN, "{'alg':'ES256','kid':'es-1 '}"},
	{UNKNOWN, "{'alg':'ES256','kid':'../../../dev/null'}"},
	{UNKNOWN, "{'alg':'ES256','kid':'https://evil.test/keys'}"},
	{UNKNOWN, "{'alg':'ES256','kid':'x\\u0027 OR 1=1 --'}"},
	{REFUSE, "{'alg':'ES256','kid':''}"},
	{REFUSE, "{'alg':'ES256','kid':null}"},
	{REFUSE, "{'alg':'ES256','kid':1}"},
	{REFUSE, "{'alg':'ES256','kid':['es-1']}"},
	{REFUSE, "{'alg':'ES256','kid':{'es-1':1}}"},
	{REFUSE, "{'alg':'ES256','kid':'es-1\\n'}"},
	{REFUSE, "{'alg':'ES256','kid':'es-1\\u0000'}"},
	{REFUSE, "{'alg':'ES256','kid':'es-1\\u007f'}"},
	{REFUSE, "{'alg':'ES256','kid':'\xc3\xa9'}"},
	{REFUSE, "{'alg':'ES256','kid':'"
		 "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
		 "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
		 "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
		 "'}"},
	/* typ */
	{REFUSE, "{'alg':'ES256','kid':'es-1','typ':''}"},
	{REFUSE, "{'alg':'ES256','kid':'es-1','typ':null}"},
	{REFUSE, "{'alg':'ES256','kid':'es-1','typ':1}"},
	{REFUSE, "{'alg':'ES256','kid':'es-1','typ':['JWT']}"},
	{REFUSE, "{'alg':'ES256','kid':'es-1','typ':'JWT '}"},
	{REFUSE, "{'alg':'ES256','kid':'es-1','typ':'id+jwt'}"},
	{REFUSE, "{'alg':'ES256','kid':'es-1','typ':'logout+jwt'}"},
	{REFUSE, "{'alg':'ES256','kid':'es-1','typ':'application/jwt'}"},
	{REFUSE, "{'alg':'ES256','kid':'es-1','typ':'dpop+jwt'}"},
	{REFUSE, "{'alg':'ES256','kid':'es-1','typ':'at+jwt\\u0000'}"},
	/* what changes how it is read, or brings a key */
	{REFUSE, ES_HEADER(",'crit':[]")},
	{REFUSE, ES_HEADER(",'crit':['exp']")},
	{REFUSE, ES_HEADER(",'crit':['b64'],'b64':false")},
	{REFUSE, ES_HEADER(",'crit':null")},
	{REFUSE, ES_HEADER(",'b64':false")},
	{REFUSE, ES_HEADER(",'b64':true")},
	{REFUSE, ES_HEADER(",'zip':'DEF'")},
	{REFUSE, ES_HEADER(",'jwk':{'kty':'oct','k':'AAAA'}")},
	{REFUSE, ES_HEADER(",'jwk':null")},
	{REFUSE, ES_HEADER(",'jku':'https://id.test/jwks'")},
	{REFUSE, ES_HEADER(",'x5u':'https://id.test/c'")},
	{REFUSE, ES_HEADER(",'x5c':['AAAA']")},
	{REFUSE, ES_HEADER(",'\\u0063rit':['exp']")},
	/* duplicates, and what is no object */
	{REFUSE, ES_HEADER(",'alg':'ES256'")},
	{REFUSE, ES_HEADER(",'alg':'none'")},
	{REFUSE, ES_HEADER(",'k\\u0069d':'es-1'")},
	{REFUSE, ES_HEADER(",'a':1,'a':2")},
	{REFUSE, "[" ES_HEADER("") "]"},
	{REFUSE, ES_HEADER("") "x"},
	{REFUSE, "\xef\xbb\xbf" ES_HEADER("")},
	{REFUSE, ES_HEADER(",'x':'\xff'")},
	{REFUSE, ES_HEADER(",'x':'\\ud800'")},
	{REFUSE, ES_HEADER(",'x':[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]")},
	{REFUSE, "{}"},
	{REFUSE, "null"},
	{REFUSE, "'ES256'"},
	{REFUSE, " "},
};

START_TEST(headers)
{
	CLEANUP(jwk_free) struct jwk_set *set = forge_known();

	for (size_t i = 0; i < COUNT(HEADERS); i++) {
		enum jwt_outside_verdict is = forge_judged(
			set, EXPECT(), forge_by(ES, HEADERS[i].header, PAYLOAD));

		ck_assert_msg(is == HEADERS[i].verdict, "%s: %s", forge_verdict(is),
			      HEADERS[i].header);
	}
}
END_TEST

/* Whatever was refused is refused when its claims are bad, too, and all without the right
 * signature. */
START_TEST(headers_of_nobody)
{
	CLEANUP(jwk_free) struct jwk_set *set = forge_known();
	struct jwt_key stranger = {"es-1", JWT_ES256, NULL, 0, p256_of_another};

	for (size_t i = 0; i < COUNT(HEADERS); i++) {
		const char *text = forge_unsigned(HEADERS[i].header, PAYLOAD);
		const char *token = forge_signed(&stranger, text);

		ck_assert_msg(forge_judged(set, EXPECT(), token) != GOOD, "%s", token);
		IS(REFUSE, set, EXPECT(), forge_by(ES, HEADERS[i].header, AND("'exp':1")),
		   "%s", HEADERS[i].header);
		IS(REFUSE, set, EXPECT(), text, "%s", HEADERS[i].header);
		IS(REFUSE, set, EXPECT(), arena_printf(arena, "%s.", text), "%s",
		   HEADERS[i].header);
		ck_assert_msg(forge_judged(set, EXPECT(),
					   arena_printf(arena, "%s.AAA", text)) != GOOD,
			      "%s", HEADERS[i].header);
	}
}
END_TEST

/* ---- claims ---- */

#define TEN_MORE "'a','a','a','a','a','a','a','a','a','a',"

static const char *const GOOD_CLAIMS[] = {
	PAYLOAD,
	"{" ISS "," AUD "," IAT "," EXP "}", /* no nbf */
	BUT_AUD(",'aud':['latchkey']"),
	BUT_AUD(",'aud':['other','latchkey','another']"),
	BUT_AUD(",'aud':[" TEN_MORE TEN_MORE TEN_MORE "'a','latchkey']"), /* 32 */
	BUT_AUD(",'aud':['latchkey','latchkey']"),
	AND("'azp':7"), /* not looked at */
	AND("'nonce':7"),
	BUT_EXP(",'exp':1799999941"),
	BUT_NBF(",'nbf':1800000060"),
	BUT_NBF(",'nbf':0"),
	BUT_NBF(",'nbf':-1"),
	BUT_IAT(",'iat':1800000060"),
	BUT_IAT(",'iat':0"),
	AND("'x':{'y':[1.5,null,'\\u00e9']}"),
};

static const char *const BAD_CLAIMS[] = {
	BUT_ISS(""),
	BUT_ISS(",'iss':null"),
	BUT_ISS(",'iss':['https://id.test']"),
	BUT_ISS(",'iss':'https://id.test/'"),
	BUT_ISS(",'iss':'https://ID.test'"),
	BUT_ISS(",'iss':'http://id.test'"),
	BUT_ISS(",'iss':'https://id.test\\u0000'"),
	BUT_ISS(",'ISS':'https://id.test'"),
	BUT_AUD(""),
	BUT_AUD(",'aud':null"),
	BUT_AUD(",'aud':''"),
	BUT_AUD(",'aud':1"),
	BUT_AUD(",'aud':true"),
	BUT_AUD(",'aud':[]"),
	BUT_AUD(",'aud':['other']"),
	BUT_AUD(",'aud':[['latchkey']]"),
	BUT_AUD(",'aud':['latchkey',1]"),
	BUT_AUD(",'aud':[null,'latchkey']"),
	BUT_AUD(",'aud':{'latchkey':1}"),
	BUT_AUD(",'aud':'Latchkey'"),
	BUT_AUD(",'aud':'latchkey other'"),
	BUT_AUD(",'aud':'latchkey\\u0000'"),
	BUT_AUD(",'aud':[" TEN_MORE TEN_MORE TEN_MORE "'a','b','latchkey']"),
	BUT_EXP(""),
	BUT_EXP(",'exp':'1800000600'"),
	BUT_EXP(",'exp':null"),
	BUT_EXP(",'exp':true"),
	BUT_EXP(",'exp':[1800000600]"),
	BUT_EXP(",'exp':1800000600.5"),
	BUT_EXP(",'exp':1800000600.0"),
	BUT_EXP(",'exp':1.9e9"),
	BUT_EXP(",'exp':1e400"),
	BUT_EXP(",'exp':-1e400"),
	BUT_EXP(",'exp':NaN"),
	BUT_EXP(",'exp':0"),
	BUT_EXP(",'exp':-1"),
	BUT_EXP(",'exp':1799999940"),
	BUT_EXP(",'exp':9007199254740993"),
	BUT_EXP(",'exp':18446744075509552216"),
	BUT_EXP(",'EXP':1800000600"),
	BUT_NBF(",'nbf':1800000061"),
	BUT_NBF(",'nbf':'0'"),
	BUT_NBF(",'nbf':null"),
	BUT_NBF(",'nbf':0.5"),
	BUT_NBF(",'nbf':1e400"),
	BUT_IAT(""),
	BUT_IAT(",'iat':'1800000000'"),
	BUT_IAT(",'iat':1800000000.5"),
	BUT_IAT(",'iat':null"),
	BUT_IAT(",'iat':1800000061"),
	BUT_IAT(",'iat':9007199254740992"),
	AND("'exp':1800000600"),
	AND("'e\\u0078p':1800000600"),
	AND("'aud':'latchkey'"),
	AND("'iss':'https://id.test'"),
	AND("'sub':'a','sub':'b'"),
	AND("'sub':'a\\u0000b'"),
	AND("'sub':'\\ud800'"),
	AND("'sub':'\xff'"),
	PAYLOAD "x",
	PAYLOAD PAYLOAD,
	"[" PAYLOAD "]",
	"{}",
	"null",
	" ",
	"eyJhbGciOiJFUzI1NiJ9.e30.AAAA", /* a token in a token */
};

/* An unknown key is told of only where everything else would do. */
START_TEST(claims)
{
	CLEANUP(jwk_free) struct jwk_set *set = forge_known();

	for (size_t i = 0; i < COUNT(GOOD_CLAIMS); i++) {
		const char *payload = GOOD_CLAIMS[i];

		IS(GOOD, set, EXPECT(), forge_by(ES, ES_HEADER(""), payload), "%s",
		   payload);
		IS(GOOD, set, EXPECT(),
		   forge_by(RS, "{'alg':'RS256','kid':'rs-1'}", payload), "%s", payload);
		IS(UNKNOWN, set, EXPECT(), forge_by(ES, OF_NEW_KEY, payload), "%s",
		   payload);
		IS(UNKNOWN, NULL, EXPECT(), forge_by(ES, ES_HEADER(""), payload), "%s",
		   payload);
	}
	for (size_t i = 0; i < COUNT(BAD_CLAIMS); i++) {
		const char *payload = BAD_CLAIMS[i];

		IS(REFUSE, set, EXPECT(), forge_by(ES, ES_HEADER(""), payload), "%s",
		   payload);
		IS(REFUSE, set, EXPECT(),
		   forge_by(RS, "{'alg':'RS256','kid':'rs-1'}", payload), "%s", payload);
		IS(REFUSE, set, EXPECT(), forge_by(ES, OF_NEW_KEY, payload), "%s",
		   payload);
		IS(REFUSE, NULL, EXPECT(), forge_by(ES, ES_HEADER(""), payload), "%s",
		   payload);
	}
}
END_TEST

/* OpenID Connect Core §3.1.3.7; the client is latchkey */
static const struct {
	enum jwt_outside_verdict verdict;
	const char *claims;
} ID_TOKENS[] = {
	{GOOD, AND("'nonce':'n-1'")},
	{GOOD, AND("'nonce':'n-1','azp':'latchkey'")},
	{GOOD, BUT_AUD(",'aud':['latchkey'],'nonce':'n-1'")},
	{GOOD, BUT_AUD(",'aud':['latchkey'],'nonce':'n-1','azp':'latchkey'")},
	{GOOD, BUT_AUD(",'aud':['other','latchkey'],'nonce':'n-1','azp':'latchkey'")},
	{REFUSE, BUT_AUD(",'aud':['other','latchkey'],'nonce':'n-1'")},
	{REFUSE, BUT_AUD(",'aud':['latchkey','latchkey'],'nonce':'n-1'")},
	{REFUSE, BUT_AUD(",'aud':['other','latchkey'],'nonce':'n-1','azp':'other'")},
	{REFUSE, BUT_AUD(",'aud':'other','nonce':'n-1','azp':'latchkey'")},
	{REFUSE, BUT_AUD(",'aud':[],'nonce':'n-1','azp':'latchkey'")},
	{REFUSE, AND("'nonce':'n-1','azp':'other'")},
	{REFUSE, AND("'nonce':'n-1','azp':''")},
	{REFUSE, AND("'nonce':'n-1','azp':null")},
	{REFUSE, AND("'nonce':'n-1','azp':1")},
	{REFUSE, AND("'nonce':'n-1','azp':['latchkey']")},
	{REFUSE, AND("'nonce':'n-1','azp':'latchkey ','a':1")},
	{REFUSE, PAYLOAD},
	{REFUSE, AND("'nonce':''")},
	{REFUSE, AND("'nonce':'n-2'")},
	{REFUSE, AND("'nonce':'N-1'")},
	{REFUSE, AND("'nonce':'n-1 '")},
	{REFUSE, AND("'nonce':'n-1\\u0000'")},
	{REFUSE, AND("'nonce':1")},
	{REFUSE, AND("'nonce':null")},
	{REFUSE, AND("'nonce':['n-1']")},
	{REFUSE, AND("'nonce':'n-1','nonce':'n-1'")},
	{REFUSE, AND("'NONCE':'n-1'")},
};

START_TEST(id_tokens)
{
	CLEANUP(jwk_free) struct jwk_set *set = forge_known();

	for (size_t i = 0; i < COUNT(ID_TOKENS); i++) {
		const char *token = forge_by(ES, ES_HEADER(""), ID_TOKENS[i].claims);
		enum jwt_outside_verdict is = forge_judged(
			set, EXPECT(e->azp = "latchkey", e->nonce = "n-1"), token);

		ck_assert_msg(is == ID_TOKENS[i].verdict, "%s: %s", forge_verdict(is),
			      ID_TOKENS[i].claims);
	}
}
END_TEST

int main(void)
{
	const TTest *const TESTS[] = {headers, headers_of_nobody, claims, id_tokens};

	return forge_run("jwt_outside", TESTS, COUNT(TESTS), 500);
}
