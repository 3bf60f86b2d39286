#include "lib/clock.h"
#include "lib/text.h"
#include "t/unit/unit.h"

static struct arena *arena;

static void setup(void)
{
	arena = arena_new(1 << 22);
}

static void teardown(void)
{
	arena_free(&arena);
}

START_TEST(buffers_cut_and_say_so)
{
	char memory[8];
	struct buf buf;

	buf_init(&buf, memory, sizeof memory);
	ck_assert_str_eq(buf.at, "");
	buf_puts(&buf, "abc");
	buf_printf(&buf, "%d", 1234);
	ck_assert_str_eq(buf.at, "abc1234");
	ck_assert(!buf.cut);
	buf_printf(&buf, "%s", "");
	ck_assert(!buf.cut);
	buf_puts(&buf, "x");
	ck_assert(buf.cut);
	ck_assert_str_eq(buf.at, "abc1234");
	ck_assert_uint_eq(buf.len, 7);

	buf_init(&buf, memory, sizeof memory);
	buf_printf(&buf, "%s", "12345678");
	ck_assert(buf.cut);
	ck_assert_str_eq(buf.at, "1234567");
	ck_assert_uint_eq(buf.len, 7);

	buf_init(&buf, memory, 1);
	buf_puts(&buf, "x");
	ck_assert(buf.cut);
	ck_assert_str_eq(buf.at, "");
}
END_TEST

