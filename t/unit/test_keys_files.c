/* fakes: key_dir */
#include "t/fake/key_dir.h"

#include <sys/wait.h>
#include <unistd.h>

START_TEST(bad_manifests)
{
#define T0 "2026-01-01T00:00:00.000Z"
#define T1 "2026-02-01T00:00:00Z"
	static const struct manifest_row {
		const char *text, *words;
	} ROWS[] = {
		{"", "no code key"},
		{"\n# nothing\n\n", "no code key"},
		{"k code HMAC " T0 " " T0 " -\n", "k.key: No such file"},
		{"k code HMAC " T0 " " T0 "\n", "manifest:1: not KID"},
		{"\n#x\nk code HMAC " T0 " " T0 " - x\n", "manifest:3: not KID"},
		{"k\n", "not KID"},
		{" \n", "not KID"},
		{"k/../x code HMAC " T0 " " T0 " -\n", "bad kid"},
		{"k\x01 code HMAC " T0 " " T0 " -\n", "bad kid"},
		{"k\xc3\xab code HMAC " T0 " " T0 " -\n", "bad kid"},
		{"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg code HMAC " T0
		 " " T0 " -\n",
		 "bad kid"},
		{"k Code HMAC " T0 " " T0 " -\n", "unknown use"},
		{"k all HMAC " T0 " " T0 " -\n", "unknown use"},
		{"k code HS256 " T0 " " T0 " -\n", "not an algorithm"},
		{"k code ES256 " T0 " " T0 " -\n", "not an algorithm"},
		{"k refresh HMAC " T0 " " T0 " -\n", "not an algorithm"},
		{"k refresh RS256 " T0 " " T0 " -\n", "not an algorithm"},
		{"k access none " T0 " " T0 " -\n", "not an algorithm"},
		{"k access HS512 " T0 " " T0 " -\n", "not an algorithm"},
		{"k access es256 " T0 " " T0 " -\n", "not an algorithm"},
		{"k code HMAC " T0 " " T0 " never\n", "bad time"},
		{"k code HMAC - " T0 " -\n", "bad time"},
		{"k code HMAC 2026-01-01 " T0 " -\n", "bad time"},
		{"k code HMAC " T0 " 2026-13-01T00:00:00Z -\n", "bad time"},
		{"k code HMAC " T1 " " T0 " -\n", "in order"},
		{"k code HMAC " T0 " " T1 " " T0 "\n", "in order"},
		{"k code HMAC 1960-01-01T00:00:00Z " T0 " -\n", "in order"},
		{"k index HMAC " T0 " " T0 " -\nk code HMAC " T0 " " T0 " -\n",
		 "manifest:2: a kid that is there twice"},
	};

	for (size_t i = 0; i < COUNT(ROWS); i++) {
		key_dir_write("manifest", ROWS[i].text, 0640);
		key_dir_refused(1U << KEY_CODE, ROWS[i].words);
	}
}
END_TEST

START_TEST(bad_manifest_files)
{
	char *text = arena_alloc(arena, 70000);

	key_dir_refused(0, "manifest: No such file");
	key_dir_write("manifest", "", 0660);
	key_dir_refused(0, "others may write it");
	key_dir_write("manifest", "", 0642);
	key_dir_refused(0, "others may write it");
	memset(text, '#', 69999);
	key_dir_write("manifest", text, 0640);
	key_dir_refused(0, "too long");
	*text = '\0';
	for (int i = 0; i < 129; i++)
		(void)snprintf(text + strlen(text), 200,
			       "k%d code HMAC " T0 " " T0 " -\n", i);
	key_dir_write("manifest", text, 0640);
	key_dir_refused(0, "manifest:129: too many keys");
	ck_assert_int_eq(unlink(key_dir_path("manifest")), 0);
	ck_assert_int_eq(mkdir(key_dir_path("manifest"), 0750), 0);
	key_dir_refused(0, "not a regular file");
	ck_assert_int_eq(rmdir(key_dir_path("manifest")), 0);
	ck_assert_int_eq(mkfifo(key_dir_path("manifest"), 0640), 0);
	key_dir_refused(0, "not a regular file");
}
END_TEST

