/* The one user of libcurl: one HTTP request for JSON to somebody else's server, bounded
 * in time and size. https with peer and host verified by the system's certificates; no
 * redirects, no proxy of the environment, no cookies, no .netrc, no compression. Only
 * public addresses unless the request says otherwise. */
#ifndef LIB_FETCH_H
#define LIB_FETCH_H

#include "lib/arena.h"

enum {
	FETCH_CONNECT_MS = 1000, /* name look-up, connection and TLS together */
	FETCH_TOTAL_MS = 3000,
	FETCH_HEAD_MAX = 32 * 1024,
	FETCH_BODY_MAX = 256 * 1024,
	FETCH_URL_MAX = 2048,
};

struct fetch; /* a handle, for one process, that keeps connections */

struct fetch *fetch_new(void) MUST_USE;
void fetch_free(struct fetch **fetch);

struct fetch_request {
	const char *url;
	const char *form; /* POST with this application/x-www-form-urlencoded body; NULL:
			     GET */
	const char *authorization; /* the header's value; NULL: none */
	bool allow_http; /* http too, and loopback addresses: for tests on this host */
	bool allow_private; /* private addresses (RFC 1918, 4193, 6598) too */
	int64_t deadline_ms; /* monotonic; 0: FETCH_TOTAL_MS from now, which is also the
				most */
};

struct fetch_answer {
	int status; /* of HTTP, 200..599 */
	const char *content_type; /* "" when none */
	const char *body; /* with a NUL behind it, perhaps NULs in it */
	size_t n;
	int64_t max_age_s; /* of Cache-Control; -1: none. 0 for no-store and no-cache */
};

/* True: the server answered, whatever its status. False: `*why` is a constant (refused
 * URL or address, name not found, refused, time out, TLS, too large, broken off). The
 * answer is the arena's, which needs FETCH_BODY_MAX and FETCH_HEAD_MAX for it. */
bool fetch_run(struct fetch *fetch, struct arena *arena,
	       const struct fetch_request *request, struct fetch_answer *out,
	       const char **why) MUST_USE;

#endif
