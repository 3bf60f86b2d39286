/* The one user of libesmtp: one message to one recipient. */
#ifndef LIB_SMTP_H
#define LIB_SMTP_H

#include "lib/base.h"

enum smtp_tls { SMTP_TLS_NEVER, SMTP_TLS_WHEN_OFFERED, SMTP_TLS_REQUIRED };

struct smtp_server {
	const char *host; /* a name or an IPv4 address; libesmtp takes no IPv6 address */
	int port;
	/* NULL: no AUTH. To another host they go through TLS only, whatever `tls` says.
	 */
	const char *user, *password;
	enum smtp_tls tls; /* certificates are verified unless the host is loopback */
	int timeout_s; /* for all of it, name look-up to final answer, 1 .. 300 */
};

enum smtp_verdict {
	SMTP_SENT, /* the server said 2xx to the recipient and to the message */
	SMTP_LATER, /* 4xx, no connection, or an answer that was not seen */
	SMTP_NEVER, /* 5xx */
};

enum { SMTP_WHY_SIZE = 400, SMTP_ADDRESS_MAX = 254 };

/* `message` has its headers, CRLF lines and no bare CR or LF; `from` and `to` are bare
 * addresses. An address with anything but visible ASCII, or with < or >, is SMTP_NEVER
 * and is not sent. AUTH refused or wanted (RFC 4954 §6) is SMTP_LATER: no letter's fault.
 * `why` (of SMTP_WHY_SIZE bytes) gets, in printable ASCII, what was refused and the
 * codes, and after ": " the server's words, which may repeat the address.
 *
 * Runs in a child process of its own that is killed at the deadline: libesmtp retries
 * whatever a signal interrupts, and a server that drips would hold it for ever. */
enum smtp_verdict smtp_send(const struct smtp_server *server, const char *from,
			    const char *to, const char *message, char *why,
			    size_t why_size) MUST_USE;

/* Visible ASCII without < and >, at most SMTP_ADDRESS_MAX bytes: safe in a command and in
 * a header. */
bool smtp_address_ok(const char *address) MUST_USE;

/* Is the host this machine, by its name alone: localhost or 127.0.0.0/8? */
bool smtp_is_loopback(const char *host) MUST_USE;

#endif
