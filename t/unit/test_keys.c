/* fakes: key_dir */
#include "t/fake/key_dir.h"

#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/json.h"
#include "lib/text.h"

static size_t n_verifying(enum key_use use, int64_t at)
{
	struct jwt_key out[KEYS_VERIFYING_MAX];

	return keys_verifying(keys, use, at, out, COUNT(out));
}

static const char *signer(enum key_use use, int64_t at)
{
	const struct jwt_key *key = keys_signing(keys, use, at);

	return key ? key->kid : NULL;
}

START_TEST(uses_have_names)
{
	for (enum key_use use = 0; use < KEY_USES; use++) {
		enum key_use got = KEY_USES;

		ck_assert(key_use_parse(key_use_name(use), &got));
		ck_assert_int_eq(got, use);
	}
	for (size_t i = 0; i < 3; i++) {
		enum key_use got = KEY_INDEX;

		ck_assert(!key_use_parse(((const char *[]){"", "Access", "accesss"})[i],
					 &got));
		ck_assert_int_eq(got, KEY_INDEX);
	}
}
END_TEST

START_TEST(first_keys_sign_at_once)
{
	key_dir_make_all();
	key_dir_load(ALL);
	for (enum key_use use = 0; use < KEY_USES; use++) {
		const struct jwt_key *key = keys_signing(keys, use, now);

		ck_assert_ptr_nonnull(key);
		ck_assert_ptr_eq(keys_by_kid(keys, use, key->kid, now), key);
		ck_assert_uint_eq(n_verifying(use, now), 1);
		ck_assert(text_starts(key->kid + 8,
				      arena_printf(arena, "-%s-", key_use_name(use))));
		ck_assert_int_eq(key->alg, use == KEY_ACCESS ? JWT_ES256 : JWT_HS256);
		ck_assert_int_eq(key->pair != NULL, use == KEY_ACCESS);
		ck_assert_uint_eq(key->secret_len, use == KEY_ACCESS ? 0 : 32);
		for (enum key_use other = 0; other < KEY_USES; other++)
			ck_assert(other == use ||
				  !keys_by_kid(keys, other, key->kid, now));
	}
	ck_assert_ptr_null(keys_by_kid(keys, KEY_ACCESS, "nope", now));
	ck_assert_ptr_null(keys_by_kid(keys, KEY_ACCESS, "", now));
}
END_TEST

/* What one signs the other checks: the keys are the same in each process. */
START_TEST(keys_agree_between_processes)
{
	const struct jwt_key *key;
	struct jwt_claims *claims = jwt_claims_new(arena);
	const struct jwt_claims *got;
	const struct jwt_expect expect = {"at+jwt", "i", "a", "access", now / SECOND};
	const char *token;

	key_dir_make_all();
	key_dir_load(ALL);
	key = keys_signing(keys, KEY_ACCESS, now);
	jwt_set_text(claims, "iss", "i");
	jwt_set_text(claims, "aud", "a");
	jwt_set_text(claims, "token_use", "access");
	jwt_set_integer(claims, "iat", now / SECOND);
	jwt_set_integer(claims, "nbf", now / SECOND);
	jwt_set_integer(claims, "exp", now / SECOND + 60);
	token = jwt_sign(arena, key, "at+jwt", claims);
	key_dir_load(1U << KEY_ACCESS);
	ck_assert(jwt_check(arena, keys_signing(keys, KEY_ACCESS, now), 1, &expect, token,
			    &got));
}
END_TEST

START_TEST(only_what_is_needed_is_read)
{
	key_dir_make_all();
	key_dir_load(1U << KEY_CODE);
	ck_assert_ptr_nonnull(keys_signing(keys, KEY_CODE, now));
	for (enum key_use use = 0; use < KEY_USES; use++)
		ck_assert(use == KEY_CODE ||
			  (!keys_signing(keys, use, now) && n_verifying(use, now) == 0));
}
END_TEST

