#include "app/api/access.h"

#include "app/api/credentials.h"
#include "app/flow/sessions.h"

/* How a token is looked at: as every route does it, or as /auth/verify may */
typedef enum err authenticate(struct context *c, const char *access_token,
			      struct caller *out);

static enum err require_user(struct request *req, authenticate *how)
{
	struct caller *caller = arena_alloc(req->ctx->arena, sizeof *caller);
	const char *token;
	enum err err = credentials_bearer(req, &token);

	if (!err)
		err = how(req->ctx, token, caller);
	if (!err)
		req->caller = caller;
	return err;
}

enum err access_require(struct request *req, enum access access)
{
	switch (access) {
	case ACCESS_PUBLIC:
	case ACCESS_BASIC:
	case ACCESS_REFRESH:
		return ERR_NONE;
	case ACCESS_USER:
		return require_user(req, sessions_authenticate);
	case ACCESS_VERIFY:
		return require_user(req, sessions_verify);
	case ACCESS_OPTIONAL:
		return req->authorization ? require_user(req, sessions_authenticate)
					  : ERR_NONE;
	}
	return ERR_INTERNAL_ERROR;
}
