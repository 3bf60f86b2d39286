#include "app/email.h"
#include "app/flow/device.h"
#include "app/password.h"
#include "app/username.h"
#include "t/unit/unit.h"

static struct arena *arena;

static void setup(void)
{
	arena = arena_new(1 << 20);
}

static void teardown(void)
{
	arena_free(&arena);
}

START_TEST(emails)
{
	static const struct {
		const char *typed, *address, *key; /* NULL: refused */
	} rows[] = {
		{"ann@example.com", "ann@example.com", "ann@example.com"},
		{"  Ann@Example.COM\n", "Ann@example.com", "ann@example.com"},
		{"a.b+c@x.example.org", "a.b+c@x.example.org", "a.b+c@x.example.org"},
		{"ann@b\xc3\xbc"
		 "cher.example",
		 "ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"},
		{"", NULL, NULL},
		{"@example.com", NULL, NULL},
		{"ann", NULL, NULL},
		{"ann@", NULL, NULL},
		{"ann@localhost", NULL, NULL},
		{"ann@@example.com", NULL, NULL},
		{"a@b@example.com", NULL, NULL},
		{".ann@example.com", NULL, NULL},
		{"ann.@example.com", NULL, NULL},
		{"a..b@example.com", NULL, NULL},
		{"a b@example.com", NULL, NULL},
		{"ann@exa mple.com", NULL, NULL},
		{"ann@-example.com", NULL, NULL},
		{"ann@example..com", NULL, NULL},
		{"ann@.example.com", NULL, NULL},
		{"ann@exam_ple.com", NULL, NULL},
		{"\"ann\"@example.com", NULL, NULL},
		{"ann@[192.0.2.1]", NULL, NULL},
		{"ann\r\nRCPT TO:<eve@example.com>@example.com", NULL, NULL},
		{"ann@example.com\r\nBcc: eve@example.com", NULL, NULL},
		{"ann@example.com>", NULL, NULL},
		{"\xd0\xb0nn@example.com", NULL, NULL},
	};
	struct email out;

	for (size_t i = 0; i < COUNT(rows); i++) {
		ck_assert_msg(email_parse(arena, rows[i].typed, &out) ==
				      !!rows[i].address,
			      "%s", rows[i].typed);
		if (!rows[i].address)
			continue;
		ck_assert_str_eq(out.address, rows[i].address);
		ck_assert_str_eq(out.key, rows[i].key);
	}
}
END_TEST

START_TEST(email_lengths)
{
	char local[EMAIL_LOCAL_MAX + 2];
	struct email out;

	memset(local, 'a', sizeof local);
	local[EMAIL_LOCAL_MAX] = '\0';
	ck_assert(email_parse(arena, arena_printf(arena, "%s@example.com", local), &out));
	local[EMAIL_LOCAL_MAX] = 'a';
	local[EMAIL_LOCAL_MAX + 1] = '\0';
	ck_assert(
		!email_parse(arena, arena_printf(arena, "%s@example.com", local), &out));
}
END_TEST

START_TEST(usernames)
{
	static const char *const good[] = {"ann", "0nn", "a.b_c-d",
					   "abcdefghijklmnopqrstuvwxyz012345"};
	static const char *const bad[] = {
		"",	      "an",   "abcdefghijklmnopqrstuvwxyz0123456",
		".ann",	      "-ann", "_ann",
		"a nn",	      "a:nn", "a@nn",
		"\xd0\xb0nn", "ann\n"};

	for (size_t i = 0; i < COUNT(good); i++)
		ck_assert_msg(username_valid(good[i]), "%s", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		ck_assert_msg(!username_valid(bad[i]), "%s", bad[i]);
	ck_assert_str_eq(username_key(arena, "Ann.B"), "ann.b");
}
END_TEST

static char *repeat(const char *text, size_t n)
{
	char *out = arena_alloc(arena, strlen(text) * n + 1);

	for (size_t i = 0; i < n; i++)
		memcpy(out + i * strlen(text), text, strlen(text));
	return out;
}

START_TEST(passwords)
{
	const char *why;
	const struct conf *conf = conf_load(arena, NULL, &why);
	const struct {
		const char *password;
		enum password_flaw flaw;
	} rows[] = {
		{"short", PASSWORD_TOO_SHORT},
		{"seven77", PASSWORD_TOO_SHORT},
		{"password", PASSWORD_TOO_WEAK},
		{"12345678", PASSWORD_TOO_WEAK},
		{"ann.example", PASSWORD_TOO_WEAK},
		{"correct horse battery", PASSWORD_FINE},
		{repeat("Xk9#", 64), PASSWORD_FINE},
		{repeat("Xk9#", 65), PASSWORD_TOO_LONG},
		{repeat("\xd0\xb0\xd1\x8f\xd0\xb8\xd1\x83", 64), PASSWORD_FINE},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		ck_assert_msg(password_judge(arena, conf, rows[i].password,
					     "ann.example@example.com",
					     "ann") == rows[i].flaw,
			      "%s", rows[i].password);
	ck_assert_ptr_nonnull(password_normal(arena, repeat("a", PASSWORD_BYTES_MAX)));
	ck_assert_ptr_null(password_normal(arena, repeat("a", PASSWORD_BYTES_MAX + 1)));
}
END_TEST

START_TEST(devices)
{
	static const struct {
		const char *agent, *mobile, *type;
	} rows[] = {
		{"", "", "pc"},
		{"curl/8.5.0", "", "pc"},
		{"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
		 "", "pc"},
		{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like "
		 "Gecko) Chrome/130.0.0.0 Safari/537.36",
		 "?0", "pc"},
		{"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 "
		 "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
		 "", "mobile"},
		{"Mozilla/5.0 (iPad; CPU OS 15_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, "
		 "like Gecko) Version/15.6 Mobile/15E148 Safari/604.1",
		 "", "tablet"},
		{"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
		 "Chrome/130.0.0.0 Mobile Safari/537.36",
		 "?1", "mobile"},
		{"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
		 "Chrome/130.0.0.0 Safari/537.36",
		 "?0", "tablet"},
		{"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
		 "Chrome/130.0.0.0 Safari/537.36",
		 "?1", "mobile"},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		ck_assert_str_eq(device_type(&(struct client){.user_agent = rows[i].agent,
							      .mobile = rows[i].mobile}),
				 rows[i].type);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {emails, email_lengths, usernames, passwords,
				      devices};

	return unit_run("names", tests, COUNT(tests), setup, teardown);
}
