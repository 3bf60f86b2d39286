/* fakes: jwt_forge */
/* Headers and payloads that somebody hopes will pass, signed with the right key, so that
 * nothing but the gate stands in their way. */
#include "t/fake/jwt_forge.h"

/* ---- headers, signed with the HS256 key ---- */

static const char *const HEADERS[] = {
	/* alg: none in every case, others, near misses, wrong types */
	"{'alg':'none','typ':'JWT','kid':'hs-1'}",
	"{'alg':'None','typ':'JWT','kid':'hs-1'}",
	"{'alg':'NONE','typ':'JWT','kid':'hs-1'}",
	"{'alg':'nOnE','typ':'JWT','kid':'hs-1'}",
	"{'alg':'none ','typ':'JWT','kid':'hs-1'}",
	"{'alg':'no\\u006ee','typ':'JWT','kid':'hs-1'}",
	"{'alg':'','typ':'JWT','kid':'hs-1'}",
	"{'alg':' ','typ':'JWT','kid':'hs-1'}",
	"{'alg':'hs256','typ':'JWT','kid':'hs-1'}",
	"{'alg':'Hs256','typ':'JWT','kid':'hs-1'}",
	"{'alg':'HS256 ','typ':'JWT','kid':'hs-1'}",
	"{'alg':' HS256','typ':'JWT','kid':'hs-1'}",
	"{'alg':'HS256\\n','typ':'JWT','kid':'hs-1'}",
	"{'alg':'HS256\\u0000','typ':'JWT','kid':'hs-1'}",
	"{'alg':'HS256\\u0000none','typ':'JWT','kid':'hs-1'}",
	"{'alg':'HS384','typ':'JWT','kid':'hs-1'}",
	"{'alg':'HS512','typ':'JWT','kid':'hs-1'}",
	"{'alg':'RS256','typ':'JWT','kid':'hs-1'}",
	"{'alg':'ES256','typ':'JWT','kid':'hs-1'}",
	"{'alg':'PS256','typ':'JWT','kid':'hs-1'}",
	"{'alg':'EdDSA','typ':'JWT','kid':'hs-1'}",
	"{'alg':'dir','typ':'JWT','kid':'hs-1'}",
	"{'alg':'HS256,none','typ':'JWT','kid':'hs-1'}",
	"{'alg':null,'typ':'JWT','kid':'hs-1'}",
	"{'alg':true,'typ':'JWT','kid':'hs-1'}",
	"{'alg':256,'typ':'JWT','kid':'hs-1'}",
	"{'alg':['HS256'],'typ':'JWT','kid':'hs-1'}",
	"{'alg':{'HS256':1},'typ':'JWT','kid':'hs-1'}",
	"{'typ':'JWT','kid':'hs-1'}",
	"{'ALG':'HS256','typ':'JWT','kid':'hs-1'}",
	"{'Alg':'HS256','typ':'JWT','kid':'hs-1'}",
	/* kid: missing, hostile, of another key, wrong types */
	"{'alg':'HS256','typ':'JWT'}",
	"{'alg':'HS256','typ':'JWT','kid':''}",
	"{'alg':'HS256','typ':'JWT','kid':null}",
	"{'alg':'HS256','typ':'JWT','kid':1}",
	"{'alg':'HS256','typ':'JWT','kid':['hs-1']}",
	"{'alg':'HS256','typ':'JWT','kid':{'hs-1':1}}",
	"{'alg':'HS256','typ':'JWT','kid':'hs-2'}",
	"{'alg':'HS256','typ':'JWT','kid':'HS-1'}",
	"{'alg':'HS256','typ':'JWT','kid':'hs-1 '}",
	"{'alg':'HS256','typ':'JWT','kid':' hs-1'}",
	"{'alg':'HS256','typ':'JWT','kid':'hs-1\\n'}",
	"{'alg':'HS256','typ':'JWT','kid':'hs-1\\u0000'}",
	"{'alg':'HS256','typ':'JWT','kid':'hs-1\\u0000x'}",
	"{'alg':'HS256','typ':'JWT','kid':'hs-1.key'}",
	"{'alg':'HS256','typ':'JWT','kid':'./hs-1'}",
	"{'alg':'HS256','typ':'JWT','kid':'../../../../dev/null'}",
	"{'alg':'HS256','typ':'JWT','kid':'/dev/null'}",
	"{'alg':'HS256','typ':'JWT','kid':'file:///dev/null'}",
	"{'alg':'HS256','typ':'JWT','kid':'https://evil.test/keys'}",
	"{'alg':'HS256','typ':'JWT','kid':'x\\u0027 UNION SELECT \\u0027k'}",
	"{'alg':'HS256','typ':'JWT','kid':'%s%s%n'}",
	"{'alg':'HS256','typ':'JWT','kid':'$(id)'}",
	"{'alg':'HS256','typ':'JWT','kid':'hs-1','KID':'hs-1'}",
	"{'alg':'HS256','typ':'JWT','kid':'es-1'}",
	"{'alg':'HS256','typ':'JWT','kid':'rs-1'}",
	"{'alg':'HS256','typ':'JWT','kid':'"
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'}",
	/* typ */
	"{'alg':'HS256','kid':'hs-1'}",
	"{'alg':'HS256','typ':'','kid':'hs-1'}",
	"{'alg':'HS256','typ':null,'kid':'hs-1'}",
	"{'alg':'HS256','typ':1,'kid':'hs-1'}",
	"{'alg':'HS256','typ':['JWT'],'kid':'hs-1'}",
	"{'alg':'HS256','typ':'JWT ','kid':'hs-1'}",
	"{'alg':'HS256','typ':'JWT\\u0000','kid':'hs-1'}",
	"{'alg':'HS256','typ':'application/jwt','kid':'hs-1'}",
	"{'alg':'HS256','typ':'JWS','kid':'hs-1'}",
	"{'alg':'HS256','typ':'JWE','kid':'hs-1'}",
	"{'alg':'HS256','typ':'dpop+jwt','kid':'hs-1'}",
	"{'alg':'HS256','typ':'id+jwt','kid':'hs-1'}",
	/* what must not be there */
	HEADER(",'crit':[]"),
	HEADER(",'crit':['exp']"),
	HEADER(",'crit':['b64'],'b64':false"),
	HEADER(",'crit':null"),
	HEADER(",'b64':false"),
	HEADER(",'b64':true"),
	HEADER(",'jku':'https://evil.test/jwks'"),
	HEADER(",'jwk':{'kty':'oct','k':'AAAA'}"),
	HEADER(",'x5u':'https://evil.test/c'"),
	HEADER(",'x5c':['AAAA']"),
	HEADER(",'x5t':'AAAA'"),
	HEADER(",'cty':'JWT'"),
	HEADER(",'zip':'DEF'"),
	HEADER(",'enc':'A128GCM'"),
	HEADER(",'epk':{}"),
	HEADER(",'p2c':2147483647"),
	HEADER(",'exp':1800000600"),
	HEADER(",'':''"),
	/* duplicates */
	HEADER(",'alg':'HS256'"),
	HEADER(",'alg':'none'"),
	HEADER(",'kid':'hs-1'"),
	HEADER(",'kid':'es-1'"),
	HEADER(",'typ':'JWT'"),
	HEADER(",'\\u0061lg':'none'"),
	HEADER(",'k\\u0069d':'hs-1'"),
	"{'alg':'none','alg':'HS256','typ':'JWT','kid':'hs-1'}",
	"{'alg':'HS256','alg':'HS256','kid':'hs-1'}",
	/* not a JSON object */
	"[" HEADER("") "]",
	"'"
	"HS256"
	"'",
	"null",
	"true",
	"1",
	"{}",
	"[]",
	" ",
	"alg=HS256&typ=JWT&kid=hs-1",
	HEADER("") "x",
	HEADER("") HEADER(""),
	HEADER(","),
	"\xef\xbb\xbf" HEADER(""),
	"{'alg':'HS256','typ':'JWT','kid':'hs-1'",
	"{'alg':'HS256' 'typ':'JWT' 'kid':'hs-1'}",
	"{alg:'HS256',typ:'JWT',kid:'hs-1'}",
	"{/**/'alg':'HS256','typ':'JWT','kid':'hs-1'}",
	"{'alg':'HS256','typ':'JWT','kid':'hs-1\xff'}",
	"{'alg':'HS256','typ':'JWT','kid':'hs-1\xc0\x80'}",
	"{'alg':'HS256','typ':'JWT','kid':'hs-1\\ud800'}",
	"{'alg':'HS256','typ':'JWT','kid':'hs\n-1'}",
	HEADER(",'x':[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]"),
};

