#include "app/api/cors.h"

#define PREFLIGHT_MAX_AGE_S "600"

static bool origin_allowed(const struct request *req)
{
	const struct words *allowed = &req->ctx->conf->web_allowed_origins;

	for (size_t i = 0; req->origin && i < allowed->n; i++)
		if (strcmp(req->origin, allowed->at[i]) == 0)
			return true;
	return false;
}

bool cors_origin_is_known(const struct request *req)
{
	return origin_allowed(req) ||
	       (req->origin && strcmp(req->origin, req->ctx->conf->web_public_url) == 0);
}

void cors_allow(struct request *req, struct response *res)
{
	if (req->ctx->conf->web_allowed_origins.n > 0)
		response_header(res, "Vary", "Origin");
	if (!origin_allowed(req))
		return;
	response_header(res, "Access-Control-Allow-Origin", req->origin);
	response_header(res, "Access-Control-Allow-Credentials", "true");
	response_header(res, "Access-Control-Expose-Headers",
			"X-Request-Id, Retry-After, WWW-Authenticate, Location");
}

void cors_options(struct request *req, struct response *res, const char *methods)
{
	response_header(res, "Allow", methods);
	if (origin_allowed(req)) {
		response_header(res, "Access-Control-Allow-Methods", methods);
		response_header(res, "Access-Control-Allow-Headers",
				"Authorization, Content-Type, X-Request-Id");
		response_header(res, "Access-Control-Max-Age", PREFLIGHT_MAX_AGE_S);
	}
	response_empty(res, 204);
}
