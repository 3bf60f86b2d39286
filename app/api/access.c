#include "app/api/access.h"

#include "app/api/credentials.h"
#include "app/flow/sessions.h"

static enum err require_user(struct request *req)
{
	struct user *user = arena_alloc(req->ctx->arena, sizeof *user);
	const char *token = credentials_bearer(req);
	enum err err;

	if (!token)
		return req->authorization ? ERR_TOKEN_REFUSED : ERR_TOKEN_MISSING;
	err = sessions_authenticate(req->ctx, token, user);
	if (!err)
		req->user = user;
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
		return require_user(req);
	}
	return ERR_INTERNAL_ERROR;
}
