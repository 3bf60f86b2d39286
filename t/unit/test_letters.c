#include <unistd.h>

#include "app/letters.h"
#include "app/template.h"
#include "lib/mime.h"
#include "t/unit/unit.h"

static struct arena *arena;
static const char *dir, *why;

static const struct letter_facts FACTS = {
	.id = "6f1c3b60-9d2e-4f61-8a55-0c5f6f4c2a11",
	.created_ms = 1795162263000, /* 2026-11-20T08:11:03Z */
	.from = "noreply@auth.example.org",
	.to = "ann@example.org",
	.service = "Example",
	.url = "https://auth.example.org",
	.code = "K7QM-3XDP",
	.minutes = 10,
	.username = "ann",
	.ip = "2001:db8::1",
	.user_agent = "Mozilla/5.0",
	.provider = "google",
};

static void setup(void)
{
	char path[] = "/tmp/letters-XXXXXX";

	arena = arena_new(1 << 22);
	ck_assert_ptr_nonnull(mkdtemp(path));
	dir = arena_dup(arena, path);
	why = NULL;
}

static void teardown(void)
{
	if (fork() == 0)
		execl("/bin/rm", "rm", "-rf", dir, (char *)NULL);
	arena_free(&arena);
}

static const char *write_file(const char *name, const char *text, size_t n)
{
	const char *path = arena_printf(arena, "%s/%s", dir, name);
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(text, 1, n, file), n);
	ck_assert_int_eq(fclose(file), 0);
	return path;
}

static const char *render(enum letter letter, const struct letter_facts *facts)
{
	const struct letters *letters = letters_load(arena, "app/letters", &why);

	ck_assert_msg(letters, "%s", why);
	return letter_render(arena, letters, letter, facts);
}

/* CRLF alone ends lines, none is too long, all is printable ASCII. */
static void check_wire(const char *message)
{
	size_t width = 0;

	for (const char *c = message; *c; c++) {
		if (*c == '\r') {
			ck_assert_int_eq(c[1], '\n');
			continue;
		}
		if (*c == '\n') {
			ck_assert(c > message && c[-1] == '\r');
			width = 0;
			continue;
		}
		ck_assert_msg(*c >= ' ' && *c <= '~', "byte %02x", (unsigned char)*c);
		ck_assert_uint_le(++width, 200);
	}
	ck_assert_uint_eq(width, 0);
}

static bool has(const char *message, const char *part)
{
	return strstr(message, part) != NULL;
}

START_TEST(all_render)
{
	for (size_t i = 0; i < LETTER_COUNT; i++) {
		enum letter letter = (enum letter)i, back;
		const char *message = render(letter, &FACTS);

		check_wire(message);
		ck_assert(!has(message, "{"));
		ck_assert(letter_by_name(letter_name(letter), &back) && back == letter);
		ck_assert(has(message, "\r\n\r\nHello"));
		ck_assert_int_eq(has(message, "\r\n\r\nK7QM-3XDP\r\n\r\n"),
				 letter_purpose(letter) != NULL);
	}
}
END_TEST

START_TEST(headers)
{
	const char *message = render(LETTER_REGISTRATION_CODE, &FACTS);
	static const char *const LINES[] = {
		"Date: Fri, 20 Nov 2026 08:11:03 +0000\r\n",
		"\r\nFrom: \"Example\" <noreply@auth.example.org>\r\n",
		"\r\nTo: <ann@example.org>\r\n",
		"\r\nSubject: Your code for Example\r\n",
		"\r\nMessage-ID: <6f1c3b60-9d2e-4f61-8a55-0c5f6f4c2a11@auth.example.org>\r\n",
		"\r\nAuto-Submitted: auto-generated\r\n",
		"\r\nMIME-Version: 1.0\r\n",
		"\r\nContent-Type: text/plain; charset=utf-8\r\n",
		"\r\nContent-Transfer-Encoding: quoted-printable\r\n",
		" good for 10 minutes\r\n",
		"20 November 2026, 08:11 UTC",
		"2001:db8::1",
	};

	for (size_t i = 0; i < COUNT(LINES); i++)
		ck_assert_msg(has(message, LINES[i]), "%s", LINES[i]);
	ck_assert(!has(strstr(message, "Subject:"), "Subject: K7QM"));
}
END_TEST

