/* /roles and /users/{id}/roles: for machines. */
#include "app/flow/roles.h"

#include "app/api/api.h"
#include "app/api/input.h"
#include "app/api/list.h"
#include "app/api/view.h"
#include "app/role_name.h"

static enum err done(struct response *res, enum err err, int status)
{
	if (!err)
		response_empty(res, status);
	return err;
}

static void show_list(struct request *req, struct response *res, const struct page *page,
		      const struct role *rows, const struct page_found *found)
{
	struct list list;

	list_begin(req, &list, page, found);
	for (size_t i = 0; i < found->n; i++)
		view_put_role(req, json_push_object(req->ctx->arena, list.items),
			      &rows[i]);
	list_end(req, res, &list);
}

enum err api_roles(struct request *req, struct response *res)
{
	const struct role *rows;
	struct page_found found;
	struct page page;
	enum err err = list_page(req, &page);

	if (!err)
		err = roles_page(req->ctx, &page, &rows, &found);
	if (!err)
		show_list(req, res, &page, rows, &found);
	return err;
}

enum err api_roles_of_user(struct request *req, struct response *res)
{
	const struct role *rows;
	struct page_found found;
	struct page page;
	enum err err = list_page(req, &page);

	if (!err)
		err = roles_page_of_user(req->ctx, req->id[0], &page, &rows, &found);
	if (!err)
		show_list(req, res, &page, rows, &found);
	return err;
}

static bool is_sent(const struct request *req, const char *field)
{
	return json_type(req->body, field) != JSON_ABSENT;
}

static const char *description(struct request *req)
{
	return input_line(req, "description", ROLE_DESCRIPTION_MAX);
}

enum err api_role_create(struct request *req, struct response *res)
{
	const char *name = input_role_name(req, "name");
	const char *purpose = is_sent(req, "description") ? description(req) : "";
	enum err err = input_done(req);
	struct role role;

	if (!err)
		err = roles_create(req->ctx, name, purpose, &role);
	if (err)
		return err;
	response_header(res, "Location",
			arena_printf(req->ctx->arena, "/api/v1/roles/%s", role.id));
	view_role(req, res, 201, &role);
	return ERR_NONE;
}

enum err api_role(struct request *req, struct response *res)
{
	struct role role;
	enum err err = roles_look(req->ctx, req->id[0], &role);

	if (!err)
		view_role(req, res, 200, &role);
	return err;
}

enum err api_role_change(struct request *req, struct response *res)
{
	struct role_change change = {0};
	struct role role;
	enum err err;

	if (is_sent(req, "name"))
		change.name = input_role_name(req, "name");
	if (is_sent(req, "description"))
		change.description = description(req);
	if (!is_sent(req, "name") && !is_sent(req, "description"))
		input_problem(req, "name", "required",
			      "There must be a name, a description or both.");
	err = input_done(req);
	if (!err)
		err = roles_change(req->ctx, req->id[0], &change, &role);
	if (!err)
		view_role(req, res, 200, &role);
	return err;
}

enum err api_role_delete(struct request *req, struct response *res)
{
	return done(res, roles_remove(req->ctx, req->id[0]), 204);
}

enum err api_role_assign(struct request *req, struct response *res)
{
	bool already;
	struct role role;
	enum err err = roles_assign(req->ctx, req->id[0], req->id[1], &already, &role);

	if (!err)
		view_role(req, res, already ? 200 : 201, &role);
	return err;
}

enum err api_role_revoke(struct request *req, struct response *res)
{
	return done(res, roles_withdraw(req->ctx, req->id[0], req->id[1]), 204);
}

enum err api_role_check(struct request *req, struct response *res)
{
	enum err err = roles_check(req->ctx, req->id[0], req->id[1]);

	if (!err) {
		response_header(res, "Cache-Control", "no-store");
		/* There is no GET whose length it could be (RFC 9110 §8.6) */
		response_header(res, "Content-Length", "0");
	}
	return done(res, err, 200);
}
