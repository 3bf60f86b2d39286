#include "app/api/api.h"
#include "app/api/view.h"
#include "app/flow/sessions.h"
#include "lib/text.h"

static bool has_role(const struct user *user, const char *role)
{
	for (size_t i = 0; i < user->n_roles; i++)
		if (strcmp(user->roles[i], role) == 0)
			return true;
	return false;
}

/* A requirement that is not understood is not met: a slip in an administrator's snippet
 * must let nobody pass. */
static bool meets_all(const struct request *req)
{
	for (size_t i = 0; i < req->parameters.n; i++)
		if (strcmp(req->parameters.at[i].name, "role") != 0 ||
		    !has_role(&req->caller->user, req->parameters.at[i].value))
			return false;
	return true;
}

/* Role names hold no comma (they are checked where they are made). */
static const char *roles_list(struct request *req)
{
	const struct user *user = &req->caller->user;
	const char *list = "";

	for (size_t i = 0; i < user->n_roles; i++)
		list = arena_printf(req->ctx->arena, "%s%s%s", list, i ? "," : "",
				    user->roles[i]);
	return list;
}

enum err api_verify(struct request *req, struct response *res)
{
	const struct user *user = &req->caller->user;

	if (!meets_all(req))
		return ERR_INSUFFICIENT_ROLE;
	response_header(res, "X-Auth-User-Id", user->id);
	response_header(res, "X-Auth-Username", user->username ? user->username : "");
	response_header(res, "X-Auth-Email", user->email);
	response_header(res, "X-Auth-Roles", roles_list(req));
	response_header(res, "Cache-Control", "no-store");
	response_empty(res, 204);
	return ERR_NONE;
}
