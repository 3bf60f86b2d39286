#include "app/api/view.h"

#include "lib/clock.h"

void view_put_user(struct request *req, struct json *body, const struct user *user)
{
	struct arena *a = req->ctx->arena;
	struct json *roles;

	json_add_text(a, body, "id", user->id);
	json_add_text(a, body, "username", user->username);
	json_add_text(a, body, "email", user->email);
	json_add_bool(a, body, "email_verified", user->email_verified);
	json_add_bool(a, body, "active", user->active);
	json_add_text(a, body, "created_at", clock_rfc3339(a, user->created_at));
	roles = json_add_array(a, body, "roles");
	for (size_t i = 0; i < user->n_roles; i++)
		json_push_text(a, roles, user->roles[i]);
}

void view_put_role(struct request *req, struct json *body, const struct role *role)
{
	struct arena *a = req->ctx->arena;

	json_add_text(a, body, "id", role->id);
	json_add_text(a, body, "name", role->name);
	json_add_text(a, body, "description", role->description);
	json_add_text(a, body, "created_at", clock_rfc3339(a, role->created_at));
	json_add_text(a, body, "updated_at", clock_rfc3339(a, role->updated_at));
}

void view_user(struct request *req, struct response *res, int status,
	       const struct user *user)
{
	struct json *body = json_object(req->ctx->arena);

	view_put_user(req, body, user);
	response_header(res, "Cache-Control", "no-store");
	response_json(req, res, status, body);
}

void view_role(struct request *req, struct response *res, int status,
	       const struct role *role)
{
	struct json *body = json_object(req->ctx->arena);

	view_put_role(req, body, role);
	response_header(res, "Cache-Control", "no-store");
	response_json(req, res, status, body);
}

void view_tokens(struct request *req, struct response *res, const struct token_pair *pair)
{
	struct arena *a = req->ctx->arena;
	struct json *body = json_object(a);

	json_add_text(a, body, "access_token", pair->access);
	json_add_text(a, body, "token_type", "Bearer");
	json_add_integer(a, body, "expires_in", pair->expires_in);
	if (pair->refresh) {
		json_add_text(a, body, "refresh_token", pair->refresh);
		json_add_integer(a, body, "refresh_expires_in", pair->refresh_expires_in);
	}
	response_private(res);
	response_json(req, res, 200, body);
}

void view_proof_asked(struct request *req, struct response *res,
		      const struct proof_asked *asked)
{
	struct arena *a = req->ctx->arena;
	struct json *body = json_object(a);

	json_add_text(a, body, "message",
		      "If the address is right, a letter is on its way.");
	json_add_integer(a, body, "expires_in", asked->expires_in);
	json_add_integer(a, body, "resend_after", asked->resend_after);
	response_header(res, "Cache-Control", "no-store");
	response_json(req, res, 202, body);
}

void view_proof_token(struct request *req, struct response *res, const char *token)
{
	struct arena *a = req->ctx->arena;
	struct json *body = json_object(a);

	json_add_text(a, body, "token", token);
	json_add_integer(a, body, "expires_in", req->ctx->conf->codes_ttl_s);
	response_private(res);
	response_json(req, res, 200, body);
}
