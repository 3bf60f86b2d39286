#include <sys/resource.h>

#include "lib/foreign.h"
#include "lib/text.h"
#include "t/unit/unit.h"

#define PLAIN	"correct horse"
#define ACCENTS "P\xc3\xa4ssw\xc3\xb6rd\xf0\x9f\x94\x91"

static struct arena *arena;

static void setup(void)
{
	arena = arena_new(1 << 20);
}

static void teardown(void)
{
	arena_free(&arena);
}

/* Made by python-bcrypt 3.2 (bcrypt), passlib 1.7's own sha-crypt, phpass, Django and
 * LDAP, Werkzeug 2.2, `openssl passwd` (Hello world!), Python's hashlib (scrypt) and
 * crypt (yescrypt: libcrypt itself); U*U is crypt_blowfish's own test. */
static const struct row {
	const char *hash, *password;
	size_t n; /* without a password: 0123456789abcdef, over and over, that long */
} ROWS[] = {
	{"$2a$04$BzW2I3v5OPHR6NYOrre3C.ZBXOwaCIRPU877R1AU/TDlQw.m4MLZe", PLAIN, 0},
	{"$2a$04$PYU7xw3gsat8mLCvMW4HLeZ3UmNTOV.YkKoj9ky50fIfRIAqYfmfW", ACCENTS, 0},
	{"$2a$04$fl3Xqcs2h0dHzw3SC9MRQeZMRLjwl2ZtBuMsqXEM0yQmtNA/6NIgC", "", 0},
	{"$2a$04$dAFqXKYGD3Abg48nHqtQX.WATqpBcjmBxj/cLx3gkji2iNnnrOpj6", NULL, 71},
	{"$2a$04$H9bmQ2Poje3kD2O7l4xyH.gzIP/q/awBq2Xyxur/abF5DQT7OWbfa", NULL, 72},
	{"$2a$04$Ys.y72pcWdzTEs82yoTSZOG2TxyyHxFgs.Ulv6OYb176SIyDIoxFG", NULL, 100},
	{"$2b$04$njmubiUJ0CNnh94cdmSlFeAODonNPzmEpSRywe00tccN/inTe0/8a", PLAIN, 0},
	{"$2b$04$z8oI4VCCesdhZJ4xrqnfmeuRE4GRs.Ag7PJWIKAj1CB1aprjk06Ni", ACCENTS, 0},
	{"$2b$04$lsUZszwNJiu5Jkmlera9kugPbac.ujGiOljcPhVDynNl9jkeLumUC", "", 0},
	{"$2b$04$4sokA5l7n37wBDi/6q4pa.7EuZI1jQpY3XDaOeWRsn3X/g65AzAcG", NULL, 71},
	{"$2b$04$PG1xMK4C3bC8WvL46/Nkee1cbEKDKU9BtgL7uMtocMqrKysw82BTm", NULL, 72},
	{"$2b$04$.6bTBG/Et8YIWNGzTTyGxe3nacnUT2dQZlVHiz/CqoG/8k5eMthia", NULL, 100},
	{"$2b$05$/OK.fbVrR/bpIqNJ5ianF.nRht2l/HRhr6zmCp9vYUvvsqynflf9e",
	 "\xff\xa3"
	 "345",
	 0},
	{"$2b$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e", "\xff\xff\xa3",
	 0},
	{"$2b$06$STDnCNAwVPDGZahA58qhYO1gGKFwSDOidstKojEm4zDrf7frazad.", PLAIN, 0},
	{"$5$rounds=1000$.X5MyJz1B8LlUmWd$wlrgl2Hxu7wb.okfY5fy9Iz8T3hjNwphIW"
	 "h0EdDYiDB",
	 PLAIN, 0},
	{"$5$rounds=1000$t3Trs1gmyrH.Opzo$II0QGGEP1c9AYD9cHxXytK7c5sqZbMiiA3"
	 "mwvG6K420",
	 ACCENTS, 0},
	{"$5$rounds=1000$QtoQUwDztRtAtnaS$GWcNQ2ovH0PxQu1Z89f3Vie6YLt6gjM7fb"
	 "A2vgQyRAA",
	 "", 0},
	{"$5$rounds=1000$59KaNpvkTG/CfCVX$On/imEL3F2hzsantiBIG5.ehoGOz66rwo7"
	 "kRHJ0OCg4",
	 NULL, 511},
	{"$5$7iHDyxx2jyAB6Nq6$9PT1BRHqKglksElP9r/O4y8MJdHQZrOWEgitZMpucu8", PLAIN, 0},
	{"$5$s$Ktsv2wGS7agmYNX9OpX24lCcGZ2BuqtMT5DM1qoJ2O9", PLAIN, 0},
	{"$6$rounds=1000$pF5Sn1.7w2mJE.y/$4Hm3AZyG0AipG37r1vN645D69P9PDVqEgs"
	 "rWonyYlh29.hByWP7T/ZGan9ROE9ifT84kdotbeOO.8ATF7Lbwj.",
	 PLAIN, 0},
	{"$6$rounds=1000$lX2FyETRzd4O0shl$/EYp2sLD4fAyrmHdMDrssA37LxC7oAW3DW"
	 "5oa41mPowkBSBdR9JSS8QLHNmyJr.CMkK9VLmxAECwpSJO6nkO21",
	 ACCENTS, 0},
	{"$6$rounds=1000$cM/Vb/CJYcpai.TY$sqiROIGf9EwVcD9Sa9SMSgDVtrMtH2RuWd"
	 "wc36GuPrQqcgsH9DyfwYqD3TCIfzwYRsu2Uwhc03OFiO2qF62ua.",
	 "", 0},
	{"$6$rounds=1000$rlB8vMiCvinNTdHN$PXVkBx6SRO4vlmdZGEpUIQpW7Gmrtkp1rD"
	 "kRxUgI6IJGrnTF8mYIOw75ZC.XnMGs8lDTBxObm60FDu.e5ZEgb.",
	 NULL, 511},
	{"$6$mX1g8wQYcYWOJpUw$jiGyuTRCtCgk.pVDoZsQOaZx9F1Nxs0nSp9xL0p2D6i5Kp"
	 "r8CLfeWsdh.C24fRQiHFcjzYztD2NVMfSEFZs.51",
	 PLAIN, 0},
	{"$6$s$ZdW4dNq9J8y3eJh70DyCvbc44bMlGpRZwoGUtVjumJmyWWGlGklvBv9nhS49T"
	 "phOWurkUTpFq/7F4iQmIj6v10",
	 PLAIN, 0},
	{"$y$j75$abcdefghijklmnopqrst/.$C3EV2D9BzEx.TzoXGfG8/09c844UiY06UAws"
	 "tz5l8H0",
	 PLAIN, 0},
	{"$y$j75$abcdefghijklmnopqrst/.$8BtAeQRfyXPVZuK.GBsZpDYDZtaNT4767O6c"
	 "cmO4Og0",
	 ACCENTS, 0},
	{"$y$j75$abcdefghijklmnopqrst/.$H9EUUSjBzyDqrEyRHSul842p17l5FV/AOHhp"
	 "1aepmD0",
	 "", 0},
	{"$y$j75$abcdefghijklmnopqrst/.$.DtkO5I9ZqLXsGlaVpJex4Zok.Twhn0ki/nc"
	 "qhAXPyC",
	 NULL, 511},
	{"$y$j9T$LdZQwKoFXSmHEcGdSPl8l/$WjBLq75sVdo6KzZXZWFXaxEsBBqm54AttBlC"
	 "s8IWz07",
	 PLAIN, 0},
	{"$P$63Jfw3kFyl7iO0SizzywueLbaJegzd/", PLAIN, 0},
	{"$H$9GlJ7FZy4NqdVOmbBLe28sGLwd28Wo/", PLAIN, 0},
	{"$P$6YSs/S7JcNQXW6ft2raE57ZZ/Zrvgj1", ACCENTS, 0},
	{"$H$90OcS5YKbH1aHQj8TWpcP62cfZPzUn1", ACCENTS, 0},
	{"$P$6BuFRVO8YqJf/rkHnhqL24Jwq/T2jd.", "", 0},
	{"$H$9yBz.Og7Q5VG6Lt5x1VpJsV4y4R1eI1", "", 0},
	{"$P$6KQVsMm5P9XRIzKGECmscrUnNzdiEf/", NULL, 1024},
	{"$H$9PFkUaREG.mPI.xztNI7EAeEI4ySTX.", NULL, 1024},
	{"pbkdf2:sha1:50000$QeNUeOgjTf3WWJ4z$56a402019cdbbd813a0833354baa47c"
	 "a0ab3d24c",
	 PLAIN, 0},
	{"pbkdf2:sha1:1000$ldhlQLxd$514a227cea495d46e418a7fa16d06c940bd2dda8", ACCENTS,
	 0},
	{"pbkdf2:sha1:1000$08DOtN0fk1gIo31f$50ffe60ab4abe57608900f362fc17d57"
	 "4eb5f8e3",
	 "", 0},
	{"pbkdf2:sha1:1000$dYaYEUOU4viIAVR5$5a6110aff50a0437e84c5a12a7740cf1"
	 "20fa4876",
	 NULL, 1024},
	{"pbkdf2:sha256:50000$k0waiAQYuh7ee2HV$139e1a0a8ea34009321ec0cb361f5"
	 "0664f3b07c27849ebea16dd039ffc117175",
	 PLAIN, 0},
	{"pbkdf2:sha256:1000$zyyVBrCJ$0d05a6949d67cf70c431bb9a422309ae620f3a"
	 "1821a544e9f553a893fc653d3d",
	 ACCENTS, 0},
	{"pbkdf2:sha256:1000$K7CkFOY5tOeDm5YL$2275c76f0cebfc73ffa1c2d5f54164"
	 "a048409724fa056c8a255b144a779f111b",
	 "", 0},
	{"pbkdf2:sha256:1000$L8VJZP5HZuZA7G10$3848e42c18b9cb38d332a7a417dca2"
	 "b1630b50e728b865fbe83625eb085e4b68",
	 NULL, 1024},
	{"pbkdf2:sha512:50000$y7GoVhrcAxItDxa1$d2a97b7244cf8ab89e4537a4cb249"
	 "b9b2c2f0de164f7ea1084f121fabf57a8b783cf504c98538bd2dba8be36c55865c"
	 "7d6ce7eb1df06f87294b651a7f03ea023",
	 PLAIN, 0},
	{"pbkdf2:sha512:1000$5QutuwWW$c71d55835bd3e98a0518b00bb0b1e043faec44"
	 "df7993ec7126c872783226c07c7628e483534a845caa130fa2ffc6cd31dc19e3f9"
	 "f2cfd2e3ddf1556da6cbfb10",
	 ACCENTS, 0},
	{"pbkdf2:sha512:1000$LXTmBxs21QCy8F6V$3ade6fdb6450ac7678672203ed3c4a"
	 "6d28ff66ef40865dbdf6a7aa0f3cf2175b2ce0282217102ac363c483fa8d3f65a0"
	 "2d07e08f0e74d13be42d8f83dae5a942",
	 "", 0},
	{"pbkdf2:sha512:1000$W9EaKD4qxSzFWZ5C$8af2ed184bc5f5ef120b4cf030e5ae"
	 "343c422e8a9ea589d0e46ace07702dfe0b436bfd116a4713dacc2a5ebcf2cd3e97"
	 "609dcb135e357ceb34df83dd5f5000fd",
	 NULL, 1024},
	{"pbkdf2:sha256:1$Cwq7GohTKpdEilQR$0418fb62bc56ed603a0f0240499c1e4b3"
	 "dfa527d22ab1af4ff361f73c0df0489",
	 PLAIN, 0},
	{"pbkdf2_sha256$1200$XOwd4g6v9gCJ$5ctOvuyc0fEzgK1NK8TJs/YACRveclVKy4"
	 "uxKkStTXs=",
	 PLAIN, 0},
	{"pbkdf2_sha256$1200$VL1pHSbWzqYC$Puag/E2zN126i/WCDiL6JMjtRzP5S0FIc3"
	 "2n1qKZHiE=",
	 ACCENTS, 0},
	{"pbkdf2_sha256$1200$9JG5cjcShW20$eZqxsBz9761vMfFewya17gyhJTnO9lqt7U"
	 "fGAOm3FN0=",
	 NULL, 1024},
	{"pbkdf2_sha1$1200$q9pxIBnFU0cf$UuGEQei+PgnWF/iKiNmcZPsQO6w=", PLAIN, 0},
	{"pbkdf2_sha1$1200$pj5eKGwZarlS$WTvLRzlXgffotDmrv3pmPBDhbgw=", ACCENTS, 0},
	{"pbkdf2_sha1$1200$6Sbax0i6Hamn$Of9VIM7OB6Nox/+91UOyGueFT1Q=", NULL, 1024},
	{"bcrypt_sha256$$2b$04$fXq9MYgTy7.bLhj52A5sh.P64zR9b1KbATFGHIH8D8JgG"
	 "B0JFb5w.",
	 PLAIN, 0},
	{"bcrypt_sha256$$2b$04$CvApJNMM/XVrQnnOmKFQmuEOTaH.zQd.LHPmrK8/TB9rK"
	 "CtXvUBxS",
	 ACCENTS, 0},
	{"bcrypt_sha256$$2b$04$NnyQkSUu44WZFTDYz7/hmuQ8Bvdnam/6QJxnVThW5iRsa"
	 "MYMTcVQu",
	 NULL, 1024},
	{"bcrypt$$2b$04$RVEp75szHI22Ys9LE3d08eD.yV1a01WNzXfw5buSI.RrfJduYmgW"
	 "y",
	 PLAIN, 0},
	{"scrypt:16:1:1$x$1980d45b81f2945a0ccb7e1caaa7aa093d89d556e9da89849e"
	 "be753802d3af7ed8ac7ae9dc237a51560b33779538685eb6053bcad05126438088"
	 "7c9363032fc1",
	 "", 0},
	{"scrypt:1024:8:16$NaCl$fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc823"
	 "7830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee"
	 "6d8360cbdfa2cc0640",
	 "password", 0},
	{"scrypt:32768:8:1$AbCdEfGh12345678$a40e151ba14e69c5af5070ad83a3d483"
	 "1fdec420a8564063ac8db3295a779cc32c8b89881a044abe960c04ed72c9c4f207"
	 "6c0f1af16a174e818ab321bf472a48",
	 PLAIN, 0},
	{"scrypt:64:2:3$salty$8d33bfa6fb8973f4771a2bc6694c804cd1c21681573bae"
	 "cb496e921edd624e8e694e291a21155b671623a9af91433539ef4ebe6793ed18c0"
	 "8f41c99b6ad3db53",
	 ACCENTS, 0},
	{"scrypt:256:8:1$l0ng$d9e48c534ae14b5237f3511e3303c3f006bd724b913faf"
	 "f92c9dd7052b142f5e239bb147d5ddb2c8bfeab9f689d04a9625958ce4568b9836"
	 "f6b26bd463736418",
	 NULL, 1024},
	{"{SSHA}sWD5HHnz9bd6TxDfa/JLrBiyxAWQ8p4T", PLAIN, 0},
	{"{SSHA}0K9bvq44bnAU6Dh5bR8UbWbLgdbDGIPw", ACCENTS, 0},
	{"{SSHA}LzNydYabTPDAaqrrN9wZb5EA6JH/Pydk", NULL, 1024},
	{"{SSHA256}gsp6PdT1TPrZGcuVgOJbIszu/308SrfdVTse9cQrU4WzFmIsZcx5jw==", PLAIN, 0},
	{"{SSHA256}Pr2pH3ZU7BSuVwqOaJFDmaI/Yu2FNmkzp4jDPZ53PvzqHcP4HwOA8A==", ACCENTS, 0},
	{"{SSHA256}RUTcu3rAENCkX+E0jdnVCh2j4lteigcRMZ36YepLLKFQSomxFsK4lw==", NULL, 1024},
	{"{SSHA512}ndWrrZUy1oqxD01nfyq3pPPjbZwszRneQEhDBwKyOQIFPoJ79zzwQVETS"
	 "LL1M5KAICcU9WMKmoXqSvye3IEh5Z5TivEeI6TU",
	 PLAIN, 0},
	{"{SSHA512}Ut7tbQACucXwMsS6nVdxXj08G4yS4VknFgxaQTIb0sRtSGMum9Je/kgU8"
	 "L8CqSvRXVCvn2n39bwCdH6nWbREY6hVSmnNWet9",
	 ACCENTS, 0},
	{"{SSHA512}2ikRrnt+YdVxEr0yoJ40LGzFjc2mww0AClUqKiCJjxxt7rwR+gHrhQXZj"
	 "+PVNpZYkZ0gFnidIVsv20t99LZ4TDCGMEaIkZIy",
	 NULL, 1024},
	{"$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U", 0},
	{"$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", "Hello world!", 0},
	{"$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2"
	 ".opqey6IcA",
	 "Hello world!", 0},
	{"$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJ"
	 "uesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
	 "Hello world!", 0},
	{"$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0", "test12345", 0},
};

