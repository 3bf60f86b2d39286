#include "app/api/input.h"

#include "app/password.h"
#include "app/role_name.h"
#include "app/username.h"
#include "lib/secret.h"
#include "lib/text.h"

enum { CODE_TYPED_MAX = 64, EMAIL_TYPED_MAX = 320, PROOF_TOKEN_MAX = JWT_LEN_MAX };

void input_problem(struct request *req, const char *field, const char *code,
		   const char *message)
{
	if (req->n_problems < PROBLEMS_MAX)
		req->problems[req->n_problems++] = (struct problem){field, code, message};
}

enum err input_done(const struct request *req)
{
	return req->n_problems > 0 ? ERR_VALIDATION_FAILED : ERR_NONE;
}

bool input_has(const struct request *req, const char *field)
{
	enum json_type type = json_type(req->body, field);

	return type != JSON_ABSENT && type != JSON_NULL;
}

const char *input_text(struct request *req, const char *field, size_t max)
{
	const char *text = json_text(req->body, field);

	if (!input_has(req, field))
		input_problem(req, field, "required", "This field is required.");
	else if (!text)
		input_problem(req, field, "wrong_type", "This field must be a string.");
	else if (*text == '\0')
		input_problem(req, field, "required", "This field must not be empty.");
	else if (strlen(text) > max)
		input_problem(req, field, "too_long", "This field is too long.");
	else
		return text;
	return NULL;
}

static bool read_email(struct request *req, const char *field, const char *typed,
		       struct email *out)
{
	if (!typed)
		return false;
	if (email_parse(req->ctx->arena, typed, out))
		return true;
	input_problem(req, field, "invalid_email", "This is not an e-mail address.");
	return false;
}

bool input_email(struct request *req, const char *field, struct email *out)
{
	return read_email(req, field, input_text(req, field, EMAIL_TYPED_MAX), out);
}

bool input_query_email(struct request *req, const char *name, struct email *out)
{
	return read_email(req, name, request_parameter(req, name), out);
}

static const char *read_username(struct request *req, const char *field,
				 const char *typed)
{
	if (!typed || username_valid(typed))
		return typed;
	input_problem(
		req, field, "invalid_username",
		"A user name has 3 to 32 ASCII letters, digits, '.', '_' or '-' and "
		"begins with a letter or digit.");
	return NULL;
}

const char *input_username(struct request *req, const char *field)
{
	return read_username(req, field, input_text(req, field, BODY_MAX));
}

const char *input_query_username(struct request *req, const char *name)
{
	return read_username(req, name, request_parameter(req, name));
}

const char *input_role_name(struct request *req, const char *field)
{
	const char *typed = input_text(req, field, BODY_MAX);

	if (!typed || role_name_valid(typed))
		return typed;
	input_problem(req, field, "invalid_role_name",
		      "A role's name has 1 to 80 ASCII letters, digits, '.', '_', ':' or "
		      "'-' and begins with a letter or digit.");
	return NULL;
}

const char *input_line(struct request *req, const char *field, size_t max)
{
	const char *text = json_text(req->body, field);

	if (!text)
		input_problem(req, field, "wrong_type", "This field must be a string.");
	else if (text_code_points(text) > max)
		input_problem(req, field, "too_long", "This field is too long.");
	else if (text_has_control(text))
		input_problem(req, field, "invalid",
			      "This field must be one line of text.");
	else
		return text;
	return NULL;
}

static bool form_bool(const struct request *req, const char *field, bool *out)
{
	const char *text = req->form ? json_text(req->body, field) : NULL;

	if (!text || (strcmp(text, "true") != 0 && strcmp(text, "false") != 0))
		return false;
	*out = strcmp(text, "true") == 0;
	return true;
}

bool input_bool(struct request *req, const char *field, bool *out)
{
	if (json_bool(req->body, field, out) || form_bool(req, field, out))
		return true;
	if (!input_has(req, field))
		input_problem(req, field, "required", "This field is required.");
	else
		input_problem(req, field, "wrong_type",
			      "This field must be true or false.");
	return false;
}

const char *input_password(struct request *req, const char *field)
{
	return input_text(req, field, BODY_MAX);
}

static const struct {
	const char *code, *message;
} flaws[] = {
	[PASSWORD_TOO_SHORT] = {"too_short", "A password has at least 8 characters."},
	[PASSWORD_TOO_LONG] = {"too_long", "A password has at most 256 characters."},
	[PASSWORD_TOO_WEAK] = {"password_too_weak",
			       "This password is too easy to guess."},
	[PASSWORD_HAS_CONTROL] = {"invalid", "A password has no control characters."},
};

static const char *flawed(struct request *req, const char *field, enum password_flaw flaw)
{
	input_problem(req, field, flaws[flaw].code, flaws[flaw].message);
	return NULL;
}

const char *input_new_password(struct request *req, const char *field, const char *email,
			       const char *username)
{
	const char *typed = input_text(req, field, BODY_MAX), *normal;
	struct arena *arena = req->ctx->arena;
	enum password_flaw flaw;

	if (!typed)
		return NULL;
	normal = password_normal(arena, typed);
	if (!normal)
		return flawed(req, field, PASSWORD_TOO_LONG);
	flaw = password_judge(arena, req->ctx->conf, normal, email, username);
	return flaw == PASSWORD_FINE ? normal : flawed(req, field, flaw);
}

const char *input_code(struct request *req, const char *field)
{
	const char *typed = input_text(req, field, CODE_TYPED_MAX);
	char code[CODE_SIZE];
	const char *out;

	if (!typed)
		return NULL;
	out = code_read(typed, code) ? arena_dup(req->ctx->arena, code) : "";
	secret_wipe(code, sizeof code);
	return out;
}

const char *input_token(struct request *req)
{
	return input_text(req, "token", PROOF_TOKEN_MAX);
}

enum input_step input_step(const struct request *req, const char *code_field)
{
	if (json_type(req->body, "token") != JSON_ABSENT)
		return STEP_FINISH;
	return json_type(req->body, code_field) != JSON_ABSENT ? STEP_PROVE : STEP_ASK;
}