/* A broken manifest is reported, never written over. */
START_TEST(a_broken_manifest_is_kept)
{
	const char *kid;

	key_dir_write("manifest", "broken\n", 0640);
	ck_assert_ptr_nonnull(
		keys_rotate(arena, dir, KEY_CODE, JWT_HS256, now, 0, 0, &kid));
	ck_assert_ptr_nonnull(keys_retire(arena, dir, "k", now));
	ck_assert_int_eq(key_dir_stat("manifest").st_size, 7);
	key_dir_refused(0, "manifest:1");
}
END_TEST

static const char *hex_of(char a, char b)
{
	char *text = arena_alloc(arena, 66);

	for (int i = 0; i < 64; i++)
		text[i] = i % 2 ? a : b;
	text[64] = '\n';
	return text;
}

START_TEST(bad_key_files)
{
#define GOOD "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	const struct key_file {
		const char *text;
		mode_t mode;
		const char *words;
	} ROWS[] = {
		{GOOD "\n", 0644, "others may read"},
		{GOOD "\n", 0660, "group may write"},
		{GOOD "\n", 0602, "others may read or write"},
		{"", 0640, "64 hex digits"},
		{"\n", 0640, "64 hex digits"},
		{"00", 0640, "64 hex digits"},
		{GOOD "20\n", 0640, "too long"},
		{"0001020304050607", 0640, "64 hex digits"},
		{" 00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", 0640,
		 "64 hex digits"},
		{"changeme", 0640, "64 hex digits"},
		{hex_of('0', '0'), 0640, "not random"},
		{hex_of('f', 'f'), 0640, "not random"},
		{hex_of('4', '1'), 0640, "not random"},
	};

	key_dir_write("manifest", "k code HMAC " T0 " " T0 " -\n", 0640);
	for (size_t i = 0; i < COUNT(ROWS); i++) {
		key_dir_write("k.key", ROWS[i].text, ROWS[i].mode);
		key_dir_refused(1U << KEY_CODE, ROWS[i].words);
		ck_assert_ptr_nonnull(strstr(why, "k.key"));
	}
	key_dir_write("k.key", GOOD "\n", 0640);
	key_dir_load(1U << KEY_CODE);
	key_dir_write("k.key", GOOD, 0400);
	key_dir_load(1U << KEY_CODE);
}
END_TEST

START_TEST(bad_pairs)
{
	const char *es = key_dir_rotate(KEY_ACCESS, JWT_ES256, now, 0, 0), *file;
	static const char EMPTY[] =
		"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n";

	file = arena_printf(arena, "%s.pem", es);
	key_dir_write(file, "", 0640);
	key_dir_refused(1U << KEY_ACCESS, "not a private key");
	key_dir_write(file, "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
		      0640);
	key_dir_refused(1U << KEY_ACCESS, "not a private key");
	key_dir_write(file, "-----BEGIN EC PRIVATE KEY-----\n", 0640);
	key_dir_refused(1U << KEY_ACCESS, "not a private key");
	key_dir_write(file, EMPTY, 0640);
	key_dir_refused(1U << KEY_ACCESS, "not a P-256 key");
	key_dir_write("manifest",
		      arena_printf(arena, "%s access RS256 " T0 " " T0 " -\n", es), 0640);
	key_dir_refused(1U << KEY_ACCESS, "not a P-256 key");
	ck_assert_int_eq(unlink(key_dir_path(file)), 0);
	key_dir_refused(1U << KEY_ACCESS, "No such file");
	key_dir_load(0); /* and who does not need it is not bothered */
}
END_TEST

START_TEST(a_pair_of_the_other_kind)
{
	const char *es = key_dir_rotate(KEY_ACCESS, JWT_ES256, now, 0, 0);

	key_dir_write("manifest",
		      arena_printf(arena, "%s access RS256 " T0 " " T0 " -\n", es), 0640);
	key_dir_refused(1U << KEY_ACCESS, "not of its algorithm's kind");
}
END_TEST

