#include "lib/foreign.h"
#include "lib/text.h"
#include "t/unit/unit.h"

#define B64_22 "abcdefghijklmnopqrstu."
#define B64_31 "abcdefghijklmnopqrstuvwxyzabcde"
#define B64_43 "abcdefghijklmnopqrstuvwxyz01234567890123456"
#define B64_86 B64_43 B64_43
#define HEX_40 "0123456789abcdef0123456789abcdef01234567"
#define HEX_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define A100                                                                             \
	"aaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbbaaaaaaaaaabbbbbbbbbb"
#define SUM_32 "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

static const char *const GOOD[] = {
	"$2a$04$" B64_22 B64_31,
	"$2y$15$" B64_22 B64_31,
	"bcrypt$$2b$15$" B64_22 B64_31,
	"bcrypt_sha256$$2b$15$" B64_22 B64_31,
	"$5$rounds=1000$salt$" B64_43,
	"$6$rounds=1000000$salt$" B64_86,
	"$5$a$" B64_43,
	"$5$0123456789abcdef$" B64_43,
	"$5$<\"'%&~(),-.>$" B64_43,
	"$y$j/.$" B64_22 "$" B64_43, /* N = 4, r = 1 */
	"$y$jDT$" B64_22 "$" B64_43, /* N = 2^16, r = 32: 256 MiB */
	"$y$j9T$ab1$" B64_43,
	"$y$j9T$" B64_43 "abcdefghijklmnopqrstuvwxyz01234567890123451$" B64_43,
	"$P$5abcdefgh" B64_22,
	"$H$Iabcdefgh" B64_22,
	"pbkdf2:sha1:1$s$" HEX_40,
	"pbkdf2:sha256:5000000$salt$" HEX_64,
	"pbkdf2:sha512:1$" A100 "$" HEX_64 HEX_64,
	"pbkdf2_sha256$5000000$salt$" SUM_32,
	"scrypt:2:1:1$s$" HEX_64 HEX_64,
	"scrypt:32768:1:16$s$" HEX_64 HEX_64,
	"scrypt:262144:8:2$s$" HEX_64 HEX_64, /* 256 MiB, twice */
	"scrypt:32768:64:2$s$" HEX_64 HEX_64,
};

