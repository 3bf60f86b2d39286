/* Queries and bodies, and the fields in them: app/request.c, app/api/input.c. The input
 * is a query, a content type and a body, a line each, the last to the end. */
#include "app/api/input.h"
#include "app/api/list.h"
#include "lib/url.h"
#include "t/fuzz/fuzz.h"

#define REPEATABLE "role"

static bool is_text(const char *text)
{
	return text && text_is_utf8(text, strlen(text));
}

/* ---- the query ---- */

static size_t count(const struct parameters *list, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		n += strcmp(list->at[i].name, name) == 0;
	return n;
}

static void look_at(const struct parameters *list)
{
	INVARIANT(list->n <= PARAMETERS_MAX);
	for (size_t i = 0; i < list->n; i++) {
		const struct parameter *at = &list->at[i];

		INVARIANT(is_text(at->name) && is_text(at->value));
		INVARIANT(count(list, at->name) == 1 || !strcmp(at->name, REPEATABLE));
	}
}

/* What was read and is written anew reads the same. */
static void write_and_read(const struct request *req)
{
	const struct parameters *list = &req->parameters;
	struct url_pair pairs[PARAMETERS_MAX];
	struct request again = {.ctx = req->ctx};

	for (size_t i = 0; i < list->n; i++)
		pairs[i] = (struct url_pair){list->at[i].name, list->at[i].value};
	again.query = url_form(req->ctx->arena, pairs, list->n);
	again.content_type = "";
	INVARIANT(request_decode(&again, REPEATABLE) == ERR_NONE);
	INVARIANT(again.parameters.n == list->n);
	for (size_t i = 0; i < list->n; i++)
		INVARIANT(!strcmp(again.parameters.at[i].name, list->at[i].name) &&
			  !strcmp(again.parameters.at[i].value, list->at[i].value));
}

/* ---- the body ---- */

static void look_at_form(const struct request *req)
{
	INVARIANT(json_count(req->body) <= PARAMETERS_MAX);
	for (size_t i = 0; i < json_count(req->body); i++) {
		const char *name = json_name(req->body, i);

		INVARIANT(is_text(name) && is_text(json_text(req->body, name)));
	}
}

/* Each reader gives a value, or notes what is wrong. */
static void read_fields(struct request *req)
{
	struct email email;
	bool flag;
	const char *text;
	size_t before = req->n_problems;

	text = input_username(req, "username");
	INVARIANT(text ? is_text(text) && req->n_problems == before
		       : req->n_problems == before + 1);
	before = req->n_problems;
	INVARIANT(input_email(req, "email", &email) == (req->n_problems == before));
	before = req->n_problems;
	text = input_code(req, "registration_code");
	INVARIANT(text ? !*text || strlen(text) == CODE_LEN
		       : req->n_problems == before + 1);
	before = req->n_problems;
	text = input_line(req, "description", 64);
	INVARIANT(text ? text_code_points(text) <= 64 && !text_has_control(text)
		       : req->n_problems == before + 1);
	before = req->n_problems;
	INVARIANT(input_bool(req, "active", &flag) == (req->n_problems == before));
	before = req->n_problems;
	text = input_role_name(req, "name");
	INVARIANT((text != NULL) == (req->n_problems == before));
	INVARIANT(input_step(req, "registration_code") <= STEP_FINISH);
}

static void read_page(struct request *req)
{
	struct page page;

	req->n_problems = 0;
	if (list_page(req, &page) == ERR_NONE)
		INVARIANT(page.number >= 1 && page.size >= 1);
	else
		INVARIANT(req->n_problems > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct context context = {.arena = fuzz_arena()};
	struct request req = {.ctx = &context};
	char *text = fuzz_text(context.arena, bytes, n);

	req.query = fuzz_line(&text);
	req.content_type = fuzz_line(&text);
	req.raw_body = text;
	req.content_length = (int64_t)strlen(text);
	if (request_decode(&req, REPEATABLE) != ERR_NONE)
		return 0;
	look_at(&req.parameters);
	write_and_read(&req);
	if (req.form)
		look_at_form(&req);
	read_fields(&req);
	read_page(&req);
	return 0;
}
