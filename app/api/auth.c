#include "app/api/api.h"
#include "app/api/view.h"
#include "app/flow/bearer.h"
#include "lib/text.h"

static bool has_role(const struct user *user, const char *role)
{
	for (size_t i = 0; i < user->n_roles; i++)
		if (strcmp(user->roles[i], role) == 0)
			return true;
	return false;
}

static bool meets(const struct request *req, const struct parameter *wanted)
{
	if (strcmp(wanted->name, "role") == 0)
		return req->caller && has_role(&req->caller->user, wanted->value);
	if (strcmp(wanted->name, "scope") == 0)
		return req->machine && machine_may(req->machine, wanted->value);
	if (strcmp(wanted->name, "kind") == 0)
		return strcmp(wanted->value, req->caller ? "user" : "machine") == 0;
	return false;
}

/* A requirement that is not understood is not met: a slip in an administrator's snippet
 * must let nobody pass. */
static bool meets_all(const struct request *req)
{
	for (size_t i = 0; i < req->parameters.n; i++)
		if (!meets(req, &req->parameters.at[i]))
			return false;
	return true;
}

static void show_user(struct request *req, struct response *res)
{
	const struct user *user = &req->caller->user;

	response_header(res, "X-Auth-User-Id", user->id);
	response_header(res, "X-Auth-Username", user->username ? user->username : "");
	response_header(res, "X-Auth-Email", user->email);
	/* role names hold no comma: they are checked where they are made */
	response_header(res, "X-Auth-Roles",
			text_join(req->ctx->arena, user->roles, user->n_roles, ","));
}

static void show_machine(struct request *req, struct response *res)
{
	response_header(res, "X-Auth-Client-Id", req->machine->id);
	response_header(res, "X-Auth-Scope",
			text_join(req->ctx->arena, req->machine->scopes,
				  req->machine->n_scopes, " "));
}

enum err api_verify(struct request *req, struct response *res)
{
	if (!meets_all(req))
		return req->machine ? ERR_INSUFFICIENT_SCOPE : ERR_INSUFFICIENT_ROLE;
	if (req->caller)
		show_user(req, res);
	else
		show_machine(req, res);
	response_header(res, "Cache-Control", "no-store");
	response_empty(res, 204);
	return ERR_NONE;
}