static const char *long_password(size_t n)
{
	char *password = arena_alloc(arena, n + 1);

	for (size_t i = 0; i < n; i++)
		password[i] = "0123456789abcdef"[i % 16];
	return password;
}

static const char *password_of(const struct row *row)
{
	return row->password ? row->password : long_password(row->n);
}

START_TEST(known_answers)
{
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		ck_assert_msg(foreign_known(ROWS[i].hash), "%s", ROWS[i].hash);
		ck_assert_msg(foreign_check(ROWS[i].hash, password_of(&ROWS[i])) ==
				      PWHASH_MATCH,
			      "%s", ROWS[i].hash);
	}
}
END_TEST

START_TEST(other_passwords)
{
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		const char *right = password_of(&ROWS[i]);
		size_t n = strlen(right);
		char *shorter = arena_dup(arena, right),
		     *changed = arena_dup(arena, right);

		if (n == 0)
			continue;
		changed[0] ^= 1;
		ck_assert_int_eq(foreign_check(ROWS[i].hash, changed), PWHASH_MISMATCH);
		ck_assert_int_eq(foreign_check(ROWS[i].hash, ""), PWHASH_MISMATCH);
		if (n > 72 && text_starts(ROWS[i].hash, "$2"))
			continue;
		shorter[n - 1] = '\0';
		ck_assert_int_eq(foreign_check(ROWS[i].hash, shorter), PWHASH_MISMATCH);
		ck_assert_int_eq(
			foreign_check(ROWS[i].hash, arena_printf(arena, "%s ", shorter)),
			PWHASH_MISMATCH);
	}
}
END_TEST

