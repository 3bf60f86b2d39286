#include "lib/foreign.h"

#include <crypt.h>

#include "lib/crypto.h"
#include "lib/secret.h"
#include "lib/text.h"

enum {
	PASSWORD_MAX = 1024,
	HASH_MAX = 512,
	SCRATCH = 64 * 1024, /* struct crypt_data is half of it */
	SUM_MAX = 64,
	MEMORY_MAX = 256 * 1024 * 1024,
	SALT_MAX = 128,
	BCRYPT_SEEN = 72,
	BCRYPT_COST_MIN = 4,
	BCRYPT_COST_MAX = 15,
	SHA_ROUNDS_MIN = 1000,
	SHA_ROUNDS_MAX = 1000 * 1000,
	SHA_SALT_MAX = 16,
	YESCRYPT_LOG2_MIN = 2,
	YESCRYPT_ONE_DIGIT = 48, /* more takes several digits */
	YESCRYPT_SALT_MAX = 86, /* 64 bytes */
	PHPASS_SALT = 8,
	PHPASS_SUM = 16,
	PHPASS_LOG2_MIN = 7,
	PHPASS_LOG2_MAX = 20,
	PBKDF2_ITERATIONS_MAX = 5 * 1000 * 1000,
	SCRYPT_R_MAX = 64,
	SCRYPT_P_MAX = 16,
	SCRYPT_WORK_MAX = 1 << 22, /* N r p */
	SCRYPT_BESIDES = 1024 * 1024, /* 128 r (p + 2): what N does not count */
	LDAP_SALT_MAX = 64,
};

/* The digits of crypt(5), phpass and bcrypt; the first two count them in this order. */
static const char DIGITS64[] =
	"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

struct form;

/* Texts and bytes are the scratch memory's, or part of the hash. */
struct parsed {
	const struct form *form;
	const char *setting; /* as crypt_r() takes it */
	const char *salt;
	const uint8_t *sum, *sum_salt; /* LDAP's salt is of bytes */
	size_t sum_len, sum_salt_len;
	int64_t rounds;
	struct crypto_scrypt_cost scrypt;
};

/* No prefix is the beginning of another. */
struct form {
	const char *prefix;
	/* The rest of it, `at` being what follows the prefix */
	bool (*parse)(const char *at, struct parsed *out);
	enum pwhash_verdict (*check)(const struct parsed *parsed, const char *password);
	size_t len; /* of the hash proper: bytes, or digits where libcrypt makes them */
	enum crypto_hash hash; /* where the prefix decides it */
};

/* Everything that is derived of a password lies here, and is wiped after each call. */
static _Thread_local struct arena *scratch;

static enum pwhash_verdict verdict(bool equal)
{
	return equal ? PWHASH_MATCH : PWHASH_MISMATCH;
}

/* ---- readers: each moves `*at` behind what it took ---- */

/* What stands before `stop`, which is taken, too; NULL: it does not come */
static const char *take_until(const char **at, char stop)
{
	const char *end = strchr(*at, stop);
	const char *part;

	if (!end)
		return NULL;
	part = arena_dupn(scratch, *at, (size_t)(end - *at));
	*at = end + 1;
	return part;
}

/* A decimal without leading zeros */
static bool take_number(const char **at, char stop, int64_t max, int64_t *out)
{
	const char *part = take_until(at, stop);

	return part && *part != '0' && text_number(part, 1, max, out);
}

/* Visible ASCII, not empty, up to the next '$' */
static bool take_salt(const char **at, size_t max, const char **out)
{
	const char *part = take_until(at, '$');
	size_t n = 0;

	if (!part)
		return false;
	while (part[n] > ' ' && part[n] < 0x7f)
		n++;
	if (n == 0 || n > max || part[n])
		return false;
	*out = part;
	return true;
}

static bool is_digits64(const char *text, size_t n)
{
	return strlen(text) == n && strspn(text, DIGITS64) == n;
}

/* The value of a digit; 64: it is none */
static size_t digit64(char c)
{
	const char *at = c ? strchr(DIGITS64, c) : NULL;

	return at ? (size_t)(at - DIGITS64) : 64;
}

/* ---- libcrypt ---- */

