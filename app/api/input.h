/* Fields of a body. Each reader returns the value, or notes what is wrong with the field
 * (422 tells of all of them at once) and returns NULL. */
#ifndef APP_API_INPUT_H
#define APP_API_INPUT_H

#include "app/code.h"
#include "app/email.h"
#include "app/request.h"

/* Notes a problem; `code` and `message` are constants. */
void input_problem(struct request *req, const char *field, const char *code,
		   const char *message);
/* ERR_VALIDATION_FAILED when anything was noted. */
enum err input_done(const struct request *req) MUST_USE;

bool input_has(const struct request *req,
	       const char *field) MUST_USE; /* there and not null */
/* A text of 1..max bytes. */
const char *input_text(struct request *req, const char *field, size_t max) MUST_USE;
bool input_email(struct request *req, const char *field, struct email *out) MUST_USE;
const char *input_username(struct request *req, const char *field) MUST_USE;
const char *input_role_name(struct request *req, const char *field) MUST_USE;
/* One line of at most `max` code points, perhaps none. */
const char *input_line(struct request *req, const char *field, size_t max) MUST_USE;
/* JSON's true or false; a form has the words. False: it was none, which was noted. */
bool input_bool(struct request *req, const char *field, bool *out) MUST_USE;
/* A password to be compared with: as it came. */
const char *input_password(struct request *req, const char *field) MUST_USE;
/* A new password in normal form; `email` and `username` may be NULL. */
const char *input_new_password(struct request *req, const char *field, const char *email,
			       const char *username) MUST_USE;
/* A code in the form that code_derive() gives. A text that is no code at all is no
 * mistake of form: it is a wrong guess, "" is given for it. */
const char *input_code(struct request *req, const char *field) MUST_USE;
const char *input_token(struct request *req) MUST_USE;

/* The steps that share a path are told by the fields present. */
enum input_step { STEP_ASK, STEP_PROVE, STEP_FINISH };
enum input_step input_step(const struct request *req, const char *code_field) MUST_USE;

/* The same of the query's parameters, which are there. */
bool input_query_email(struct request *req, const char *name, struct email *out) MUST_USE;
const char *input_query_username(struct request *req, const char *name) MUST_USE;

#endif
