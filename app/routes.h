/* The whole surface of the service, a row for each method of each path. */
#ifndef APP_ROUTES_H
#define APP_ROUTES_H

#include "app/response.h"

enum access {
	ACCESS_PUBLIC,
	ACCESS_BASIC, /* user and password (RFC 7617), read by the handler */
	ACCESS_REFRESH, /* a refresh token as Bearer, read by the handler */
	ACCESS_USER, /* a user's access token: req->caller is who asks */
	ACCESS_VERIFY, /* a user's or a machine's, for /auth/verify */
	ACCESS_OPTIONAL, /* a user's where a token is sent; else req->caller is NULL */
	ACCESS_SCOPE, /* a machine's token with the row's scope: req->machine is who asks
		       */
	ACCESS_CLIENT, /* a machine's id and secret (RFC 6749 §2.3.1), read by the handler
			*/
};

enum route_pool {
	ROUTE_FAST,
	ROUTE_SLOW, /* always hashes: nginx sends it to the slow pool itself */
	ROUTE_BY_STEP, /* hashes where `hashes` says so: handed over then */
	ROUTE_OUTSIDE, /* talks to other services: nginx sends it to that pool */
};

typedef enum err route_handler(struct request *req, struct response *res);

struct route {
	const char *method;
	const char *path; /* "metrics" is at the root; "{id}" stands for one UUID,
			     "{name}" for a provider's */
	enum access access;
	enum route_pool pool;
	route_handler *handle;
	const char *name; /* in logs and metrics */
	const char *scope; /* of ACCESS_SCOPE */
	bool (*hashes)(const struct request *req);
	const char *repeatable; /* query parameters that may repeat, as words; or NULL */
	bool acts; /* a GET that changes something: there is no HEAD for it */
};

/* For a worker of the pool outside only its routes are there, for others only the rest.
 * ERR_NOT_FOUND, ERR_METHOD_NOT_ALLOWED; else the row, req->id and req->name. HEAD finds
 * GET. */
enum err route_find(struct request *req, bool outside,
		    const struct route **route) MUST_USE;
/* The methods of the request's path, as Allow lists them; "" when there is no such path.
 */
const char *route_methods(struct request *req, bool outside) MUST_USE;

/* What metrics are kept by: the first row of the route's name and method, and back (NULL:
 * there is none). Of NULL: METRICS_ROUTES - 1. */
size_t route_number(const struct route *route) MUST_USE;
const struct route *route_at(size_t i) MUST_USE;

/* The scopes of the table, each once, in its order. How many. */
enum { ROUTES_MAX = 100 };
size_t route_scopes(const char *out[ROUTES_MAX]) MUST_USE;

#endif
