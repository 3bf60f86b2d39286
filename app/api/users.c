/* /users: for machines. */
#include "app/api/api.h"
#include "app/api/input.h"
#include "app/api/list.h"
#include "app/api/view.h"
#include "app/flow/people.h"

static enum err show(struct request *req, struct response *res, enum err err,
		     const struct user *user)
{
	if (!err)
		view_user(req, res, 200, user);
	return err;
}

static enum err by_email(struct request *req, struct response *res)
{
	struct email email;
	struct user user;
	bool ok = input_query_email(req, "email", &email);
	enum err err = input_done(req);

	if (err || !ok)
		return err;
	return show(req, res, people_by_email(req->ctx, &email, &user), &user);
}

static enum err by_username(struct request *req, struct response *res)
{
	const char *username = input_query_username(req, "username");
	enum err err = input_done(req);
	struct user user;

	if (err)
		return err;
	return show(req, res, people_by_username(req->ctx, username, &user), &user);
}

static enum err all(struct request *req, struct response *res)
{
	const struct user *rows;
	struct page_found found;
	struct page page;
	struct list list;
	enum err err = list_page(req, &page);

	if (!err)
		err = people_page(req->ctx, &page, &rows, &found);
	if (err)
		return err;
	list_begin(req, &list, &page, &found);
	for (size_t i = 0; i < found.n; i++)
		view_put_user(req, json_push_object(req->ctx->arena, list.items),
			      &rows[i]);
	list_end(req, res, &list);
	return ERR_NONE;
}

enum err api_users(struct request *req, struct response *res)
{
	bool email = request_parameter(req, "email") != NULL;
	bool username = request_parameter(req, "username") != NULL;

	if (email && username) {
		input_problem(req, "username", "invalid",
			      "A user is looked up by email or by username.");
		return input_done(req);
	}
	if (email)
		return by_email(req, res);
	return username ? by_username(req, res) : all(req, res);
}

enum err api_user(struct request *req, struct response *res)
{
	struct user user;

	return show(req, res, people_look(req->ctx, req->id[0], &user), &user);
}

enum err api_user_change(struct request *req, struct response *res)
{
	bool active = false;
	struct user user;
	enum err err;

	if (!input_bool(req, "active", &active))
		return input_done(req);
	err = people_set_active(req->ctx, req->id[0], active, &user);
	return show(req, res, err, &user);
}
