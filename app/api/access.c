#include "app/api/access.h"

#include "app/api/cookie.h"
#include "app/api/cors.h"
#include "app/api/credentials.h"
#include "app/flow/bearer.h"
#include "app/flow/browser.h"

/* How a token is looked at: as most routes do it, or as /auth/verify may */
typedef enum err look_at_bearer(struct context *c, const char *token, struct bearer *out);

/* Another site's page can make a browser send the cookie with a form (CSRF), but not with
 * our origin. */
static bool may_use_cookie(const struct request *req)
{
	return strcmp(req->visitor_method, "GET") == 0 ||
	       strcmp(req->visitor_method, "HEAD") == 0 || cors_origin_is_known(req);
}

/* Where no Authorization is sent. ERR_TOKEN_MISSING: no cookie either. */
static enum err take_cookie(struct request *req)
{
	const char *value = cookie_find(req, BROWSER_COOKIE);
	struct caller *caller = arena_alloc(req->ctx->arena, sizeof *caller);
	enum err err;

	if (req->authorization || !value)
		return ERR_TOKEN_MISSING;
	if (!may_use_cookie(req))
		return ERR_ORIGIN_REFUSED;
	err = browser_authenticate(req->ctx, value, caller);
	if (err)
		return err;
	req->caller = caller;
	req->by_cookie = true;
	return ERR_NONE;
}

static enum err take_token(struct request *req)
{
	struct caller *caller = arena_alloc(req->ctx->arena, sizeof *caller);
	const char *token;
	enum err err = credentials_bearer(req, &token);

	if (!err)
		err = sessions_authenticate(req->ctx, token, caller);
	if (!err)
		req->caller = caller;
	return err;
}

static enum err require_user(struct request *req)
{
	return req->authorization ? take_token(req) : take_cookie(req);
}

static enum err require_user_if_any(struct request *req)
{
	enum err err = require_user(req);

	return err == ERR_TOKEN_MISSING && !req->authorization ? ERR_NONE : err;
}

static enum err take_any_token(struct request *req, look_at_bearer *how)
{
	struct bearer bearer;
	const char *token;
	enum err err = credentials_bearer(req, &token);

	if (!err)
		err = how(req->ctx, token, &bearer);
	if (err)
		return err;
	req->caller = bearer.caller;
	req->machine = bearer.machine;
	if (bearer.machine)
		req->ctx->actor =
			arena_printf(req->ctx->arena, "client:%s", bearer.machine->id);
	return ERR_NONE;
}

static enum err require_scope(struct request *req, const char *scope)
{
	enum err err = take_any_token(req, bearer_authenticate);

	req->scope = scope;
	if (err)
		return err;
	return req->machine && machine_may(req->machine, scope) ? ERR_NONE
								: ERR_INSUFFICIENT_SCOPE;
}

enum err access_require(struct request *req, const struct route *route)
{
	switch (route->access) {
	case ACCESS_PUBLIC:
	case ACCESS_BASIC:
	case ACCESS_REFRESH:
	case ACCESS_CLIENT:
		return ERR_NONE;
	case ACCESS_USER:
		return require_user(req);
	case ACCESS_OPTIONAL:
		return require_user_if_any(req);
	case ACCESS_VERIFY:
		return req->authorization ? take_any_token(req, bearer_verify)
					  : take_cookie(req);
	case ACCESS_SCOPE:
		return require_scope(req, route->scope);
	}
	return ERR_INTERNAL_ERROR;
}