/* lead 10 s, overlap 20 s: told by the clock alone, from one load. */
START_TEST(the_clock_switches)
{
	const char *old = key_dir_rotate(KEY_ACCESS, JWT_ES256, now, 0, 0);
	const char *next =
		key_dir_rotate(KEY_ACCESS, JWT_RS256, now, 10 * SECOND, 20 * SECOND);
	struct jwt_key both[2];

	key_dir_load(1U << KEY_ACCESS);
	ck_assert_str_eq(signer(KEY_ACCESS, now), old);
	ck_assert_str_eq(signer(KEY_ACCESS, now + 9999), old);
	ck_assert_str_eq(signer(KEY_ACCESS, now + 10000), next);
	ck_assert_str_eq(signer(KEY_ACCESS, now + 40000), next);
	ck_assert_uint_eq(n_verifying(KEY_ACCESS, now - LEEWAY), 2);
	ck_assert_uint_eq(n_verifying(KEY_ACCESS, now - LEEWAY - 1), 1);
	ck_assert_uint_eq(keys_verifying(keys, KEY_ACCESS, now, both, 2), 2);
	ck_assert_str_eq(both[0].kid, next);
	ck_assert_str_eq(both[1].kid, old);
	ck_assert_uint_eq(keys_verifying(keys, KEY_ACCESS, now, both, 1), 1);
	ck_assert_uint_eq(n_verifying(KEY_ACCESS, now + 29999), 2);
	ck_assert_uint_eq(n_verifying(KEY_ACCESS, now + 30000), 1);
	ck_assert_ptr_nonnull(keys_by_kid(keys, KEY_ACCESS, old, now + 29999));
	ck_assert_ptr_null(keys_by_kid(keys, KEY_ACCESS, old, now + 30000));
}
END_TEST

/* A clock put back to before everything, or a last key that retired: never NULL. */
START_TEST(a_signer_at_any_time)
{
	const char *kid = key_dir_rotate(KEY_CODE, JWT_HS256, now, 0, 0);
	const char *row = arena_printf(
		arena, "%s code HMAC %s %s %s\n", kid, clock_rfc3339(arena, now),
		clock_rfc3339(arena, now), clock_rfc3339(arena, now + 60 * SECOND));

	key_dir_write("manifest", row, 0640);
	key_dir_load(1U << KEY_CODE);
	ck_assert_str_eq(signer(KEY_CODE, 0), kid);
	ck_assert_str_eq(signer(KEY_CODE, now + 60 * SECOND), kid);
	ck_assert_uint_eq(n_verifying(KEY_CODE, now + 60 * SECOND), 0);
}
END_TEST

START_TEST(a_change_is_seen)
{
	key_dir_make_all();
	key_dir_load(ALL);
	ck_assert(!keys_changed(keys));
	(void)key_dir_rotate(KEY_CODE, JWT_HS256, now, 0, 0);
	ck_assert(keys_changed(keys));
	key_dir_load(ALL);
	ck_assert(!keys_changed(keys));
	ck_assert_int_eq(unlink(key_dir_path("manifest")), 0);
	ck_assert(keys_changed(keys));
}
END_TEST

START_TEST(files_and_modes)
{
	const char *es = key_dir_rotate(KEY_ACCESS, JWT_ES256, now, 0, 0);
	const char *hs = key_dir_rotate(KEY_REFRESH, JWT_HS256, now, 0, 0);
	struct stat pem = key_dir_stat(arena_printf(arena, "%s.pem", es));
	struct stat key = key_dir_stat(arena_printf(arena, "%s.key", hs));
	struct stat manifest = key_dir_stat("manifest");

	ck_assert_int_eq(pem.st_mode & 07777, 0640);
	ck_assert_int_eq(key.st_mode & 07777, 0640);
	ck_assert_int_eq(key.st_size, 65);
	ck_assert_int_eq(manifest.st_mode & 07777, 0640);
	ck_assert_int_eq(manifest.st_gid, key_dir_stat(".").st_gid);
	ck_assert(!key_dir_has("manifest.new"));
}
END_TEST

/* Who may read a key may read the one after it; who may read the manifest still may. */
START_TEST(groups_are_kept)
{
	const char *kid;

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chown(dir, (uid_t)-1, 1234), 0);
	kid = key_dir_rotate(KEY_CODE, JWT_HS256, now, 0, 0);
	kid = arena_printf(arena, "%s.key", kid);
	ck_assert_int_eq(key_dir_stat(kid).st_gid, 1234);
	ck_assert_int_eq(chown(key_dir_path(kid), (uid_t)-1, 4321), 0);
	ck_assert_int_eq(chmod(key_dir_path("manifest"), 0644), 0);
	kid = key_dir_rotate(KEY_CODE, JWT_HS256, now, 0, 0);
	ck_assert_int_eq(key_dir_stat(arena_printf(arena, "%s.key", kid)).st_gid, 4321);
	kid = key_dir_rotate(KEY_INDEX, JWT_HS256, now, 0, 0);
	ck_assert_int_eq(key_dir_stat(arena_printf(arena, "%s.key", kid)).st_gid, 1234);
	ck_assert_int_eq(key_dir_stat("manifest").st_mode & 07777, 0644);
	ck_assert_int_eq(key_dir_stat("manifest").st_gid, 1234);
}
END_TEST

