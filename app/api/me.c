/* /users/me: an account in its owner's hands. */
#include "app/api/api.h"
#include "app/api/cookie.h"
#include "app/api/input.h"
#include "app/api/view.h"
#include "app/flow/account.h"
#include "app/flow/address.h"

bool api_always_hashes(const struct request *req UNUSED)
{
	return true;
}

enum err api_me(struct request *req, struct response *res)
{
	view_user(req, res, 200, &req->caller->user);
	return ERR_NONE;
}

enum err api_me_change(struct request *req, struct response *res)
{
	const char *username = input_username(req, "username");
	enum err err = input_done(req);
	struct user user;

	if (!err)
		err = account_set_username(req->ctx, req->caller, username, &user);
	if (!err)
		view_user(req, res, 200, &user);
	return err;
}

/* Of an account that has none, no password is asked. */
static const char *own_password(struct request *req)
{
	return req->caller->user.has_password ? input_password(req, "password") : NULL;
}

enum err api_me_delete(struct request *req, struct response *res)
{
	const char *password = own_password(req);
	enum err err = input_done(req);

	if (!err)
		err = account_delete(req->ctx, req->caller, password);
	if (!err) {
		cookie_end(req, res);
		response_empty(res, 204);
	}
	return err;
}

enum err api_change_password(struct request *req, struct response *res)
{
	const struct user *user = &req->caller->user;
	const char *old = input_password(req, "old_password");
	const char *new =
		input_new_password(req, "new_password1", user->email, user->username);
	const char *typed = json_text(req->body, "new_password1");
	const char *again = input_password(req, "new_password2");
	enum err err;

	if (typed && again && strcmp(typed, again) != 0)
		input_problem(req, "new_password2", "passwords_differ",
			      "The two new passwords are not the same.");
	err = input_done(req);
	if (!err)
		err = account_set_password(req->ctx, req->caller, old, new);
	if (!err) {
		cookie_end(req, res);
		response_empty(res, 204);
	}
	return err;
}

enum err api_email(struct request *req, struct response *res)
{
	struct email to;
	bool has_email = input_email(req, "email", &to);
	const char *password = own_password(req);
	struct proof_asked asked;
	enum err err = input_done(req);

	if (err || !has_email)
		return err;
	err = address_change(req->ctx, req->caller, &to, password, &asked);
	if (!err)
		view_proof_asked(req, res, &asked);
	return err;
}

enum err api_email_confirm(struct request *req, struct response *res)
{
	const char *code = input_code(req, "code");
	enum err err = input_done(req);
	struct user user;

	if (!err)
		err = address_confirm(req->ctx, req->caller, code, &user);
	if (!err)
		view_user(req, res, 200, &user);
	return err;
}
