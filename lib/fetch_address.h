/* Which addresses a server of somebody else's may have: of the special ones (RFC 6890 and
 * the IANA registries behind it) none but those the request allows. */
#ifndef LIB_FETCH_ADDRESS_H
#define LIB_FETCH_ADDRESS_H

#include <sys/socket.h>

#include "lib/base.h"

enum fetch_reach {
	FETCH_PUBLIC,
	FETCH_LOOPBACK,
	FETCH_PRIVATE, /* RFC 1918, 4193 and 6598 */
	FETCH_NEVER, /* link-local, multicast, documentation, and what is nobody's */
};

/* An IPv6 address that stands for an IPv4 one is as far as that. */
enum fetch_reach fetch_reach_of(const struct sockaddr *address) MUST_USE;

#endif