static const char *const BAD[] = {
	"",
	"$",
	"!",
	"*",
	"*0",
	"x",
	"plain",
	"$2",
	"$2b",
	"$5$",
	"$y$j",
	"$y$jz",
	"$P$",
	"{SSHA}",
	"scrypt:",
	/* of others, or none */
	"$1$abcdefgh$abcdefghijklmnopqrstu.",
	"$3$$8846f7eaee8fb117ad06bdd830b7586c",
	"$7$CU..../....salt$" B64_43,
	"$gy$j9T$" B64_22 "$" B64_43,
	"$sha1$40000$salt$abcdefghijklmnopqrstuvwxyz01",
	"_J9..CCCCXBrJUJV154M",
	"CCNf8Sbh3HDfQ",
	"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
	"argon2$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
	"{SHA}C+7Hteo/D9vJXQ3UfzxbwnXaijM=",
	"{ssha}SprD0+Y37rBM3WfL6NuY2n4PirW0Vqo1",
	"{MD5}X03MO1qnZdYdgyfeuILPmQ==",
	"plain$$password",
	"sha256$salt$" HEX_64,
	"md5$salt$0123456789abcdef0123456789abcdef",
	"unsalted_md5$$0123456789abcdef0123456789abcdef",
	/* bcrypt: cost, letter, alphabet, length */
	"$2b$03$" B64_22 B64_31,
	"$2b$16$" B64_22 B64_31,
	"$2b$31$" B64_22 B64_31,
	"$2b$99$" B64_22 B64_31,
	"$2b$00$" B64_22 B64_31,
	"$2b$4$" B64_22 B64_31,
	"$2b$004$" B64_22 B64_31,
	"$2b$+4$" B64_22 B64_31,
	"$2b$ 4$" B64_22 B64_31,
	"$2b$-4$" B64_22 B64_31,
	"$2b$04" B64_22 B64_31,
	"$2b04$" B64_22 B64_31,
	"$2$04$" B64_22 B64_31,
	"$2ab$04$" B64_22 B64_31,
	"$2x$04$" B64_22 B64_31,
	"$2z$04$" B64_22 B64_31,
	"$2B$04$" B64_22 B64_31,
	"$2b$04$" B64_22 "+bcdefghijklmnopqrstuvwxyzabcde",
	"$2b$04$" B64_22 "abcdefghijklmnopqrstuvwxyzabcdf", /* spare bits */
	"$2b$04$" B64_22 B64_31 "a",
	"$2b$04$" B64_22 "abcdefghijklmnopqrstuvwxyzabcd",
	"bcrypt$2b$04$" B64_22 B64_31,
	"bcrypt$$$2b$04$" B64_22 B64_31,
	"bcrypt$$5$salt$" B64_43,
	"bcrypt_sha256$$2b$16$" B64_22 B64_31,
	"bcrypt_sha256$2b$04$" B64_22 B64_31,
	/* SHA-crypt */
	"$5$rounds=999$salt$" B64_43,
	"$5$rounds=1000001$salt$" B64_43,
	"$5$rounds=999999999$salt$" B64_43,
	"$5$rounds=18446744073709552616$salt$" B64_43,
	"$5$rounds=99999999999999999999999999$salt$" B64_43,
	"$5$rounds=05000$salt$" B64_43,
	"$5$rounds=+5000$salt$" B64_43,
	"$5$rounds=-5000$salt$" B64_43,
	"$5$rounds=0x1000$salt$" B64_43,
	"$5$rounds=$salt$" B64_43,
	"$5$rounds=5000$" B64_43,
	"$5$rounds=5000$$" B64_43,
	"$5$rounds=5000$rounds=6000$salt$" B64_43,
	"$5$$" B64_43,
	"$5$" B64_43,
	"$5$0123456789abcdefg$" B64_43,
	"$5$sa:lt$" B64_43,
	"$5$sa*lt$" B64_43,
	"$5$sa!lt$" B64_43,
	"$5$sa;lt$" B64_43,
	"$5$sa\\lt$" B64_43,
	"$5$sa lt$" B64_43,
	"$5$sa\nlt$" B64_43,
	"$5$sa\xc3\xa4lt$" B64_43,
	"$5$salt$" B64_86,
	"$6$salt$" B64_43,
	"$5$salt$$" B64_43,
	"$5$salt$+bcdefghijklmnopqrstuvwxyz01234567890123456",
	/* yescrypt: flavour, N, r, other parameters, salt */
	"$y$jET$" B64_22 "$" B64_43, /* 512 MiB */
	"$y$jDU$" B64_22 "$" B64_43, /* 256 MiB and more */
	"$y$jFT$" B64_22 "$" B64_43,
	"$y$jjj$" B64_22 "$" B64_43,
	"$y$jzT$" B64_22 "$" B64_43,
	"$y$j9z$" B64_22 "$" B64_43,
	"$y$j9k.$" B64_22 "$" B64_43,
	"$y$j9zzzzz$" B64_22 "$" B64_43,
	"$y$j.T$" B64_22 "$" B64_43, /* N = 2 */
	"$y$j9T.T$" B64_22 "$" B64_43, /* p */
	"$y$j9T/T$" B64_22 "$" B64_43, /* t */
	"$y$j9T5T$" B64_22 "$" B64_43, /* ROM */
	"$y$i9T$" B64_22 "$" B64_43,
	"$y$.9T$" B64_22 "$" B64_43,
	"$y$j9T" B64_22 "$" B64_43,
	"$y$j9$" B64_22 "$" B64_43,
	"$y$j9T$$" B64_43,
	"$y$j9T$a$" B64_43,
	"$y$j9T$ab2z$ab2$" B64_43,
	"$y$j9T$zz$" B64_43, /* spare bits */
	"$y$j9T$abz$" B64_43,
	"$y$j9T$" B64_43 B64_43 "a$" B64_43,
	"$y$j9T$" B64_43 B64_43 B64_22 "$" B64_43,
	"$y$j9T$" B64_22 "$" B64_86,
	"$y$j9T$" B64_22 "+$" B64_43,
	/* phpass */
	"$P$4abcdefgh" B64_22,
	"$P$Jabcdefgh" B64_22,
	"$P$Sabcdefgh" B64_22,
	"$P$zabcdefgh" B64_22,
	"$P$$abcdefgh" B64_22,
	"$P$9abcdefg+" B64_22,
	"$P$9abcdefg" B64_22,
	"$P$9abcdefghi" B64_22,
	"$S$9abcdefgh" B64_22,
	/* PBKDF2 */
	"pbkdf2:sha256$salt$" HEX_64,
	"pbkdf2:sha256:$salt$" HEX_64,
	"pbkdf2:sha256:0$salt$" HEX_64,
	"pbkdf2:sha256:5000001$salt$" HEX_64,
	"pbkdf2:sha256:4294967297$salt$" HEX_64,
	"pbkdf2:sha256:18446744073709551617$salt$" HEX_64,
	"pbkdf2:sha256:-1$salt$" HEX_64,
	"pbkdf2:sha256:+1$salt$" HEX_64,
	"pbkdf2:sha256:01$salt$" HEX_64,
	"pbkdf2:sha256: 1$salt$" HEX_64,
	"pbkdf2:sha256:1e3$salt$" HEX_64,
	"pbkdf2:sha256:1:1$salt$" HEX_64,
	"pbkdf2:sha256:1$$" HEX_64,
	"pbkdf2:sha256:1$" HEX_64,
	"pbkdf2:sha256:1$salt$" HEX_40,
	"pbkdf2:sha256:1$salt$",
	"pbkdf2:sha256:1$salt$" HEX_64 HEX_64,
	"pbkdf2:sha256:1$salt$$" HEX_64,
	"pbkdf2:sha256:1$sa lt$" HEX_64,
	"pbkdf2:sha256:1$sa\x7flt$" HEX_64,
	"pbkdf2:sha256:1$salt$0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
	"pbkdf2:sha256:1$salt$0123456789abcdeg0123456789abcdef0123456789abcdef0123456789abcdef",
	"pbkdf2:sha256:1$" A100 "abcdefghijklmnopqrstuvwxyz012$" HEX_64,
	"pbkdf2:sha1:1$salt$" HEX_64,
	"pbkdf2:sha512:1$salt$" HEX_64,
	"pbkdf2:md5:1$salt$0123456789abcdef0123456789abcdef",
	"pbkdf2:sha224:1$salt$" HEX_40,
	"pbkdf2:SHA256:1$salt$" HEX_64,
	"pbkdf2_sha256$0$salt$" SUM_32,
	"pbkdf2_sha256$5000001$salt$" SUM_32,
	"pbkdf2_sha256$1$$" SUM_32,
	"pbkdf2_sha256$1$salt$" HEX_64,
	"pbkdf2_sha256$1$salt$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY",
	"pbkdf2_sha256$1$salt$MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWZ=",
	"pbkdf2_sha256$1$salt$MDEyMzQ1Njc4OWFi\nY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
	"pbkdf2_sha256$1$salt$MDEyMzQ1Njc4OWFi",
	"pbkdf2_sha1$1$salt$" SUM_32,
	"pbkdf2_sha512$1$salt$" SUM_32,
	/* scrypt */
	"scrypt:0:8:1$s$" HEX_64 HEX_64,
	"scrypt:1:8:1$s$" HEX_64 HEX_64,
	"scrypt:3:8:1$s$" HEX_64 HEX_64,
	"scrypt:32767:8:1$s$" HEX_64 HEX_64,
	"scrypt:-16:8:1$s$" HEX_64 HEX_64,
	"scrypt:65536:1:1$s$" HEX_64 HEX_64,
	"scrypt:16:0:1$s$" HEX_64 HEX_64,
	"scrypt:16:8:0$s$" HEX_64 HEX_64,
	"scrypt:16:8:17$s$" HEX_64 HEX_64,
	"scrypt:16:65:1$s$" HEX_64 HEX_64,
	"scrypt:16:8:1073741824$s$" HEX_64 HEX_64,
	"scrypt:524288:8:1$s$" HEX_64 HEX_64,
	"scrypt:262144:8:3$s$" HEX_64 HEX_64,
	"scrypt:2097152:2:1$s$" HEX_64 HEX_64,
	"scrypt:9223372036854775808:8:1$s$" HEX_64 HEX_64,
	"scrypt:18446744073709551616:8:1$s$" HEX_64 HEX_64,
	"scrypt:16:8$s$" HEX_64 HEX_64,
	"scrypt:16:8:1:1$s$" HEX_64 HEX_64,
	"scrypt:16:8:1$" HEX_64 HEX_64,
	"scrypt:16:8:1$$" HEX_64 HEX_64,
	"scrypt:16:8:1$s$" HEX_64,
	"scrypt$s$" HEX_64 HEX_64,
	/* LDAP: no salt, too much of it, not base64 */
	"{SSHA}C+7Hteo/D9vJXQ3UfzxbwnXaijM=",
	"{SSHA}SprD0+Y37rBM3WfL6NuY2n4PirW0Vqo1=",
	"{SSHA}SprD0+Y37rBM3WfL6NuY2n4PirW0Vqo",
	"{SSHA}SprD0-Y37rBM3WfL6NuY2n4PirW0Vqo1",
	"{SSHA} SprD0+Y37rBM3WfL6NuY2n4PirW0Vqo1",
	"{SSHA}" A100 "abcdefghijkl1234",
	"{SSHA256}" SUM_32,
	"{SSHA512}SprD0+Y37rBM3WfL6NuY2n4PirW0Vqo1",
};