/* NFC and NFD are two passwords. */
START_TEST(byte_for_byte)
{
	for (size_t i = 0; i < COUNT(ROWS); i++)
		if (ROWS[i].password && strcmp(ROWS[i].password, ACCENTS) == 0)
			ck_assert_int_eq(foreign_check(ROWS[i].hash,
						       "Pa\xcc\x88sswo\xcc\x88rd"
						       "\xf0\x9f\x94\x91"),
					 PWHASH_MISMATCH);
}
END_TEST

/* The bytes behind the cut are not seen, whichever and however many they are. */
START_TEST(bcrypt_sees_72_bytes)
{
	static const size_t LENGTHS[] = {72, 73, 255, 256, 511, 512, 1023, 1024};
	size_t seen = 0;

	for (size_t i = 0; i < COUNT(ROWS); i++) {
		if (ROWS[i].n != 72)
			continue;
		seen++;
		for (size_t k = 0; k < COUNT(LENGTHS); k++)
			ck_assert_int_eq(
				foreign_check(ROWS[i].hash, long_password(LENGTHS[k])),
				PWHASH_MATCH);
		ck_assert_int_eq(foreign_check(ROWS[i].hash, long_password(71)),
				 PWHASH_MISMATCH);
		ck_assert_int_eq(foreign_check(ROWS[i].hash, long_password(1025)),
				 PWHASH_MISMATCH);
	}
	ck_assert_uint_eq(seen, 2);
}
END_TEST