START_TEST(one_minute_and_nobody)
{
	struct letter_facts facts = FACTS;
	const char *message;

	facts.minutes = 1;
	facts.username = NULL;
	facts.ip = NULL;
	message = render(LETTER_RECOVERY_CODE, &facts);
	ck_assert(has(message, "good for 1 minute and"));
	ck_assert(has(message, "Hello ann@example.org,"));
	ck_assert(has(message, "\r\nunknown.\r\n"));
}
END_TEST

/* What users chose stays on its line, in the body, and in its length. */
START_TEST(user_text_is_tamed)
{
	struct letter_facts facts = FACTS;
	char *agent = arena_alloc(arena, 5001);
	const char *message;

	facts.username = "x\r\nBcc: eve@example.org\r\n\r\n.\r\n\xff\xe2\x80\xae{code}";
	memset(agent, '=', 5000);
	facts.user_agent = agent;
	message = render(LETTER_PASSWORD_CHANGED, &facts);
	check_wire(message);
	ck_assert(has(message, "Hello x??Bcc: eve@example.org????.????{code},\r\n"));
	ck_assert(!has(message, "\r\nBcc:"));
	ck_assert_uint_lt(strlen(message), 4000);
}
END_TEST

START_TEST(service_names)
{
	struct letter_facts facts = FACTS;
	const char *message;

	facts.service = "Say \"hi\" \\ o/";
	message = render(LETTER_REGISTRATION_CODE, &facts);
	ck_assert(has(message, "\r\nFrom: \"Say \\\"hi\\\" \\\\ o/\" <noreply@"));

	facts.service = "Gr\xc3\xbc\xc3\x9f"
			"e";
	message = render(LETTER_REGISTRATION_CODE, &facts);
	check_wire(message);
	ck_assert(has(message, "\r\nFrom: =?UTF-8?B?R3LDvMOfZQ==?= <noreply@"));
	ck_assert(has(message,
		      "\r\nSubject: =?UTF-8?B?WW91ciBjb2RlIGZvciBHcsO8w59l?=\r\n"));
	ck_assert(has(message, "welcome to Gr=C3=BC=C3=9Fe!"));

	facts.service = "a\r\nBcc: eve@example.org";
	message = render(LETTER_REGISTRATION_CODE, &facts);
	ck_assert(!has(message, "\r\nBcc:"));
}
END_TEST

static void check_body(const char *text, const char *encoded)
{
	char memory[4096];
	struct buf buf;

	buf_init(&buf, memory, sizeof memory);
	mime_put_body(&buf, text);
	ck_assert_str_eq(buf.at, encoded);
}

START_TEST(quoted_printable)
{
	char line[100] = "", out[256];

	check_body("", "");
	check_body("a = b\n", "a =3D b\r\n");
	check_body("end \nend\t\n ", "end=20\r\nend=09\r\n=20");
	check_body("\xe2\x82\xac\n\n", "=E2=82=AC\r\n\r\n");
	memset(line, 'x', 76);
	check_body(line, line);
	memset(line, 'x', 77);
	snprintf(out, sizeof out, "%.75s=\r\nxx", line);
	check_body(line, out);
	memset(line, 0, sizeof line);
	memset(line, 'x', 74);
	line[74] = '=';
	snprintf(out, sizeof out, "%.74s=\r\n=3D", line);
	check_body(line, out);
	line[73] = '=';
	line[74] = '\0';
	snprintf(out, sizeof out, "%.73s=3D", line);
	check_body(line, out);
}
END_TEST

