/* The whole surface of the service, a row for each method of each path. */
#ifndef APP_ROUTES_H
#define APP_ROUTES_H

#include "app/response.h"

enum access {
	ACCESS_PUBLIC,
	ACCESS_BASIC, /* user and password (RFC 7617), read by the handler */
	ACCESS_REFRESH, /* a refresh token as Bearer, read by the handler */
	ACCESS_USER, /* a user's access token: req->caller is who asks */
	ACCESS_VERIFY, /* the same, for /auth/verify: see sessions_verify() */
	ACCESS_OPTIONAL, /* the same where a token is sent; else req->caller is NULL */
};

enum route_pool {
	ROUTE_FAST,
	ROUTE_SLOW, /* always hashes: nginx sends it to the slow pool itself */
	ROUTE_BY_STEP, /* hashes where `hashes` says so: handed over then */
};

typedef enum err route_handler(struct request *req, struct response *res);

struct route {
	const char *method;
	const char *path; /* "{id}" stands for one UUID */
	enum access access;
	enum route_pool pool;
	route_handler *handle;
	const char *name; /* in logs and metrics */
	bool (*hashes)(const struct request *req);
	const char *repeatable; /* the one query parameter that may repeat; or NULL */
	bool acts; /* a GET that changes something: there is no HEAD for it */
};

/* ERR_NOT_FOUND, ERR_METHOD_NOT_ALLOWED; else the row, and req->id. HEAD finds GET. */
enum err route_find(struct request *req, const struct route **route) MUST_USE;
/* The methods of the request's path, as Allow lists them; "" when there is no such path.
 */
const char *route_methods(struct request *req) MUST_USE;

#endif