START_TEST(the_directory_is_made)
{
	const char *kid;

	ck_assert_int_eq(rmdir(dir), 0);
	kid = key_dir_rotate(KEY_CODE, JWT_HS256, now, 0, 0);
	ck_assert_int_eq(key_dir_stat(".").st_mode & 0027, 0);
	ck_assert(key_dir_has(arena_printf(arena, "%s.key", kid)));
	ck_assert_ptr_nonnull(keys_rotate(arena, key_dir_path("a/b"), KEY_CODE, JWT_HS256,
					  now, 0, 0, &kid));
}
END_TEST

START_TEST(algorithms_of_uses)
{
	const char *kid = "untouched";

	for (enum key_use use = 0; use < KEY_USES; use++) {
		for (enum jwt_alg alg = JWT_HS256; alg <= JWT_RS256; alg++) {
			bool good = use == KEY_ACCESS || alg == JWT_HS256;

			if (good)
				(void)key_dir_rotate(use, alg, now, 0, 0);
			else
				ck_assert_ptr_nonnull(keys_rotate(arena, dir, use, alg,
								  now, 0, 0, &kid));
		}
	}
	ck_assert_str_eq(kid, "untouched");
	key_dir_load(ALL);
}
END_TEST

START_TEST(list)
{
	const char *old = key_dir_rotate(KEY_REFRESH, JWT_HS256, now, 0, 0);
	const char *next =
		key_dir_rotate(KEY_REFRESH, JWT_HS256, now, 10 * SECOND, 20 * SECOND);
	struct key_row *rows;
	size_t n;

	ck_assert_ptr_null(keys_list(arena, dir, &rows, &n));
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(rows[0].kid, old);
	ck_assert_int_eq(rows[0].publish_at, now);
	ck_assert_int_eq(rows[0].sign_at, now);
	ck_assert_int_eq(rows[0].retire_at, now + 30 * SECOND);
	ck_assert_str_eq(rows[1].kid, next);
	ck_assert_int_eq(rows[1].use, KEY_REFRESH);
	ck_assert_int_eq(rows[1].alg, JWT_HS256);
	ck_assert_int_eq(rows[1].sign_at, now + 10 * SECOND);
	ck_assert_int_eq(rows[1].retire_at, 0);
	ck_assert_ptr_nonnull(keys_list(arena, key_dir_path("nowhere"), &rows, &n));
}
END_TEST

START_TEST(retired_keys_are_cleared_away)
{
	const char *first = key_dir_rotate(KEY_CODE, JWT_HS256, now - 60 * SECOND, 0, 0);
	const char *second =
		key_dir_rotate(KEY_CODE, JWT_HS256, now - 50 * SECOND, 0, 10 * SECOND);
	const char *first_file = arena_printf(arena, "%s.key", first);
	struct key_row *rows;
	size_t n;

	ck_assert(key_dir_has(first_file));
	key_dir_load(1U << KEY_CODE); /* the retired one is not read */
	ck_assert_uint_eq(n_verifying(KEY_CODE, now - 45 * SECOND), 1);
	(void)key_dir_rotate(KEY_INDEX, JWT_HS256, now, 0, 0);
	ck_assert(!key_dir_has(first_file));
	ck_assert_ptr_null(keys_list(arena, dir, &rows, &n));
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(rows[0].kid, second);
}
END_TEST

/* A rotation planned, then one at once: the planned key would sign later. It goes. */
START_TEST(a_planned_key_is_overtaken)
{
	const char *first = key_dir_rotate(KEY_ACCESS, JWT_ES256, now, 0, 0);
	const char *planned =
		key_dir_rotate(KEY_ACCESS, JWT_ES256, now, 600 * SECOND, 60 * SECOND);
	const char *urgent = key_dir_rotate(KEY_ACCESS, JWT_ES256, now, 0, 60 * SECOND);

	key_dir_load(1U << KEY_ACCESS);
	ck_assert_str_eq(signer(KEY_ACCESS, now), urgent);
	ck_assert_str_eq(signer(KEY_ACCESS, now + 900 * SECOND), urgent);
	ck_assert_ptr_null(keys_by_kid(keys, KEY_ACCESS, planned, now));
	ck_assert(!key_dir_has(arena_printf(arena, "%s.pem", planned)));
	ck_assert_ptr_nonnull(keys_by_kid(keys, KEY_ACCESS, first, now + 59 * SECOND));
	ck_assert_ptr_null(keys_by_kid(keys, KEY_ACCESS, first, now + 60 * SECOND));
}
END_TEST