START_TEST(too_long_passwords)
{
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		if (ROWS[i].n < 511)
			continue;
		ck_assert_int_eq(
			foreign_check(ROWS[i].hash, long_password(ROWS[i].n + 1)),
			PWHASH_MISMATCH);
		ck_assert_int_eq(foreign_check(ROWS[i].hash, long_password(5000)),
				 PWHASH_MISMATCH);
	}
}
END_TEST

START_TEST(bcrypt_variants)
{
	/* of ROWS: the letter says who made it, the hash is the same */
	static const char HASH[] =
		"$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
	char other[sizeof HASH];

	memcpy(other, HASH, sizeof HASH);
	for (const char *letter = "aby"; *letter; letter++) {
		other[2] = *letter;
		ck_assert_int_eq(foreign_check(other, "U*U"), PWHASH_MATCH);
		ck_assert_int_eq(
			foreign_check(arena_printf(arena, "bcrypt$%s", other), "U*U"),
			PWHASH_MATCH);
	}
	/* bits of the salt's last digit that nobody uses */
	other[2] = 'b';
	other[28] = '/';
	ck_assert_int_eq(foreign_check(other, "U*U"), PWHASH_MATCH);
	ck_assert_int_eq(foreign_check(other, "U*V"), PWHASH_MISMATCH);
	other[2] = 'x';
	ck_assert(!foreign_known(other));
}
END_TEST