/* Only the end is compared: before it, libcrypt writes bcrypt's salt in its own way. */
static enum pwhash_verdict check_crypt(const struct parsed *parsed, const char *password)
{
	struct crypt_data *data = arena_alloc(scratch, sizeof *data);
	size_t n = parsed->form->len;
	const char *made;

	if (strlen(password) >= CRYPT_MAX_PASSPHRASE_SIZE)
		return PWHASH_MISMATCH;
	made = crypt_r(password, parsed->setting, data);
	/* The form was found good: what is missing is memory. */
	if (!made || *made == '*' || strlen(made) < n)
		return PWHASH_DOWN;
	return verdict(secret_equal(made + strlen(made) - n,
				    parsed->setting + strlen(parsed->setting) - n, n));
}

static enum pwhash_verdict check_bcrypt(const struct parsed *parsed, const char *password)
{
	return check_crypt(parsed,
			   arena_dupn(scratch, password, strnlen(password, BCRYPT_SEEN)));
}

static enum pwhash_verdict check_bcrypt_sha256(const struct parsed *parsed,
					       const char *password)
{
	uint8_t *sum = arena_alloc(scratch, CRYPTO_SHA256_LEN);

	crypto_sha256(password, strlen(password), sum);
	return check_crypt(parsed, text_hex(scratch, sum, CRYPTO_SHA256_LEN));
}

/* `at` is "b$12$", 22 digits of salt and 31 of hash, whose last two bits are zero. Those
 * of the salt need not be: some have written them at random. */
static bool parse_bcrypt(const char *at, struct parsed *out)
{
	int cost;

	if (strspn(at, "aby") != 1 || at[1] != '$' || strspn(at + 2, "0123456789") != 2 ||
	    at[4] != '$')
		return false;
	cost = (at[2] - '0') * 10 + at[3] - '0';
	if (cost < BCRYPT_COST_MIN || cost > BCRYPT_COST_MAX ||
	    !is_digits64(at + 5, 53) || !strchr(".CGKOSWaeimquy26", at[5 + 52]))
		return false;
	out->setting = at - strlen("$2");
	return true;
}

static bool parse_sha_crypt(const char *at, struct parsed *out)
{
	const char *rest = at, *salt;
	int64_t rounds = SHA_ROUNDS_MIN;

	if (text_starts(rest, "rounds=")) {
		rest += strlen("rounds=");
		if (!take_number(&rest, '$', SHA_ROUNDS_MAX, &rounds))
			return false;
	}
	/* libcrypt takes none of the five in a setting. */
	if (rounds < SHA_ROUNDS_MIN || !take_salt(&rest, SHA_SALT_MAX, &salt) ||
	    strpbrk(salt, "!*:;\\") || !is_digits64(rest, out->form->len))
		return false;
	out->setting = at - strlen(out->form->prefix);
	return true;
}

/* Little-endian groups of four digits; the bits left over in the last one are zero. */
static bool is_yescrypt_salt(const char *salt)
{
	/* By length modulo 4: the last digit is less. */
	static const size_t ENDS[] = {64, 0, 4, 16};
	size_t n = strlen(salt);

	return is_digits64(salt, n) && digit64(salt[n - 1]) < ENDS[n % 4];
}

/* `at` is two digits, log2(N) - 1 and r - 1; with other parameters there are more. */
static bool parse_yescrypt(const char *at, struct parsed *out)
{
	size_t log2 = digit64(at[0]) + 1, r;
	const char *rest, *salt;

	if (log2 < YESCRYPT_LOG2_MIN || log2 > YESCRYPT_ONE_DIGIT)
		return false;
	r = digit64(at[1]) + 1;
	if (r > YESCRYPT_ONE_DIGIT || at[2] != '$' ||
	    (uint64_t)128 * r << log2 > MEMORY_MAX)
		return false;
	rest = at + 3;
	if (!take_salt(&rest, YESCRYPT_SALT_MAX, &salt) || !is_yescrypt_salt(salt) ||
	    !is_digits64(rest, out->form->len))
		return false;
	out->setting = at - strlen(out->form->prefix);
	return true;
}

/* ---- phpass: https://www.openwall.com/phpass/ ---- */