START_TEST(headers)
{
	for (size_t i = 0; i < COUNT(HEADERS); i++)
		REFUSED(forge_hs(HEADERS[i], PAYLOAD), "%s", HEADERS[i]);
}
END_TEST

/* The same without a signature, with an empty one and with any two bytes. */
START_TEST(headers_unsigned)
{
	for (size_t i = 0; i < COUNT(HEADERS); i++) {
		const char *text = forge_unsigned(HEADERS[i], PAYLOAD);

		REFUSED(text, "%s", HEADERS[i]);
		REFUSED(arena_printf(arena, "%s.", text), "%s", HEADERS[i]);
		REFUSED(arena_printf(arena, "%s.AAA", text), "%s", HEADERS[i]);
	}
}
END_TEST

/* ---- payloads, signed with each key ---- */

static const char *const PAYLOADS[] = {
	BUT_ISS(""),
	BUT_ISS(",'iss':null"),
	BUT_ISS(",'iss':''"),
	BUT_ISS(",'iss':1"),
	BUT_ISS(",'iss':true"),
	BUT_ISS(",'iss':['https://id.test']"),
	BUT_ISS(",'iss':{'https://id.test':1}"),
	BUT_ISS(",'iss':'https://id.test/'"),
	BUT_ISS(",'iss':'https://ID.test'"),
	BUT_ISS(",'iss':'http://id.test'"),
	BUT_ISS(",'iss':'https://id.test.evil.test'"),
	BUT_ISS(",'iss':'https://id.tes'"),
	BUT_ISS(",'iss':' https://id.test'"),
	BUT_ISS(",'iss':'https://id.test\\u0000'"),
	BUT_ISS(",'ISS':'https://id.test'"),
	BUT_AUD(""),
	BUT_AUD(",'aud':null"),
	BUT_AUD(",'aud':''"),
	BUT_AUD(",'aud':0"),
	BUT_AUD(",'aud':['latchkey']"),
	BUT_AUD(",'aud':['latchkey','other']"),
	BUT_AUD(",'aud':[]"),
	BUT_AUD(",'aud':'Latchkey'"),
	BUT_AUD(",'aud':'latchkey/refresh'"),
	BUT_AUD(",'aud':'latchke'"),
	BUT_AUD(",'aud':'latchkey other'"),
	BUT_AUD(",'aud':'*'"),
	BUT_AUD(",'Aud':'latchkey'"),
	BUT_USE(""),
	BUT_USE(",'token_use':null"),
	BUT_USE(",'token_use':''"),
	BUT_USE(",'token_use':1"),
	BUT_USE(",'token_use':'refresh'"),
	BUT_USE(",'token_use':'registration'"),
	BUT_USE(",'token_use':'recovery'"),
	BUT_USE(",'token_use':'id'"),
	BUT_USE(",'token_use':'Access'"),
	BUT_USE(",'token_use':'access '"),
	BUT_USE(",'token_use':'access\\u0000refresh'"),
	BUT_USE(",'token_use':['access']"),
	BUT_USE(",'token_use':['access','refresh']"),
	BUT_USE(",'TOKEN_USE':'access'"),
	BUT_IAT(""),
	BUT_IAT(",'iat':'1800000000'"),
	BUT_IAT(",'iat':null"),
	BUT_IAT(",'iat':true"),
	BUT_IAT(",'iat':[1800000000]"),
	BUT_IAT(",'iat':1800000000.0"),
	BUT_IAT(",'iat':1.8e9"),
	BUT_IAT(",'iat':1800000061"),
	BUT_IAT(",'iat':4102444800"),
	BUT_IAT(",'iat':1e400"),
	BUT_IAT(",'iat':-1e400"),
	BUT_NBF(""),
	BUT_NBF(",'nbf':'0'"),
	BUT_NBF(",'nbf':null"),
	BUT_NBF(",'nbf':false"),
	BUT_NBF(",'nbf':{}"),
	BUT_NBF(",'nbf':0.5"),
	BUT_NBF(",'nbf':1e0"),
	BUT_NBF(",'nbf':1800000061"),
	BUT_NBF(",'nbf':9007199254740992"),
	BUT_NBF(",'nbf':-9007199254740993"),
	BUT_NBF(",'nbf':-1e400"),
	BUT_EXP(""),
	BUT_EXP(",'exp':'1800000600'"),
	BUT_EXP(",'exp':''"),
	BUT_EXP(",'exp':null"),
	BUT_EXP(",'exp':true"),
	BUT_EXP(",'exp':false"),
	BUT_EXP(",'exp':[1800000600]"),
	BUT_EXP(",'exp':{'exp':1800000600}"),
	BUT_EXP(",'exp':1800000600.5"),
	BUT_EXP(",'exp':1800000600.0"),
	BUT_EXP(",'exp':18000006e2"),
	BUT_EXP(",'exp':1e10"),
	BUT_EXP(",'exp':1e400"),
	BUT_EXP(",'exp':-1e400"),
	BUT_EXP(",'exp':1e-400"),
	BUT_EXP(",'exp':NaN"),
	BUT_EXP(",'exp':Infinity"),
	BUT_EXP(",'exp':0x7fffffff"),
	BUT_EXP(",'exp':+1800000600"),
	BUT_EXP(",'exp':01800000600"),
	BUT_EXP(",'exp':0"),
	BUT_EXP(",'exp':-0"),
	BUT_EXP(",'exp':-1"),
	BUT_EXP(",'exp':-1800000600"),
	BUT_EXP(",'exp':1799999000"),
	BUT_EXP(",'exp':1799999940"),
	BUT_EXP(",'exp':9007199254740993"),
	BUT_EXP(",'exp':9223372036854775807"),
	BUT_EXP(",'exp':9223372036854775808"),
	BUT_EXP(",'exp':18446744073709551615"),
	BUT_EXP(",'exp':18446744075509552216"),
	BUT_EXP(",'exp':111111111111111111111111111111111111111111111111111111111111111111111"),
	BUT_EXP(",'EXP':1800000600"),
	BUT_EXP(",'exp\\u0000':1800000600"),
	/* duplicates */
	AND("'exp':1800000600"),
	AND("'exp':9999999999"),
	BUT_EXP(",'exp':1,'exp':1800000600"),
	AND("'e\\u0078p':9999999999"),
	AND("'iss':'https://id.test'"),
	AND("'aud':'other'"),
	AND("'token_use':'refresh'"),
	AND("'sub':'a','sub':'b'"),
	AND("'x':{'y':1,'y':2}"),
	/* not JSON, or not only that */
	AND("'sub':'a\\u0000b'"),
	AND("'sub':'\\ud800'"),
	AND("'sub':'\xff'"),
	AND("'sub':'\xed\xa0\x80'"),
	AND("'sub':'a\nb'"),
	AND("'sub':'\\x41'"),
	AND("'x':[1,]"),
	AND("'x':01"),
	AND(""),
	AND("'x':[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]"),
	AND("'x':{'x':{'x':{'x':{'x':{'x':{'x':{'x':{'x':{'x':{'x':{'x':{'x':{'x':{'x':{'x'"
	    ":{}}}}}}}}}}}}}}}}}"),
	PAYLOAD "x",
	PAYLOAD PAYLOAD,
	PAYLOAD ",",
	"\xef\xbb\xbf" PAYLOAD,
	"[" PAYLOAD "]",
	"[]",
	"{}",
	"''",
	"'exp'",
	"null",
	"true",
	"1800000600",
	" ",
	"{",
	"{" CLAIMS,
	CLAIMS,
	"exp=1800000600",
	"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
	"{'exp':{'exp':{'exp':{'exp':{'exp':{'exp':{'exp':{'exp':{'exp':{'exp':{'exp':",
};

START_TEST(payloads)
{
	static const char *const SIGNED_BY[KEYS] = {
		HEADER(""),
		"{'alg':'ES256','typ':'JWT','kid':'es-1'}",
		"{'alg':'RS256','typ':'at+jwt','kid':'rs-1'}",
	};

	for (size_t i = 0; i < COUNT(PAYLOADS); i++)
		for (int k = 0; k < KEYS; k++)
			REFUSED(forge_signed(&keys[k],
					     forge_unsigned(SIGNED_BY[k], PAYLOADS[i])),
				"key %d: %s", k, PAYLOADS[i]);
}
END_TEST

int main(void)
{
	const TTest *const TESTS[] = {headers, headers_unsigned, payloads};

	return forge_run("jwt_content", TESTS, COUNT(TESTS), 500);
}
