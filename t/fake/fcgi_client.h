/* A FastCGI client, and how to send it what no client should. */
#ifndef T_FAKE_FCGI_CLIENT_H
#define T_FAKE_FCGI_CLIENT_H

#include "lib/base.h"

enum { FCGI_BYTES_MAX = 128 * 1024 };

struct fcgi_bytes {
	size_t n;
	uint8_t at[FCGI_BYTES_MAX];
};

/* One record, of any type and content; then the parts of a request. */
void fcgi_put(struct fcgi_bytes *out, uint8_t type, const void *content, size_t n);
void fcgi_put_begin(struct fcgi_bytes *out);
void fcgi_put_param(struct fcgi_bytes *params, const char *name, const char *value);
/* BEGIN_REQUEST, REQUEST_METHOD, REQUEST_URI, CONTENT_LENGTH, STDIN */
void fcgi_put_request(struct fcgi_bytes *out, const char *uri, const void *body,
		      size_t n);

int fcgi_connect(const char *path) MUST_USE; /* -1: refused */
void fcgi_send(int fd, const void *bytes, size_t n);
/* Reads all until the end. False: no END_REQUEST; `out` has STDOUT so far. */
bool fcgi_receive(int fd, char *out, size_t size) MUST_USE;
/* All of it. False: no connection, or no whole answer. */
bool fcgi_ask(const char *path, const char *uri, char *out, size_t size) MUST_USE;

#endif
