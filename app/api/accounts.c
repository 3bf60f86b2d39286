/* /auth: accounts with e-mail and password, and the address that they prove later. */
#include "app/api/api.h"
#include "app/api/cookie.h"
#include "app/api/cors.h"
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

/* "session": "cookie": a web page, whose origin is looked at before anything is done. */
static enum err login_page(struct request *req, struct response *res,
			   const struct login *in)
{
	struct browser_cookie cookie;
	struct user user;
	enum err err;

	if (!cors_origin_is_known(req))
		return ERR_ORIGIN_REFUSED;
	err = login_browser(req->ctx, in, &user, &cookie);
	if (err)
		return err;
	cookie_set(req, res, BROWSER_COOKIE, cookie.value, cookie.max_age_s);
	view_user(req, res, 200, &user);
	return ERR_NONE;
}

enum err api_auth_login(struct request *req, struct response *res)
{
	static const char *const names[] = {"login", "email", "username"};
	const struct login in = {
		.name = input_text(req, first_of(req, names, COUNT(names)), BODY_MAX),
		.password = input_password(req, "password"),
		.method = "password",
	};
	bool page = input_has(req, "session");
	const char *kind = page ? input_text(req, "session", BODY_MAX) : NULL;
	struct token_pair pair;
	enum err err;

	if (kind && strcmp(kind, "cookie") != 0)
		input_problem(req, "session", "invalid", "This must be \"cookie\".");
	err = input_done(req);
	if (!err && page)
		return login_page(req, res, &in);
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