static struct arena *arena;

static void setup(void)
{
	arena = arena_new(4 << 20);
}

static void teardown(void)
{
	arena_free(&arena);
}

START_TEST(within_the_bounds)
{
	for (size_t i = 0; i < COUNT(GOOD); i++)
		ck_assert_msg(foreign_known(GOOD[i]), "%s", GOOD[i]);
}
END_TEST

/* In memory of their own size, so that a sanitizer sees a byte read too many */
START_TEST(other_forms_are_unknown)
{
	for (size_t i = 0; i < COUNT(BAD); i++) {
		char *hash = unit_exact(BAD[i], strlen(BAD[i]) + 1);

		ck_assert_msg(!foreign_known(hash), "%s", hash);
		ck_assert_int_eq(foreign_check(hash, "password"), PWHASH_MISMATCH);
		ck_assert_int_eq(foreign_check(hash, ""), PWHASH_MISMATCH);
		free(hash);
	}
	ck_assert(!foreign_known(NULL));
	ck_assert_int_eq(foreign_check(NULL, "password"), PWHASH_MISMATCH);
}
END_TEST

/* Nothing but the whole hash is one. */
START_TEST(damaged_hashes)
{
	for (size_t i = 0; i < COUNT(GOOD); i++) {
		const char *hash = GOOD[i];

		for (size_t len = 0; len < strlen(hash); len++) {
			char *cut = unit_exact(arena_dupn(arena, hash, len), len + 1);

			ck_assert_msg(!foreign_known(cut), "%s", cut);
			free(cut);
		}
		for (const char *more = "$ \n=a/:\x80"; *more; more++)
			ck_assert(
				!foreign_known(arena_printf(arena, "%s%c", hash, *more)));
		ck_assert(!foreign_known(arena_printf(arena, " %s", hash)));
		arena_reset(arena);
	}
}
END_TEST

