/* /register and /password: the same three steps to different ends. */
#include "app/flow/proof.h"

#include "app/api/api.h"
#include "app/api/input.h"
#include "app/api/view.h"
#include "app/flow/recover.h"
#include "app/flow/register.h"

/* What differs between the two */
struct steps {
	const char *code_field;
	enum err (*ask)(struct context *, const struct email *, struct proof_asked *);
	enum err (*prove)(struct context *, const struct email *, const char *,
			  const char **);
	enum err (*finish)(struct context *, const struct proof_finish *, struct user *);
	const char *(*token_email)(struct context *, const char *);
	const char *(*username)(struct request *, const char *field);
	int status; /* of the last step */
};

/* The name of an account that exists: compared, so its form does not matter. */
static const char *existing_username(struct request *req, const char *field)
{
	return input_text(req, field, EMAIL_MAX);
}

static const struct steps REGISTER = {
	"registration_code",
	register_ask,
	register_prove,
	register_finish,
	register_token_email,
	input_username,
	201,
};

static const struct steps RECOVER = {
	"confirmation_code", recover_ask,	recover_prove, recover_finish,
	recover_token_email, existing_username, 200,
};

static enum err ask(struct request *req, struct response *res, const struct steps *steps)
{
	struct proof_asked asked;
	struct email email;
	enum err err;

	if (!input_email(req, "email", &email))
		return input_done(req);
	err = steps->ask(req->ctx, &email, &asked);
	if (!err)
		view_proof_asked(req, res, &asked);
	return err;
}

static enum err prove(struct request *req, struct response *res,
		      const struct steps *steps)
{
	struct email email;
	bool has_email = input_email(req, "email", &email);
	const char *code = input_code(req, steps->code_field), *token;
	enum err err = input_done(req);

	if (err || !has_email)
		return err;
	err = steps->prove(req->ctx, &email, code, &token);
	if (!err)
		view_proof_token(req, res, token);
	return err;
}

static enum err finish(struct request *req, struct response *res,
		       const struct steps *steps)
{
	struct proof_finish in = {
		.token = input_token(req),
		.username = steps->username(req, "username"),
	};
	const char *email = in.token ? steps->token_email(req->ctx, in.token) : NULL;
	struct user user;
	enum err err;

	in.password = input_new_password(req, "password", email, in.username);
	err = input_done(req);
	if (!err)
		err = steps->finish(req->ctx, &in, &user);
	if (!err)
		view_user(req, res, steps->status, &user);
	return err;
}

static enum err any_step(struct request *req, struct response *res,
			 const struct steps *steps)
{
	switch (input_step(req, steps->code_field)) {
	case STEP_ASK:
		return ask(req, res, steps);
	case STEP_PROVE:
		return prove(req, res, steps);
	case STEP_FINISH:
		return finish(req, res, steps);
	}
	return ERR_INTERNAL_ERROR;
}

enum err api_register(struct request *req, struct response *res)
{
	return any_step(req, res, &REGISTER);
}

enum err api_password(struct request *req, struct response *res)
{
	return any_step(req, res, &RECOVER);
}

bool api_register_hashes(const struct request *req)
{
	return input_step(req, REGISTER.code_field) == STEP_FINISH;
}

bool api_password_hashes(const struct request *req)
{
	return input_step(req, RECOVER.code_field) == STEP_FINISH;
}