/* As crypt(5) does: six bits after six, from the lowest of the first byte */
static char *digits64(const uint8_t *bytes, size_t n)
{
	char *text = arena_alloc(scratch, n * 8 / 6 + 2), *to = text;
	uint32_t bits = 0;
	int have = 0;

	for (size_t i = 0; i < n; i++) {
		bits |= (uint32_t)bytes[i] << have;
		for (have += 8; have >= 6; have -= 6, bits >>= 6)
			*to++ = DIGITS64[bits & 63];
	}
	if (have)
		*to++ = DIGITS64[bits];
	*to = '\0';
	return text;
}

/* One behind the other */
static uint8_t *joined(const void *a, size_t a_len, const void *b, size_t b_len)
{
	uint8_t *both = arena_alloc(scratch, a_len + b_len + 1);

	memcpy(both, a, a_len);
	memcpy(both + a_len, b, b_len);
	return both;
}

static enum pwhash_verdict check_phpass(const struct parsed *parsed, const char *password)
{
	static const uint8_t ROOM[PHPASS_SUM];
	size_t n = strlen(password);
	uint8_t *sum = joined(ROOM, PHPASS_SUM, password, n);

	crypto_digest(CRYPTO_MD5, joined(parsed->salt, PHPASS_SALT, password, n),
		      PHPASS_SALT + n, sum);
	for (int64_t i = 0; i < parsed->rounds; i++)
		crypto_digest(CRYPTO_MD5, sum, PHPASS_SUM + n, sum);
	return verdict(
		secret_equal_text(digits64(sum, PHPASS_SUM), parsed->salt + PHPASS_SALT));
}

/* A digit for log2 of the rounds, 8 of salt, 22 of hash */
static bool parse_phpass(const char *at, struct parsed *out)
{
	size_t log2 = digit64(*at);

	if (log2 < PHPASS_LOG2_MIN || log2 > PHPASS_LOG2_MAX ||
	    !is_digits64(at, 1 + PHPASS_SALT + 22))
		return false;
	out->rounds = (int64_t)1 << log2;
	out->salt = at + 1;
	return true;
}

/* ---- Werkzeug and Django ---- */

static enum pwhash_verdict check_pbkdf2(const struct parsed *parsed, const char *password)
{
	uint8_t *made = arena_alloc(scratch, SUM_MAX);

	crypto_pbkdf2(parsed->form->hash, password, parsed->salt, (int)parsed->rounds,
		      made, parsed->form->len);
	return verdict(secret_equal(made, parsed->sum, parsed->form->len));
}

static enum pwhash_verdict check_scrypt(const struct parsed *parsed, const char *password)
{
	uint8_t *made = arena_alloc(scratch, SUM_MAX);

	if (!crypto_scrypt(&parsed->scrypt, password, parsed->salt, made,
			   parsed->form->len))
		return PWHASH_DOWN;
	return verdict(secret_equal(made, parsed->sum, parsed->form->len));
}

static bool take_hex_sum(const char *at, struct parsed *out)
{
	uint8_t *sum;
	size_t n;

	if (!text_unhex(scratch, at, &sum, &n) || n != out->form->len)
		return false;
	out->sum = sum;
	return true;
}

static bool parse_werkzeug_pbkdf2(const char *at, struct parsed *out)
{
	return take_number(&at, '$', PBKDF2_ITERATIONS_MAX, &out->rounds) &&
	       take_salt(&at, SALT_MAX, &out->salt) && take_hex_sum(at, out);
}

static bool parse_django_pbkdf2(const char *at, struct parsed *out)
{
	uint8_t *sum;
	size_t n;

	if (!take_number(&at, '$', PBKDF2_ITERATIONS_MAX, &out->rounds) ||
	    !take_salt(&at, SALT_MAX, &out->salt) ||
	    !base64_decode(scratch, at, strlen(at), &sum, &n) || n != out->form->len)
		return false;
	out->sum = sum;
	return true;
}

/* RFC 7914 §2: N is a power of two, more than 1, less than 2^(16 r). */
static bool parse_scrypt(const char *at, struct parsed *out)
{
	int64_t n, r, p;

	if (!take_number(&at, ':', MEMORY_MAX / 128, &n) ||
	    !take_number(&at, ':', SCRYPT_R_MAX, &r) ||
	    !take_number(&at, '$', SCRYPT_P_MAX, &p) || n < 2 || (n & (n - 1)) ||
	    (r == 1 && n >= 1 << 16) || n * r > MEMORY_MAX / 128 ||
	    n * r * p > SCRYPT_WORK_MAX)
		return false;
	out->scrypt = (struct crypto_scrypt_cost){
		.n = (uint64_t)n,
		.r = (uint64_t)r,
		.p = (uint64_t)p,
		.memory_max = MEMORY_MAX + SCRYPT_BESIDES,
	};
	return take_salt(&at, SALT_MAX, &out->salt) && take_hex_sum(at, out);
}

