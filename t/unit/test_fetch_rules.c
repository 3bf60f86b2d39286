/* Which addresses are gone to, and how long an answer is kept. */
#include "t/unit/unit.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include "lib/fetch_address.h"
#include "lib/fetch_age.h"

static const struct {
	enum fetch_reach reach;
	const char *address;
} ADDRESSES[] = {
	{FETCH_NEVER, "0.0.0.0"},
	{FETCH_NEVER, "0.255.255.255"},
	{FETCH_PUBLIC, "1.0.0.0"},
	{FETCH_PUBLIC, "9.255.255.255"},
	{FETCH_PRIVATE, "10.0.0.0"},
	{FETCH_PRIVATE, "10.255.255.255"},
	{FETCH_PUBLIC, "11.0.0.0"},
	{FETCH_PUBLIC, "100.63.255.255"},
	{FETCH_PRIVATE, "100.64.0.0"},
	{FETCH_PRIVATE, "100.127.255.255"},
	{FETCH_PUBLIC, "100.128.0.0"},
	{FETCH_PUBLIC, "126.255.255.255"},
	{FETCH_LOOPBACK, "127.0.0.0"},
	{FETCH_LOOPBACK, "127.0.0.1"},
	{FETCH_LOOPBACK, "127.255.255.255"},
	{FETCH_PUBLIC, "128.0.0.0"},
	{FETCH_PUBLIC, "169.253.255.255"},
	{FETCH_NEVER, "169.254.0.0"},
	{FETCH_NEVER, "169.254.169.254"},
	{FETCH_NEVER, "169.254.255.255"},
	{FETCH_PUBLIC, "169.255.0.0"},
	{FETCH_PUBLIC, "172.15.255.255"},
	{FETCH_PRIVATE, "172.16.0.0"},
	{FETCH_PRIVATE, "172.31.255.255"},
	{FETCH_PUBLIC, "172.32.0.0"},
	{FETCH_PUBLIC, "191.255.255.255"},
	{FETCH_NEVER, "192.0.0.0"},
	{FETCH_NEVER, "192.0.0.255"},
	{FETCH_PUBLIC, "192.0.1.0"},
	{FETCH_NEVER, "192.0.2.1"},
	{FETCH_PUBLIC, "192.0.3.0"},
	{FETCH_NEVER, "192.88.99.1"},
	{FETCH_PUBLIC, "192.167.255.255"},
	{FETCH_PRIVATE, "192.168.0.0"},
	{FETCH_PRIVATE, "192.168.255.255"},
	{FETCH_PUBLIC, "192.169.0.0"},
	{FETCH_PUBLIC, "198.17.255.255"},
	{FETCH_NEVER, "198.18.0.0"},
	{FETCH_NEVER, "198.19.255.255"},
	{FETCH_PUBLIC, "198.20.0.0"},
	{FETCH_NEVER, "198.51.100.255"},
	{FETCH_PUBLIC, "198.51.101.0"},
	{FETCH_NEVER, "203.0.113.0"},
	{FETCH_PUBLIC, "203.0.114.0"},
	{FETCH_PUBLIC, "223.255.255.255"},
	{FETCH_NEVER, "224.0.0.0"},
	{FETCH_NEVER, "239.255.255.255"},
	{FETCH_NEVER, "240.0.0.0"},
	{FETCH_NEVER, "255.255.255.255"},
	{FETCH_NEVER, "::"},
	{FETCH_LOOPBACK, "::1"},
	{FETCH_NEVER, "::2"},
	{FETCH_NEVER, "::8.8.8.8"},
	{FETCH_NEVER, "::127.0.0.1"},
	{FETCH_PUBLIC, "::ffff:8.8.8.8"},
	{FETCH_LOOPBACK, "::ffff:127.0.0.1"},
	{FETCH_PRIVATE, "::ffff:10.0.0.1"},
	{FETCH_NEVER, "::ffff:169.254.169.254"},
	{FETCH_NEVER, "::ffff:0.0.0.0"},
	{FETCH_NEVER, "::fffe:8.8.8.8"},
	{FETCH_NEVER, "::ffff:0:8.8.8.8"},
	{FETCH_PUBLIC, "64:ff9b::8.8.8.8"},
	{FETCH_LOOPBACK, "64:ff9b::127.0.0.1"},
	{FETCH_PRIVATE, "64:ff9b::192.168.1.1"},
	{FETCH_NEVER, "64:ff9b::169.254.1.1"},
	{FETCH_NEVER, "64:ff9b::1:8.8.8.8"},
	{FETCH_NEVER, "64:ff9b:1::8.8.8.8"},
	{FETCH_NEVER, "100::1"},
	{FETCH_NEVER, "1fff:ffff::1"},
	{FETCH_PUBLIC, "2000::1"},
	{FETCH_NEVER, "2001::1"},
	{FETCH_NEVER, "2001:0:7f00:1::"},
	{FETCH_NEVER, "2001:2::1"},
	{FETCH_NEVER, "2001:20::1"},
	{FETCH_NEVER, "2001:1ff:ffff::1"},
	{FETCH_PUBLIC, "2001:200::1"},
	{FETCH_PUBLIC, "2001:4860:4860::8888"},
	{FETCH_PUBLIC, "2001:db7:ffff::1"},
	{FETCH_NEVER, "2001:db8::1"},
	{FETCH_NEVER, "2001:db8:ffff::1"},
	{FETCH_PUBLIC, "2001:db9::1"},
	{FETCH_PUBLIC, "2002:808:808::1"},
	{FETCH_LOOPBACK, "2002:7f00:1::1"},
	{FETCH_PRIVATE, "2002:c0a8:101::1"},
	{FETCH_NEVER, "2002:a9fe:a9fe::1"},
	{FETCH_PUBLIC, "2003::1"},
	{FETCH_PUBLIC, "2a00:1450:4001::1"},
	{FETCH_NEVER, "3fff::1"},
	{FETCH_NEVER, "3fff:fff::1"},
	{FETCH_PUBLIC, "3fff:1000::1"},
	{FETCH_NEVER, "4000::1"},
	{FETCH_NEVER, "5f00::1"},
	{FETCH_NEVER, "fbff::1"},
	{FETCH_PRIVATE, "fc00::1"},
	{FETCH_PRIVATE, "fdff:ffff::1"},
	{FETCH_NEVER, "fe00::1"},
	{FETCH_NEVER, "fe80::1"},
	{FETCH_NEVER, "febf::1"},
	{FETCH_NEVER, "fec0::1"},
	{FETCH_NEVER, "ff02::1"},
	{FETCH_NEVER, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
};

static enum fetch_reach reach_of(const char *text)
{
	struct sockaddr_in four = {.sin_family = AF_INET};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
		return fetch_reach_of((const struct sockaddr *)&four);
	ck_assert_msg(inet_pton(AF_INET6, text, &six.sin6_addr) == 1, "%s", text);
	return fetch_reach_of((const struct sockaddr *)&six);
}

START_TEST(addresses)
{
	struct sockaddr_un other = {.sun_family = AF_UNIX};

	for (size_t i = 0; i < COUNT(ADDRESSES); i++) {
		enum fetch_reach is = reach_of(ADDRESSES[i].address);

		ck_assert_msg(is == ADDRESSES[i].reach, "%s: %d", ADDRESSES[i].address,
			      (int)is);
	}
	ck_assert_int_eq(fetch_reach_of((const struct sockaddr *)&other), FETCH_NEVER);
}
END_TEST

static const struct {
	const char *value;
	int64_t age;
} AGES[] = {
	{"", FETCH_NO_AGE},
	{",, ,\t", FETCH_NO_AGE},
	{"public", FETCH_NO_AGE},
	{"s-maxage=5", FETCH_NO_AGE},
	{"x-max-age=5", FETCH_NO_AGE},
	{"max-agex=5", FETCH_NO_AGE},
	{"max-age=0", 0},
	{"max-age=600", 600},
	{"MAX-Age=600", 600},
	{"max-age=\"600\"", 600},
	{"public,max-age=600,must-revalidate", 600},
	{"  public ,\tmax-age=600 , x=\"a b\"", 600},
	{"max-age=600, max-age=5", 5},
	{"max-age=5, max-age=600", 5},
	{"max-age=600, no-store", 0},
	{"no-cache, max-age=600", 0},
	{"No-Cache=\"Set-Cookie\", max-age=600", 0},
	{"NO-STORE", 0},
	{"max-age=2147483647", 2147483647},
	{"max-age=2147483648", 2147483648},
	{"max-age=2147483649", 2147483648},
	{"max-age=99999999999999999999999999999999999999", 2147483648},
	{"max-age", 0},
	{"max-age=", 0},
	{"max-age= 600", 0},
	{"max-age=-1", 0},
	{"max-age=+600", 0},
	{"max-age=600s", 0},
	{"max-age=1e3", 0},
	{"max-age=\"600", 0},
	{"max-age=\"", 0},
	{"max-age=\"\"", 0},
	{"max-age=x", 0},
};

START_TEST(ages)
{
	for (size_t i = 0; i < COUNT(AGES); i++) {
		char *exact = unit_exact(AGES[i].value, strlen(AGES[i].value) + 1);

		ck_assert_msg(fetch_age_of(exact) == AGES[i].age, "%s: %lld",
			      AGES[i].value, (long long)fetch_age_of(exact));
		free(exact);
	}
	ck_assert_int_eq(fetch_age_less(FETCH_NO_AGE, FETCH_NO_AGE), FETCH_NO_AGE);
	ck_assert_int_eq(fetch_age_less(FETCH_NO_AGE, 0), 0);
	ck_assert_int_eq(fetch_age_less(7, FETCH_NO_AGE), 7);
	ck_assert_int_eq(fetch_age_less(7, 8), 7);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {addresses, ages};

	return unit_run("fetch_rules", tests, COUNT(tests), NULL, NULL);
}