/* The hash proper, changed in one digit */
START_TEST(other_hashes)
{
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		char *other = arena_dup(arena, ROWS[i].hash);
		char *at = other + strlen(other) - 10;

		*at = *at == 'a' ? 'b' : 'a';
		ck_assert_msg(foreign_known(other), "%s", other);
		ck_assert_int_eq(foreign_check(other, password_of(&ROWS[i])),
				 PWHASH_MISMATCH);
	}
}
END_TEST

/* A check leaves nothing that the next one sees. */
START_TEST(one_after_the_other)
{
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < COUNT(ROWS); i += 5) {
			ck_assert_int_eq(foreign_check(ROWS[i].hash, "wrong"),
					 PWHASH_MISMATCH);
			ck_assert_int_eq(
				foreign_check(ROWS[i].hash, password_of(&ROWS[i])),
				PWHASH_MATCH);
		}
}
END_TEST

#ifndef __SANITIZE_ADDRESS__
START_TEST(no_memory_is_not_a_wrong_password)
{
	static const char *const BIG[] = {
		"$y$jDT$abcdefghijklmnopqrstu.$abcdefghijklmnopqrstuvwxyz01234567890123456",
		"scrypt:262144:8:2$s$0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	};
	struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};

	if (unit_valgrind_without("a foreign hash without memory"))
		return;
	ck_assert_int_eq(foreign_check(ROWS[0].hash, PLAIN), PWHASH_MATCH);
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &none), 0);
	for (size_t i = 0; i < COUNT(BIG); i++)
		ck_assert_int_eq(foreign_check(BIG[i], "password"), PWHASH_DOWN);
	ck_assert_int_eq(foreign_check(ROWS[0].hash, PLAIN), PWHASH_MATCH);
}
END_TEST
#endif

int main(void)
{
	const TTest *const tests[] = {
		known_answers,
		other_passwords,
		byte_for_byte,
		bcrypt_sees_72_bytes,
		too_long_passwords,
		bcrypt_variants,
		other_hashes,
		one_after_the_other,
#ifndef __SANITIZE_ADDRESS__
		no_memory_is_not_a_wrong_password,
#endif
	};

	return unit_run("foreign", tests, COUNT(tests), setup, teardown);
}