/* ---- LDAP ---- */

static enum pwhash_verdict check_ldap(const struct parsed *parsed, const char *password)
{
	size_t n = strlen(password);
	uint8_t *made = arena_alloc(scratch, SUM_MAX);

	crypto_digest(parsed->form->hash,
		      joined(password, n, parsed->sum_salt, parsed->sum_salt_len),
		      n + parsed->sum_salt_len, made);
	return verdict(secret_equal(made, parsed->sum, parsed->form->len));
}

/* base64 of the digest of password and salt, and then the salt */
static bool parse_ldap(const char *at, struct parsed *out)
{
	size_t len = out->form->len, n;
	uint8_t *bytes;

	if (!base64_decode(scratch, at, strlen(at), &bytes, &n) || n <= len ||
	    n > len + LDAP_SALT_MAX)
		return false;
	out->sum = bytes;
	out->sum_salt = bytes + len;
	out->sum_salt_len = n - len;
	return true;
}

/* ---- all of them ---- */

static const struct form FORMS[] = {
	{"$2", parse_bcrypt, check_bcrypt, 31},
	{"$5$", parse_sha_crypt, check_crypt, 43},
	{"$6$", parse_sha_crypt, check_crypt, 86},
	{"$y$j", parse_yescrypt, check_crypt, 43},
	{"$P$", parse_phpass, check_phpass, 16},
	{"$H$", parse_phpass, check_phpass, 16},
	{"pbkdf2:sha1:", parse_werkzeug_pbkdf2, check_pbkdf2, 20, CRYPTO_SHA1},
	{"pbkdf2:sha256:", parse_werkzeug_pbkdf2, check_pbkdf2, 32, CRYPTO_SHA256},
	{"pbkdf2:sha512:", parse_werkzeug_pbkdf2, check_pbkdf2, 64, CRYPTO_SHA512},
	{"scrypt:", parse_scrypt, check_scrypt, 64},
	{"pbkdf2_sha1$", parse_django_pbkdf2, check_pbkdf2, 20, CRYPTO_SHA1},
	{"pbkdf2_sha256$", parse_django_pbkdf2, check_pbkdf2, 32, CRYPTO_SHA256},
	{"bcrypt$$2", parse_bcrypt, check_bcrypt, 31},
	{"bcrypt_sha256$$2", parse_bcrypt, check_bcrypt_sha256, 31},
	{"{SSHA}", parse_ldap, check_ldap, 20, CRYPTO_SHA1},
	{"{SSHA256}", parse_ldap, check_ldap, 32, CRYPTO_SHA256},
	{"{SSHA512}", parse_ldap, check_ldap, 64, CRYPTO_SHA512},
};

static bool parse(const char *hash, struct parsed *out)
{
	if (!scratch)
		scratch = arena_new(SCRATCH);
	if (!hash || strnlen(hash, HASH_MAX + 1) > HASH_MAX)
		return false;
	for (size_t i = 0; i < COUNT(FORMS); i++) {
		if (!text_starts(hash, FORMS[i].prefix))
			continue;
		*out = (struct parsed){.form = &FORMS[i]};
		return FORMS[i].parse(hash + strlen(FORMS[i].prefix), out);
	}
	return false;
}

bool foreign_known(const char *hash)
{
	struct parsed parsed;
	bool known = parse(hash, &parsed);

	arena_reset(scratch);
	return known;
}

enum pwhash_verdict foreign_check(const char *hash, const char *password)
{
	enum pwhash_verdict found = PWHASH_MISMATCH;
	struct parsed parsed;

	if (strnlen(password, PASSWORD_MAX + 1) <= PASSWORD_MAX && parse(hash, &parsed))
		found = parsed.form->check(&parsed, password);
	if (scratch)
		arena_reset(scratch);
	return found;
}
