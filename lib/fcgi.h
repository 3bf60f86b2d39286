/* The one user of libfcgi: FastCGI 1.0 requests from a listening socket, one a
 * connection. Whoever may connect to the socket is trusted with being able to keep
 * workers busy; it is nginx alone. */
#ifndef LIB_FCGI_H
#define LIB_FCGI_H

#include <signal.h>

#include "lib/arena.h"

enum {
	/* A request must be there whole (its first 64 KiB) so soon after its connection.
	 * The wait is not a busy worker's: nobody else looks at how long it lasts. */
	FCGI_REQUEST_MS = 2000,
	/* What of a body nobody read is read and dropped, so that the peer, still
	 * sending, sees an answer and not a reset connection */
	FCGI_DROP_MAX = 1 << 20,
	/* The pause when there is no descriptor or memory for another connection */
	FCGI_SHORT_MS = 100,
};

struct fcgi;

/* `listen_fd` is listening and non-blocking. */
struct fcgi *fcgi_new(int listen_fd) MUST_USE;
void fcgi_free(struct fcgi **fcgi);

/* Waits for a request with `wake` as the signal mask (signals are let in only here, and
 * also when there is always another request). False: a signal came or `timeout_ms`
 * passed, and there is no request. A second call ends the request before. */
bool fcgi_accept(struct fcgi *fcgi, const sigset_t *wake, int64_t timeout_ms) MUST_USE;

/* The first parameter of that name; NULL: none. Lives until the request ends. */
const char *fcgi_param(struct fcgi *fcgi, const char *name) MUST_USE;
/* Reads exactly `n` bytes of body. False: the client sent fewer. */
bool fcgi_read(struct fcgi *fcgi, char *out, size_t n) MUST_USE;
/* Writes a whole answer (CGI header lines, blank line, body) at once and ends the
 * request. False: the client is gone. */
bool fcgi_write(struct fcgi *fcgi, const char *bytes, size_t n) MUST_USE;

#endif
