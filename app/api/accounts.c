/* /auth: accounts with e-mail and password, and the address that they prove later. */
#include "app/api/api.h"
#include "app/api/input.h"
#include "app/api/view.h"
#include "app/flow/account.h"
#include "app/flow/address.h"
#include "app/flow/login.h"

/* The field by which a client named the user; the first of the list that is there. */
static const char *first_of(const struct request *req, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (input_has(req, names[i]))
			return names[i];
	return names[0];
}

enum err api_auth_register(struct request *req, struct response *res)
{
	static const char *const names[] = {"login", "email"};
	struct account_new in = {0};
	bool has_email = input_email(req, first_of(req, names, COUNT(names)), &in.email);
	struct user user;
	enum err err;

	if (input_has(req, "username"))
		in.username = input_username(req, "username");
	in.password = input_new_password(
		req, "password", has_email ? in.email.address : NULL, in.username);
	err = input_done(req);
	if (!err)
		err = account_register(req->ctx, &in, &user);
	if (!err)
		view_user(req, res, 201, &user);
	return err;
}

enum err api_auth_login(struct request *req, struct response *res)
{
	static const char *const names[] = {"login", "email", "username"};
	const struct login in = {
		.name = input_text(req, first_of(req, names, COUNT(names)), BODY_MAX),
		.password = input_password(req, "password"),
		.method = "password",
	};
	struct token_pair pair;
	enum err err = input_done(req);

	if (!err)
		err = login(req->ctx, &in, &pair);
	if (!err)
		view_tokens(req, res, &pair);
	return err;
}

/* With a token and no body: another letter with the code. */
static enum err ask_code(struct request *req, struct response *res)
{
	struct proof_asked asked;
	bool done = false;
	enum err err = address_ask_code(req->ctx, req->caller, &asked, &done);

	if (err)
		return err;
	if (done)
		view_user(req, res, 200, &req->caller->user);
	else
		view_proof_asked(req, res, &asked);
	return ERR_NONE;
}

enum err api_verify_email(struct request *req, struct response *res)
{
	struct email email;
	struct user user;
	const char *code;
	bool has_email;
	enum err err;

	if (req->caller && !input_has(req, "email") && !input_has(req, "code"))
		return ask_code(req, res);
	has_email = input_email(req, "email", &email);
	code = input_code(req, "code");
	err = input_done(req);
	if (err || !has_email)
		return err;
	err = address_verify(req->ctx, &email, code, &user);
	if (!err)
		view_user(req, res, 200, &user);
	return err;
}
