/* fakes: fcgi_client */
#include "lib/fcgi_gate.h"
#include "t/fake/fcgi_client.h"
#include "t/unit/unit.h"

enum { BEGIN_REQUEST = 1, ABORT_REQUEST = 2, PARAMS = 4, STDIN = 5 };

static struct fcgi_bytes request, params;

static void reset(void)
{
	request.n = params.n = 0;
}

static enum fcgi_gate judge(void)
{
	size_t n = request.n < FCGI_GATE_BYTES ? request.n : FCGI_GATE_BYTES;
	char *bytes = unit_exact((const char *)request.at, n);
	enum fcgi_gate gate = fcgi_gate_judge((const uint8_t *)bytes, n);

	free(bytes);
	return gate;
}

START_TEST(whole_request_passes_and_no_part_of_it)
{
	size_t whole;

	fcgi_put_request(&request, "/a?b=c", "{\"d\":1}", 7);
	whole = request.n;
	ck_assert_int_eq(judge(), FCGI_GATE_WHOLE);
	for (request.n = 0; request.n < whole; request.n++)
		ck_assert_int_eq(judge(), FCGI_GATE_MORE);
}
END_TEST

START_TEST(pairs_may_span_records)
{
	fcgi_put_param(&params, "REQUEST_URI", "/somewhere");
	fcgi_put_begin(&request);
	for (size_t i = 0; i < params.n; i++)
		fcgi_put(&request, PARAMS, params.at + i, 1);
	fcgi_put(&request, PARAMS, NULL, 0);
	fcgi_put(&request, STDIN, NULL, 0);
	ck_assert_int_eq(judge(), FCGI_GATE_WHOLE);
}
END_TEST

/* Content of PARAMS that libfcgi must never see. */
static const struct {
	const char *bytes;
	size_t n;
} BAD_PARAMS[] = {
	{"\xff\xff\xff\xff\xff\xff\xff\xff", 8}, /* 2^31 - 1 twice: their sum overflows */
	{"\xff\xff\xff\xfe\x01", 5},
	{"\x01\xff\xff\xff\xff"
	 "A",
	 6},
	{"\x01\x05"
	 "Aval",
	 6},
	{"\x01", 1},
	{"\x80\x00", 2},
	{"\x00\x01x", 3}, /* no name */
	{"\x03\x01"
	 "A=Bv",
	 6}, /* '=' in a name */
	{"\x01\x03"
	 "Aa\0b",
	 6}, /* NUL in a value */
};

START_TEST(lengths_that_do_not_fit_are_refused)
{
	for (size_t i = 0; i < COUNT(BAD_PARAMS); i++) {
		reset();
		fcgi_put_begin(&request);
		fcgi_put(&request, PARAMS, BAD_PARAMS[i].bytes, BAD_PARAMS[i].n);
		fcgi_put(&request, PARAMS, NULL, 0);
		fcgi_put(&request, STDIN, NULL, 0);
		ck_assert_msg(judge() == FCGI_GATE_BAD, "row %zu", i);
	}
}
END_TEST

START_TEST(any_other_order_is_refused)
{
	fcgi_put(&request, PARAMS, NULL, 0);
	ck_assert_int_eq(judge(), FCGI_GATE_BAD);
	reset();
	fcgi_put_begin(&request);
	fcgi_put_begin(&request);
	ck_assert_int_eq(judge(), FCGI_GATE_BAD);
	reset();
	fcgi_put_begin(&request);
	fcgi_put(&request, STDIN, NULL, 0);
	ck_assert_int_eq(judge(), FCGI_GATE_BAD);
	reset();
	fcgi_put_begin(&request);
	fcgi_put(&request, PARAMS, NULL, 0);
	fcgi_put(&request, ABORT_REQUEST, NULL, 0);
	ck_assert_int_eq(judge(), FCGI_GATE_BAD);
}
END_TEST

START_TEST(first_record_must_begin_a_responder)
{
	static const uint8_t filter[8] = {0, 3}, short_one[2] = {0, 1};

	fcgi_put(&request, BEGIN_REQUEST, filter, sizeof filter);
	ck_assert_int_eq(judge(), FCGI_GATE_BAD);
	reset();
	fcgi_put(&request, BEGIN_REQUEST, short_one, sizeof short_one);
	ck_assert_int_eq(judge(), FCGI_GATE_BAD);
	reset();
	fcgi_put_begin(&request);
	request.at[0] = 2; /* version */
	ck_assert_int_eq(judge(), FCGI_GATE_BAD);
	request.n = 1; /* known from the first byte */
	ck_assert_int_eq(judge(), FCGI_GATE_BAD);
}
END_TEST

START_TEST(records_of_another_request_are_refused)
{
	size_t at;

	fcgi_put_begin(&request);
	at = request.n;
	fcgi_put(&request, PARAMS, NULL, 0);
	request.at[at + 3] = 9;
	ck_assert_int_eq(judge(), FCGI_GATE_BAD);
}
END_TEST

START_TEST(body_may_be_larger_than_what_is_judged)
{
	static const uint8_t body[100000];

	fcgi_put_request(&request, "/", body, sizeof body);
	ck_assert_int_eq(judge(), FCGI_GATE_WHOLE);
}
END_TEST

START_TEST(head_may_not)
{
	static const uint8_t much[60000];

	fcgi_put_begin(&request);
	fcgi_put(&request, PARAMS, much, sizeof much);
	fcgi_put(&request, PARAMS, much, sizeof much);
	ck_assert_int_eq(judge(), FCGI_GATE_BAD);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		whole_request_passes_and_no_part_of_it,
		pairs_may_span_records,
		lengths_that_do_not_fit_are_refused,
		any_other_order_is_refused,
		first_record_must_begin_a_responder,
		records_of_another_request_are_refused,
		body_may_be_larger_than_what_is_judged,
		head_may_not,
	};

	return unit_run("fcgi_gate", tests, COUNT(tests), reset, NULL);
}