/* Most make another form of it, some another hash: none may be read past its end. */
START_TEST(hostile_bytes)
{
	for (size_t i = 0; i < COUNT(GOOD); i++) {
		size_t n = strlen(GOOD[i]);
		char *copy = unit_exact(GOOD[i], n + 1);

		for (size_t at = 0; at < n; at++) {
			for (int byte = 0; byte < 256; byte++) {
				copy[at] = (char)byte;
				ck_assert(!foreign_known(copy) ||
					  (byte > 0x20 && byte < 0x7f));
			}
			copy[at] = GOOD[i][at];
		}
		free(copy);
	}
}
END_TEST

START_TEST(huge_hashes)
{
	static const char *const STARTS[] = {
		"$2b$04$",	 "$5$",	   "$6$rounds=",
		"$y$j9T$",	 "$P$9",   "pbkdf2:sha256:",
		"scrypt:",	 "{SSHA}", "pbkdf2_sha256$1$s$",
		"bcrypt$$2b$04$"};

	for (size_t i = 0; i < COUNT(STARTS); i++)
		for (size_t n = 256; n <= 65536; n *= 4)
			ck_assert(!foreign_known(
				arena_printf(arena, "%s%0*d", STARTS[i], (int)n, 1)));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		within_the_bounds, other_forms_are_unknown, damaged_hashes, hostile_bytes,
		huge_hashes,
	};

	return unit_run("foreign: forms and bounds", tests, COUNT(tests), setup,
			teardown);
}
