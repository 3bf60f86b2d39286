/* A request as handlers see it: decoded, bounded, checked for form; never the raw bytes.
 */
#ifndef APP_REQUEST_H
#define APP_REQUEST_H

#include "app/context.h"
#include "app/error.h"
#include "lib/fcgi.h"
#include "lib/json.h"

struct caller;
struct machine;

enum { BODY_MAX = 16384, PROBLEMS_MAX = 16, PATH_IDS_MAX = 2, PARAMETERS_MAX = 32 };

/* A field that 422 complains about. */
struct problem {
	const char *field, *code, *message;
};

/* One `name=value` of the query string or of a form. */
struct parameter {
	const char *name, *value;
};

struct parameters {
	size_t n;
	struct parameter at[PARAMETERS_MAX];
};

struct request {
	struct context *ctx;
	const char *method;
	const char *visitor_method; /* of the request that auth_request asks about; else
				       `method` */
	const char *path; /* behind the base path, without trailing slash */
	const char *query; /* raw; "" when none */
	const char *authorization; /* NULL: none */
	const char *content_type; /* "" when none */
	const char *origin; /* NULL: none */
	const char *cookie; /* the header; "" when none */
	int64_t content_length; /* -1: not a number */
	int64_t sent_ms; /* real time at which nginx passed it on; 0: unknown */
	const char *raw_body; /* content_length bytes, once read */
	const struct json *body; /* an object, once decoded */
	bool form; /* it came as a form: all its values are texts */
	struct parameters parameters; /* of the query, once decoded */
	const char *id[PATH_IDS_MAX]; /* the path's {id}s, in order */
	const char *name; /* the path's {name}; NULL: it has none */
	size_t n_problems;
	struct problem problems[PROBLEMS_MAX];
	const char *detail; /* for the problem document; NULL: none */
	const struct caller *caller; /* who asks, where the route wants it; else NULL */
	const struct machine *machine; /* … or which machine; else NULL */
	const char *scope; /* that is missing, as the challenge tells; NULL: not told */
	bool by_cookie; /* the caller's: its session is a browser's */
	bool basic; /* the route wants Basic: so says its challenge */
};

/* From the CGI variables. Nothing is refused here, so that there is always something to
 * answer with; `path` is NULL when the raw path is not the decoded one. */
void request_read(struct request *req, struct context *c, struct fcgi *io);
/* Reads the body whole, before anything can refuse. */
enum err request_read_body(struct request *req, struct fcgi *io) MUST_USE;
/* Query string and body into names and values. `repeatable`: the names, as words, that
 * the query may give more than once; or NULL. */
enum err request_decode(struct request *req, const char *repeatable) MUST_USE;

/* The value of a query parameter; NULL: not given. */
const char *request_parameter(const struct request *req, const char *name) MUST_USE;

#endif
