/* An answer in the making; written once, after the commit. */
#ifndef APP_RESPONSE_H
#define APP_RESPONSE_H

#include "app/error.h"
#include "app/request.h"

enum { HEADERS_MAX = 16 };

struct header {
	const char *name, *value;
};

struct response {
	int status;
	size_t n_headers;
	struct header headers[HEADERS_MAX];
	const char *content_type;
	const char *body; /* NULL: none */
	size_t body_len;
	bool handed_over; /* nginx passes the request on to another pool */
};

/* Name and value are constants or the arena's, and hold no control byte (aborts). */
void response_header(struct response *res, const char *name, const char *value);
/* `no-store` with it: for whatever holds a token or personal data. */
void response_private(struct response *res);
/* `body` is the arena's or a constant. */
void response_text(struct response *res, int status, const char *content_type,
		   const char *body, size_t n);
void response_json(struct request *req, struct response *res, int status,
		   struct json *body);
void response_empty(struct response *res, int status); /* 204, 200 to HEAD */
void response_redirect(struct response *res, const char *url); /* 302, not to be kept */
/* Nothing is answered: nginx passes the whole request on to that location. */
void response_hand_over(struct response *res, const char *location);
/* The problem document (RFC 9457) with its WWW-Authenticate and Retry-After. */
void response_error(struct request *req, struct response *res, enum err err);
/* The CGI form: Status, headers, blank line, body (none to HEAD). In the arena. */
const char *response_bytes(struct request *req, const struct response *res,
			   size_t *n) MUST_USE;

#endif
