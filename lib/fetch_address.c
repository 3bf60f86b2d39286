#include "lib/fetch_address.h"

#include <arpa/inet.h>

struct net {
	const char *prefix;
	int bits;
	enum fetch_reach reach;
	int inner; /* where in it the IPv4 address is that decides; 0: nowhere */
};

/* The first that fits decides. */
static const struct net IPV4[] = {
	{"0.0.0.0", 8, FETCH_NEVER},	    {"10.0.0.0", 8, FETCH_PRIVATE},
	{"100.64.0.0", 10, FETCH_PRIVATE},  {"127.0.0.0", 8, FETCH_LOOPBACK},
	{"169.254.0.0", 16, FETCH_NEVER},   {"172.16.0.0", 12, FETCH_PRIVATE},
	{"192.0.0.0", 24, FETCH_NEVER},	    {"192.0.2.0", 24, FETCH_NEVER},
	{"192.88.99.0", 24, FETCH_NEVER}, /* RFC 7526 */
	{"192.168.0.0", 16, FETCH_PRIVATE}, {"198.18.0.0", 15, FETCH_NEVER},
	{"198.51.100.0", 24, FETCH_NEVER},  {"203.0.113.0", 24, FETCH_NEVER},
	{"224.0.0.0", 3, FETCH_NEVER}, /* multicast, reserved, broadcast */
	{"0.0.0.0", 0, FETCH_PUBLIC},
};

static const struct net IPV6[] = {
	{"::1", 128, FETCH_LOOPBACK},
	{"::ffff:0:0", 96, .inner = 12}, /* RFC 4291 §2.5.5.2 */
	{"64:ff9b::", 96, .inner = 12}, /* RFC 6052 */
	{"fc00::", 7, FETCH_PRIVATE},
	{"2001::", 23, FETCH_NEVER}, /* RFC 2928: Teredo, benchmarks, ORCHID */
	{"2001:db8::", 32, FETCH_NEVER},
	{"2002::", 16, .inner = 2}, /* RFC 3056 */
	{"3fff::", 20, FETCH_NEVER}, /* RFC 9637 */
	{"2000::", 3, FETCH_PUBLIC},
	{"::", 0, FETCH_NEVER}, /* fe80::/10, ff00::/8, and what is not given out */
};

static bool is_in(const uint8_t *bytes, const uint8_t *prefix, int bits)
{
	int whole = bits / 8;
	uint8_t mask = (uint8_t)(0xff00 >> bits % 8);

	return memcmp(bytes, prefix, (size_t)whole) == 0 &&
	       (mask == 0 || ((bytes[whole] ^ prefix[whole]) & mask) == 0);
}

static const struct net *find(int family, const struct net *nets, size_t n,
			      const uint8_t *bytes)
{
	uint8_t prefix[sizeof(struct in6_addr)];

	for (size_t i = 0;; i++) {
		INVARIANT(i < n && inet_pton(family, nets[i].prefix, prefix) == 1);
		if (is_in(bytes, prefix, nets[i].bits))
			return &nets[i];
	}
}

static enum fetch_reach reach_of_ipv4(const uint8_t bytes[4])
{
	return find(AF_INET, IPV4, COUNT(IPV4), bytes)->reach;
}

static enum fetch_reach reach_of_ipv6(const uint8_t bytes[16])
{
	const struct net *net = find(AF_INET6, IPV6, COUNT(IPV6), bytes);

	return net->inner ? reach_of_ipv4(bytes + net->inner) : net->reach;
}

enum fetch_reach fetch_reach_of(const struct sockaddr *address)
{
	const void *at = address;

	switch (address->sa_family) {
	case AF_INET:
		return reach_of_ipv4(
			(const uint8_t *)&((const struct sockaddr_in *)at)->sin_addr);
	case AF_INET6:
		return reach_of_ipv6(
			((const struct sockaddr_in6 *)at)->sin6_addr.s6_addr);
	default:
		return FETCH_NEVER;
	}
}