START_TEST(a_secret_used_twice)
{
	key_dir_write("manifest",
		      "a refresh HS256 " T0 " " T0 " -\nb recovery HS256 " T0 " " T0
		      " -\n",
		      0640);
	key_dir_write("a.key", GOOD, 0640);
	key_dir_write("b.key", GOOD, 0640);
	key_dir_refused(1U << KEY_REFRESH | 1U << KEY_RECOVERY, "same secret");
	key_dir_load(1U << KEY_REFRESH);
}
END_TEST

START_TEST(needed_uses)
{
	(void)key_dir_rotate(KEY_CODE, JWT_HS256, now, 0, 0);
	key_dir_refused(ALL, "no access key");
	key_dir_refused(1U << KEY_INDEX, "no index key");
	key_dir_write("manifest", "k code HMAC " T0 " 2126-01-01T00:00:00Z -\n", 0640);
	key_dir_write("k.key", GOOD, 0640);
	key_dir_refused(1U << KEY_CODE, "no code key"); /* signs later */
	key_dir_write("manifest", "k code HMAC " T0 " " T0 " " T1 "\n", 0640);
	key_dir_refused(1U << KEY_CODE, "no code key"); /* has retired */
}
END_TEST

/* As the mailer: it may read the code key, and of the index key only that there is one.
 */
static void read_as_nobody(const char *code)
{
	const unsigned both = 1U << KEY_CODE | 1U << KEY_INDEX;
	struct keys *got;

	if (geteuid() == 0 && (setegid(NOBODY) != 0 || seteuid(NOBODY) != 0))
		_exit(1);
	got = keys_load(dir, 1U << KEY_CODE, why, sizeof why);
	if (!got || strcmp(keys_signing(got, KEY_CODE, now)->kid, code) != 0)
		_exit(2);
	keys_free(&got);
	got = keys_load(dir, both, why, sizeof why);
	_exit(!got && strstr(why, "no index key that can be read") ? 0 : 3);
}

START_TEST(files_of_others)
{
	const char *code = key_dir_rotate(KEY_CODE, JWT_HS256, now, 0, 0);
	const char *index = key_dir_rotate(KEY_INDEX, JWT_HS256, now, 0, 0);
	int status;
	pid_t pid;

	ck_assert_int_eq(chmod(dir, 0755), 0);
	ck_assert_int_eq(chmod(key_dir_path("manifest"), 0644), 0);
	if (geteuid() == 0)
		ck_assert_int_eq(chown(key_dir_path(arena_printf(arena, "%s.key", code)),
				       0, NOBODY),
				 0);
	ck_assert_int_eq(chmod(key_dir_path(arena_printf(arena, "%s.key", index)), 0), 0);
	pid = fork();
	if (pid == 0)
		read_as_nobody(code);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* What a key made may be good for ever: then no newer one ends it. */
START_TEST(a_key_that_stays)
{
	const char *old = key_dir_rotate(KEY_SECRET, JWT_HS256, now, 0, KEYS_STAY);
	const char *next = key_dir_rotate(KEY_SECRET, JWT_HS256, now, SECOND, KEYS_STAY);

	key_dir_load(1U << KEY_SECRET);
	ck_assert_str_eq(keys_signing(keys, KEY_SECRET, now)->kid, old);
	ck_assert_str_eq(keys_signing(keys, KEY_SECRET, now + SECOND)->kid, next);
	ck_assert_ptr_nonnull(keys_by_kid(keys, KEY_SECRET, old, INT64_MAX));
}
END_TEST

int main(void)
{
	const TTest *const TESTS[] = {
		bad_manifests,	     bad_manifest_files, a_broken_manifest_is_kept,
		bad_key_files,	     bad_pairs,		 a_pair_of_the_other_kind,
		a_secret_used_twice, needed_uses,	 files_of_others,
		a_key_that_stays};

	return key_dir_run("keys_files", TESTS, COUNT(TESTS));
}