/* Two rotations at once: the one that read its clock first may get the lock last. The key
 * made meanwhile may have signed already. */
START_TEST(a_rotation_that_had_to_wait)
{
	const char *first = key_dir_rotate(KEY_ACCESS, JWT_ES256, now, 0, 0);
	const char *meanwhile =
		key_dir_rotate(KEY_ACCESS, JWT_ES256, now + SECOND, 0, 60 * SECOND);
	const char *waited = key_dir_rotate(KEY_ACCESS, JWT_ES256, now, 0, 60 * SECOND);

	key_dir_load(1U << KEY_ACCESS);
	ck_assert(key_dir_has(arena_printf(arena, "%s.pem", meanwhile)));
	ck_assert_str_eq(signer(KEY_ACCESS, now), first);
	ck_assert_str_eq(signer(KEY_ACCESS, now + SECOND), waited);
	ck_assert_ptr_nonnull(
		keys_by_kid(keys, KEY_ACCESS, meanwhile, now + 60 * SECOND));
}
END_TEST

/* A key of a clock that was far ahead is not waited for. */
START_TEST(a_clock_that_was_wrong)
{
	const char *wrong =
		key_dir_rotate(KEY_ACCESS, JWT_ES256, now + 3600 * SECOND, 0, 0);
	const char *right = key_dir_rotate(KEY_ACCESS, JWT_ES256, now, 0, 60 * SECOND);

	key_dir_load(1U << KEY_ACCESS);
	ck_assert_str_eq(signer(KEY_ACCESS, now), right);
	ck_assert(!key_dir_has(arena_printf(arena, "%s.pem", wrong)));
}
END_TEST

START_TEST(retire)
{
	const char *old = key_dir_rotate(KEY_ACCESS, JWT_ES256, now, 0, 0);
	const char *next =
		key_dir_rotate(KEY_ACCESS, JWT_ES256, now, 10 * SECOND, 20 * SECOND);

	ck_assert_ptr_nonnull(keys_retire(arena, dir, "nope", now));
	ck_assert_ptr_nonnull(
		keys_retire(arena, dir, old, now)); /* next does not sign yet */
	ck_assert_ptr_nonnull(
		keys_retire(arena, dir, next, now)); /* old is about to retire */
	ck_assert(key_dir_has(arena_printf(arena, "%s.pem", old)));
	ck_assert_ptr_null(keys_retire(arena, dir, old, now + 10 * SECOND));
	ck_assert(!key_dir_has(arena_printf(arena, "%s.pem", old)));
	ck_assert_ptr_nonnull(keys_retire(arena, dir, next, now + 10 * SECOND));
	ck_assert(key_dir_has(arena_printf(arena, "%s.pem", next)));
}
END_TEST

/* The way out when a key has leaked: a new one at once, then the old one is ended. */
START_TEST(rotate_now_and_retire)
{
	const char *leaked = key_dir_rotate(KEY_REFRESH, JWT_HS256, now, 0, 0);
	const char *next = key_dir_rotate(KEY_REFRESH, JWT_HS256, now, 0, 90 * SECOND);

	ck_assert_ptr_null(keys_retire(arena, dir, leaked, now));
	key_dir_load(1U << KEY_REFRESH);
	ck_assert_str_eq(signer(KEY_REFRESH, now), next);
	ck_assert_ptr_null(keys_by_kid(keys, KEY_REFRESH, leaked, now));
}
END_TEST

/* What keys_verifying() could not hold is not made. */
START_TEST(not_too_many)
{
	const char *kid;

	for (int i = 0; i < KEYS_VERIFYING_MAX; i++)
		(void)key_dir_rotate(KEY_CODE, JWT_HS256, now, 0, 60 * SECOND);
	key_dir_load(1U << KEY_CODE);
	ck_assert_uint_eq(n_verifying(KEY_CODE, now), KEYS_VERIFYING_MAX);
	ck_assert_ptr_nonnull(
		keys_rotate(arena, dir, KEY_CODE, JWT_HS256, now, 0, 0, &kid));
	ck_assert_ptr_null(keys_rotate(arena, dir, KEY_CODE, JWT_HS256, now + 60 * SECOND,
				       0, 0, &kid));
	ck_assert(keys_changed(keys));
}
END_TEST

/* Many change the directory at once and none undoes the other; who reads meanwhile always
 * gets a whole set, though files go. */
static void change_and_read(void)
{
	for (int i = 0; i < 6; i++) {
		const char *kid, *wrong;
		struct keys *got = keys_load(dir, ALL, why, sizeof why);

		if (!got)
			_exit(1);
		keys_free(&got);
		wrong = keys_rotate(arena, dir, KEY_CODE, JWT_HS256, clock_real_ms(), 0,
				    0, &kid);
		if (wrong)
			_exit(2);
	}
	_exit(0);
}