START_TEST(templates_that_are_refused)
{
	static const struct {
		const char *text, *why; /* NULL: taken */
		bool with_code;
	} ROWS[] = {
		{"a\n{code}\nb {minutes} {ip}", NULL, true},
		{"{service} {url} {username} {ip} {user_agent} {time} {provider}", NULL,
		 false},
		{"{code} x\n", "{code} is not on a line of its own", true},
		{"{code}\nand {code}\n", "{code} is not on a line of its own", true},
		{"no code\n", "the line with {code} is missing", true},
		{"{code}\n", "{code} in a letter without a code", false},
		{"{minutes}\n", "{minutes} in a letter without a code", false},
		{"{password}\n", "unknown placeholder {password}", false},
		{"{ip\n", "unknown placeholder {ip", false},
		{"{}", "unknown placeholder {}", false},
		{"{", "unknown placeholder {", false},
		{"tab\there", "a control byte, tab or carriage return", false},
		{"line\r\n", "a control byte, tab or carriage return", false},
		{"\xff", "not UTF-8", false},
	};

	for (size_t i = 0; i < COUNT(ROWS); i++) {
		const char *path = write_file("t", ROWS[i].text, strlen(ROWS[i].text)),
			   *text;

		why = NULL;
		text = template_load(arena, path, ROWS[i].with_code, &why);
		ck_assert_msg((text == NULL) == (ROWS[i].why != NULL), "%s",
			      ROWS[i].text);
		if (ROWS[i].why)
			ck_assert_str_eq(why, ROWS[i].why);
		else
			ck_assert_str_eq(text, ROWS[i].text);
	}
}
END_TEST

START_TEST(sizes_that_are_refused)
{
	char *large = arena_alloc(arena, TEMPLATE_MAX + 2),
	     *many = arena_alloc(arena, 200);

	memset(large, 'x', TEMPLATE_MAX + 1);
	ck_assert_ptr_null(template_load(arena, write_file("l", large, TEMPLATE_MAX + 1),
					 false, &why));
	ck_assert_str_eq(why, "larger than 8192 bytes");
	ck_assert_ptr_nonnull(
		template_load(arena, write_file("l", large, TEMPLATE_MAX), false, &why));
	ck_assert_ptr_null(template_load(arena, write_file("n", "a\0b", 3), false, &why));
	for (size_t i = 0; i < 33; i++)
		memcpy(many + 4 * i, "{ip}", 4);
	ck_assert_ptr_null(template_load(arena, write_file("m", many, 132), false, &why));
	ck_assert_str_eq(why, "more than 32 placeholders");
	ck_assert_ptr_null(letters_load(arena, dir, &why));
	ck_assert(has(why, "registration_code.txt: No such file"));
}
END_TEST

/* The largest letter there can be still fits. */
START_TEST(largest)
{
	char *text = arena_alloc(arena, TEMPLATE_MAX + 1),
	     *name = arena_alloc(arena, 256);
	struct letter_facts facts = FACTS;

	memset(text, '=', TEMPLATE_MAX);
	memcpy(text, "{code}\n", 7);
	for (size_t i = 0; i < 31; i++)
		memcpy(text + 7 + 10 * i, "{username}", 10);
	memset(name, '=', 254);
	facts.username = name;
	for (size_t i = 0; i < LETTER_COUNT; i++)
		write_file(arena_printf(arena, "%s.txt", letter_name((enum letter)i)),
			   letter_purpose((enum letter)i) ? text : "x",
			   letter_purpose((enum letter)i) ? TEMPLATE_MAX : 1);
	const struct letters *letters = letters_load(arena, dir, &why);

	ck_assert_msg(letters, "%s", why);
	ck_assert_uint_gt(
		strlen(letter_render(arena, letters, LETTER_RECOVERY_CODE, &facts)),
		40000);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {all_render,
				      headers,
				      one_minute_and_nobody,
				      user_text_is_tamed,
				      service_names,
				      quoted_printable,
				      templates_that_are_refused,
				      sizes_that_are_refused,
				      largest};

	return unit_run("letters", tests, COUNT(tests), setup, teardown);
}