START_TEST(json_strings)
{
	static const struct {
		const char *in, *out;
	} ROWS[] = {
		{"", "\"\""},
		{"plain /", "\"plain /\""},
		{"\"\\\b\f\n\r\t", "\"\\\"\\\\\\b\\f\\n\\r\\t\""},
		{"\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\""},
		{"\xc2\x80\xc2\x9b\xc2\x9f", "\"\\u0080\\u009b\\u009f\""},
		{"\xc2\xa0\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91",
		 "\"\xc2\xa0\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91\""},
		{"a\xff"
		 "b",
		 "\"a\xef\xbf\xbd"
		 "b\""},
		{"\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
		{"\xc0\xaf\xed\xa0\x80",
		 "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	};
	char memory[64];
	struct buf buf;

	for (size_t i = 0; i < COUNT(ROWS); i++) {
		buf_init(&buf, memory, sizeof memory);
		buf_put_json(&buf, ROWS[i].in);
		ck_assert_str_eq(buf.at, ROWS[i].out);
		ck_assert(!buf.cut);
	}
}
END_TEST

/* RFC 3629 §4 and the classes of Kuhn's decoder test */
START_TEST(utf8)
{
	static const char *const GOOD[] = {
		"",
		"a",
		"\x7f",
		"\xc2\x80",
		"\xdf\xbf",
		"\xe0\xa0\x80",
		"\xed\x9f\xbf",
		"\xee\x80\x80",
		"\xef\xbf\xbf",
		"\xf0\x90\x80\x80",
		"\xf4\x8f\xbf\xbf",
	};
	static const char *const BAD[] = {
		"\x80",
		"\xbf",
		"\xc0\xaf",
		"\xc1\xbf",
		"\xc2",
		"\xc2"
		"a",
		"\xe0\x9f\xbf",
		"\xe0\x80\xaf",
		"\xe2\x82",
		"\xe2\x82"
		"a",
		"\xed\xa0\x80",
		"\xed\xbf\xbf",
		"\xf0\x8f\xbf\xbf",
		"\xf0\x90\x80",
		"\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80",
		"\xf8\x88\x80\x80\x80",
		"\xfe",
		"\xff",
	};

	for (size_t i = 0; i < COUNT(GOOD); i++) {
		char *exact = unit_exact(GOOD[i], strlen(GOOD[i]));

		ck_assert(text_is_utf8(exact, strlen(GOOD[i])));
		free(exact);
	}
	for (size_t i = 0; i < COUNT(BAD); i++) {
		char *exact = unit_exact(BAD[i], strlen(BAD[i]));

		ck_assert_msg(!text_is_utf8(exact, strlen(BAD[i])), "row %zu", i);
		free(exact);
	}
	ck_assert(text_is_utf8("a\0b", 3));
	ck_assert_uint_eq(text_utf8_len("\xe2\x82\xac", 3), 3);
	ck_assert_uint_eq(text_utf8_len("\xe2\x82\xac", 2), 0);
	ck_assert_uint_eq(text_utf8_len("", 0), 0);
	ck_assert_uint_eq(text_code_points("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x94\x91"), 4);
	ck_assert_uint_eq(text_code_points(""), 0);
}
END_TEST

START_TEST(judges)
{
	ck_assert(text_has_control("a\tb"));
	ck_assert(text_has_control("\x7f"));
	ck_assert(!text_has_control("a b\xc3\xa9"));
	ck_assert(text_is_uuid("f81d4fae-7dec-41d0-a765-00a0c91e6bf6"));
	ck_assert(!text_is_uuid("F81D4FAE-7dec-41d0-a765-00a0c91e6bf6"));
	ck_assert(!text_is_uuid("f81d4fae-7dec-41d0-a765-00a0c91e6bf"));
	ck_assert(!text_is_uuid("f81d4fae-7dec-41d0-a765-00a0c91e6bf6a"));
	ck_assert(!text_is_uuid("f81d4fae07dec-41d0-a765-00a0c91e6bf6"));
	ck_assert(!text_is_uuid("g81d4fae-7dec-41d0-a765-00a0c91e6bf6"));
	ck_assert(!text_is_uuid(""));
	ck_assert(text_starts("prefix", "pre"));
	ck_assert(text_starts("x", ""));
	ck_assert(!text_starts("pr", "pre"));
	ck_assert(text_only("0123", "0123456789"));
	ck_assert(!text_only("", "0123456789"));
	ck_assert(!text_only("12a", "0123456789"));
}
END_TEST

START_TEST(numbers)
{
	static const char *const BAD[] = {"",
					  "-",
					  "+1",
					  " 1",
					  "1 ",
					  "1.0",
					  "0x1",
					  "1e3",
					  "--1",
					  "a",
					  "1-1",
					  "９",
					  "9223372036854775808",
					  "-9223372036854775809",
					  "99999999999999999999999999"};
	int64_t n = 77;

	for (size_t i = 0; i < COUNT(BAD); i++)
		ck_assert_msg(!text_number(BAD[i], INT64_MIN, INT64_MAX, &n), "%s",
			      BAD[i]);
	ck_assert_int_eq(n, 77);
	ck_assert(!text_number("6", 1, 5, &n));
	ck_assert(!text_number("0", 1, 5, &n));
	ck_assert_int_eq(n, 77);
	ck_assert(text_number("5", 1, 5, &n) && n == 5);
	ck_assert(text_number("1", 1, 5, &n) && n == 1);
	ck_assert(text_number("-3", -3, 5, &n) && n == -3);
	ck_assert(text_number("9223372036854775807", 0, INT64_MAX, &n) && n == INT64_MAX);
	ck_assert(text_number("-9223372036854775808", INT64_MIN, 0, &n) &&
		  n == INT64_MIN);
}
END_TEST

START_TEST(changes)
{
	ck_assert_str_eq(text_lower(arena, "AbZ[@`{\xc3\x89"), "abz[@`{\xc3\x89");
	ck_assert_str_eq(text_trim(arena, " \t\r\n\v\fa b \t"), "a b");
	ck_assert_str_eq(text_trim(arena, " \n"), "");
	ck_assert_str_eq(text_trim(arena, ""), "");
	ck_assert_str_eq(text_trim(arena, "\xc2\xa0x"), "\xc2\xa0x");
}
END_TEST

START_TEST(rfc4648_vectors)
{
	static const struct {
		const char *bytes, *base64, *url, *hex;
	} ROWS[] = {
		{"", "", "", ""},
		{"f", "Zg==", "Zg", "66"},
		{"fo", "Zm8=", "Zm8", "666f"},
		{"foo", "Zm9v", "Zm9v", "666f6f"},
		{"foob", "Zm9vYg==", "Zm9vYg", "666f6f62"},
		{"fooba", "Zm9vYmE=", "Zm9vYmE", "666f6f6261"},
		{"foobar", "Zm9vYmFy", "Zm9vYmFy", "666f6f626172"},
		{"\xfb\xff\xbe", "+/++", "-_--", "fbffbe"},
	};
	uint8_t *out;
	size_t n;

	for (size_t i = 0; i < COUNT(ROWS); i++) {
		const char *bytes = ROWS[i].bytes;
		size_t len = strlen(bytes);

		ck_assert_str_eq(base64_encode(arena, bytes, len), ROWS[i].base64);
		ck_assert_str_eq(base64url_encode(arena, bytes, len), ROWS[i].url);
		ck_assert_str_eq(text_hex(arena, bytes, len), ROWS[i].hex);
		ck_assert(base64_decode(arena, ROWS[i].base64, strlen(ROWS[i].base64),
					&out, &n));
		ck_assert_uint_eq(n, len);
		ck_assert_str_eq((char *)out, bytes);
		ck_assert(base64url_decode(arena, ROWS[i].url, strlen(ROWS[i].url), &out,
					   &n));
		ck_assert_uint_eq(n, len);
		ck_assert_str_eq((char *)out, bytes);
		ck_assert(text_unhex(arena, ROWS[i].hex, &out, &n));
		ck_assert_uint_eq(n, len);
		ck_assert_str_eq((char *)out, bytes);
	}
}
END_TEST

START_TEST(decoders_are_strict)
{
	static const char *const BASE64[] = {
		"Z",	"Zg",	"Zg=",	      "Zg===",	"=",	  "==",
		"====", "Z===", "Zm8",	      "Zm8==",	"Zm9v=",  "Zm9v====",
		"Zh==", "Zm9=", "Zg==Zg==",   "Zg==\n", " Zg==",  "Z g=",
		"Zm9-", "Zm9_", "Zm\xc3\xa9", "Zm=v",	"Zm9v\n",
	};
	static const char *const URL[] = {"Z",	   "Zg==",  "Zh",    "Zm9",
					  "Zm8=",  "Zm9+",  "Zm9/",  "Zg\n",
					  "Z\xff", "Zm9v=", "AAAAA", "Zg."};
	static const char *const HEX[] = {"6",	 "666", "6G",	"6F",
					  " 66", "66 ", "0x66", "\xff\xff"};
	uint8_t *out = NULL;
	size_t n = 77;

	for (size_t i = 0; i < COUNT(BASE64); i++)
		ck_assert_msg(
			!base64_decode(arena, BASE64[i], strlen(BASE64[i]), &out, &n),
			"%s", BASE64[i]);
	for (size_t i = 0; i < COUNT(URL); i++)
		ck_assert_msg(!base64url_decode(arena, URL[i], strlen(URL[i]), &out, &n),
			      "%s", URL[i]);
	for (size_t i = 0; i < COUNT(HEX); i++)
		ck_assert_msg(!text_unhex(arena, HEX[i], &out, &n), "%s", HEX[i]);
	ck_assert(!base64_decode(arena, "Zm9\0", 4, &out, &n));
	ck_assert_ptr_null(out);
	ck_assert_uint_eq(n, 77);
}
END_TEST

/* Of all texts of up to 4 digits, only those that encoding gives are decoded. */
START_TEST(each_value_has_one_form)
{
	static const char ALPHABET[] = "AQBgw_-=+/9z";
	char text[5] = "";

	for (int i = 0; i < 12 * 12 * 12 * 12; i++) {
		uint8_t *out;
		size_t n;

		for (int at = 0, rest = i; at < 4; at++, rest /= 12)
			text[at] = ALPHABET[rest % 12];
		if (i % 5 == 0)
			text[i % 4] = '\0';
		if (base64url_decode(arena, text, strlen(text), &out, &n))
			ck_assert_str_eq(base64url_encode(arena, out, n), text);
		if (base64_decode(arena, text, strlen(text), &out, &n))
			ck_assert_str_eq(base64_encode(arena, out, n), text);
		arena_reset(arena);
	}
}
END_TEST

START_TEST(all_lengths_come_back)
{
	uint8_t bytes[256], *out;
	size_t n;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 167 + 13);
	for (size_t len = 0; len <= sizeof bytes; len++) {
		char *text = base64url_encode(arena, bytes, len);

		ck_assert(base64url_decode(arena, text, strlen(text), &out, &n));
		ck_assert_uint_eq(n, len);
		ck_assert_mem_eq(out, bytes, len);
		ck_assert_uint_eq(out[n], 0);
		text = base64_encode(arena, bytes, len);
		ck_assert(base64_decode(arena, text, strlen(text), &out, &n));
		ck_assert_uint_eq(n, len);
		ck_assert_mem_eq(out, bytes, len);
		arena_reset(arena);
	}
}
END_TEST

START_TEST(forms)
{
	static const struct {
		const char *in, *out; /* NULL: refused */
	} ROWS[] = {
		{"", ""},
		{"a+b", "a b"},
		{"a%20b%2B%2f", "a b+/"},
		{"%C3%a9", "\xc3\xa9"},
		{"a=b&c", "a=b&c"},
		{"%", NULL},
		{"%4", NULL},
		{"a%", NULL},
		{"%4g", NULL},
		{"%g4", NULL},
		{"% 4", NULL},
		{"%00", NULL},
		{"%c3", NULL},
		{"%ED%A0%80", NULL},
		{"\xff", NULL},
		{"%+1", NULL},
	};

	for (size_t i = 0; i < COUNT(ROWS); i++) {
		size_t len = strlen(ROWS[i].in);
		char *exact = unit_exact(ROWS[i].in, len), *out = NULL;
		bool good = text_form_decode(arena, exact, len, &out);

		free(exact);
		ck_assert_msg(good == (ROWS[i].out != NULL), "%s", ROWS[i].in);
		if (good)
			ck_assert_str_eq(out, ROWS[i].out);
		else
			ck_assert_ptr_null(out);
	}
}
END_TEST

START_TEST(times)
{
	static const char *const BAD[] = {
		"",
		"2026-11-20",
		"2026-11-20T08:11:03",
		"2026-11-20 08:11:03Z",
		"2026-11-20T08:11:03.25Z",
		"2026-11-20T08:11:03.2500Z",
		"2026-11-20T08:11:03.250",
		"2026-11-20T08:11:03.250z",
		"2026-11-20T08:11:03.250Z ",
		"2026-02-29T00:00:00Z",
		"2026-06-31T00:00:00Z",
		"2026-13-01T00:00:00Z",
		"2026-00-01T00:00:00Z",
		"2026-01-00T00:00:00Z",
		"2026-11-20T24:00:00Z",
		"2026-11-20T08:60:03Z",
		"2026-11-20T08:11:60Z",
		"2026-11-20T08:11:03+00:00",
		"26-11-20T08:11:03Z",
		"2026-11-20T08:11:03.Z",
		"2026-11-20T08:11:03.",
	};
	char text[CLOCK_TEXT_SIZE];
	int64_t ms = 77;

	for (size_t i = 0; i < COUNT(BAD); i++)
		ck_assert_msg(!clock_parse(BAD[i], &ms), "%s", BAD[i]);
	ck_assert_int_eq(ms, 77);
	ck_assert(clock_parse("1970-01-01T00:00:00Z", &ms) && ms == 0);
	ck_assert(clock_parse("2024-02-29T23:59:59.999Z", &ms) && ms == 1709251199999);
	ck_assert_str_eq(clock_rfc3339(arena, ms), "2024-02-29T23:59:59.999Z");
	ck_assert(clock_parse("1969-12-31T23:59:59.001Z", &ms) && ms == -999);
	clock_format(-999, text);
	ck_assert_str_eq(text, "1969-12-31T23:59:59.001Z");
	clock_format(INT64_C(253402300799999), text);
	ck_assert_str_eq(text, "9999-12-31T23:59:59.999Z");
	ck_assert_int_ge(clock_real_ms(), INT64_C(1700000000000));
	ck_assert_int_le(clock_mono_ms(), clock_mono_ms());
}
END_TEST

START_TEST(join)
{
	static const char *const words[] = {"a", "", "bc"};

	ck_assert_str_eq(text_join(arena, words, 0, ","), "");
	ck_assert_str_eq(text_join(arena, words, 1, ","), "a");
	ck_assert_str_eq(text_join(arena, words, 3, ", "), "a, , bc");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		join,
		buffers_cut_and_say_so,
		json_strings,
		utf8,
		judges,
		numbers,
		changes,
		rfc4648_vectors,
		decoders_are_strict,
		each_value_has_one_form,
		all_lengths_come_back,
		forms,
		times,
	};

	return unit_run("text", tests, COUNT(tests), setup, teardown);
}