START_TEST(many_at_once)
{
	enum { CHANGERS = 6 };
	struct key_row *rows;
	size_t n, files = 0;
	DIR *open_dir;

	key_dir_make_all();
	for (int i = 0; i < CHANGERS; i++)
		if (fork() == 0)
			change_and_read();
	for (int i = 0; i < CHANGERS; i++) {
		int status = -1;

		ck_assert_int_gt(wait(&status), 0);
		ck_assert_int_eq(status, 0);
	}
	key_dir_load(ALL);
	ck_assert_ptr_null(keys_list(arena, dir, &rows, &n));
	open_dir = opendir(dir);
	ck_assert_ptr_nonnull(open_dir);
	for (struct dirent *file; (file = readdir(open_dir));)
		files += file->d_name[0] != '.';
	ck_assert_int_eq(closedir(open_dir), 0);
	ck_assert_uint_eq(files, n + 1); /* no file without a row, and the manifest */
}
END_TEST

static const struct json *jwks(int64_t at)
{
	const char *text = keys_jwks(keys, arena, at);
	const struct json *set = json_parse(arena, text, strlen(text));

	ck_assert_ptr_nonnull(set);
	ck_assert_uint_eq(json_count(set), 1);
	return json_member(set, "keys");
}

START_TEST(published_keys)
{
	const char *es = key_dir_rotate(KEY_ACCESS, JWT_ES256, now, 0, 0), *rs;
	const struct json *set, *jwk;

	(void)key_dir_rotate(KEY_ACCESS, JWT_HS256, now, 10 * SECOND, 60 * SECOND);
	rs = key_dir_rotate(KEY_ACCESS, JWT_RS256, now, 20 * SECOND, 40 * SECOND);
	(void)key_dir_rotate(KEY_REFRESH, JWT_HS256, now, 0, 0);
	key_dir_load(1U << KEY_ACCESS | 1U << KEY_REFRESH);
	ck_assert_uint_eq(n_verifying(KEY_ACCESS, now), 3);

	set = jwks(now);
	ck_assert_uint_eq(json_count(set), 2);
	jwk = json_item(set, 0);
	ck_assert_uint_eq(json_count(jwk), 6);
	ck_assert_str_eq(json_text(jwk, "kty"), "RSA");
	ck_assert_str_eq(json_text(jwk, "use"), "sig");
	ck_assert_str_eq(json_text(jwk, "alg"), "RS256");
	ck_assert_str_eq(json_text(jwk, "kid"), rs);
	ck_assert_str_eq(json_text(jwk, "e"), "AQAB");
	ck_assert_uint_eq(strlen(json_text(jwk, "n")), 342);
	jwk = json_item(set, 1);
	ck_assert_uint_eq(json_count(jwk), 7);
	ck_assert_str_eq(json_text(jwk, "kty"), "EC");
	ck_assert_str_eq(json_text(jwk, "crv"), "P-256");
	ck_assert_str_eq(json_text(jwk, "alg"), "ES256");
	ck_assert_str_eq(json_text(jwk, "kid"), es);
	ck_assert_uint_eq(strlen(json_text(jwk, "x")), 43);
	ck_assert_uint_eq(strlen(json_text(jwk, "y")), 43);

	ck_assert_uint_eq(json_count(jwks(now + 60 * SECOND)), 1);
	ck_assert_str_eq(json_text(json_item(jwks(now - LEEWAY - 1), 0), "kid"), es);
}
END_TEST

START_TEST(freeing_nothing)
{
	struct keys *none = NULL;

	keys_free(&none);
	ck_assert_ptr_null(none);
}
END_TEST

int main(void)
{
	const TTest *const TESTS[] = {uses_have_names,
				      first_keys_sign_at_once,
				      keys_agree_between_processes,
				      only_what_is_needed_is_read,
				      the_clock_switches,
				      a_signer_at_any_time,
				      a_change_is_seen,
				      files_and_modes,
				      groups_are_kept,
				      the_directory_is_made,
				      algorithms_of_uses,
				      list,
				      retired_keys_are_cleared_away,
				      a_planned_key_is_overtaken,
				      a_rotation_that_had_to_wait,
				      a_clock_that_was_wrong,
				      retire,
				      rotate_now_and_retire,
				      not_too_many,
				      many_at_once,
				      published_keys,
				      freeing_nothing};

	return key_dir_run("keys", TESTS, COUNT(TESTS));
}
