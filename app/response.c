#include "app/response.h"

#include "lib/text.h"

enum { HEAD_MAX = 16384 };

void response_header(struct response *res, const char *name, const char *value)
{
	INVARIANT(res->n_headers < HEADERS_MAX);
	INVARIANT(!text_has_control(name) && !text_has_control(value));
	res->headers[res->n_headers++] = (struct header){name, value};
}

void response_private(struct response *res)
{
	response_header(res, "Cache-Control", "no-store");
	response_header(res, "Pragma", "no-cache");
}

void response_text(struct response *res, int status, const char *content_type,
		   const char *body, size_t n)
{
	res->status = status;
	res->content_type = content_type;
	res->body = body;
	res->body_len = n;
}

static void set_body(struct request *req, struct response *res, int status,
		     const char *content_type, const struct json *body)
{
	const char *text = json_print(req->ctx->arena, body);

	response_text(res, status, content_type, text, strlen(text));
}

void response_json(struct request *req, struct response *res, int status,
		   struct json *body)
{
	set_body(req, res, status, "application/json", body);
}

void response_empty(struct response *res, int status)
{
	res->status = status;
	res->body = NULL;
}

void response_redirect(struct response *res, const char *url)
{
	response_header(res, "Location", url);
	response_header(res, "Cache-Control", "no-store");
	response_empty(res, 302);
}

void response_hand_over(struct response *res, const char *location)
{
	response_header(res, "X-Accel-Redirect", location);
	response_empty(res, 200);
	res->handed_over = true;
}

static bool lacks_something(enum err err)
{
	return err == ERR_INSUFFICIENT_ROLE || err == ERR_INSUFFICIENT_SCOPE;
}

/* RFC 6750 §3: no error code where no token was sent, nor where it was not the token that
 * was wrong. */
static const char *challenge(const struct request *req, enum err err)
{
	if (req->basic)
		return "Basic realm=\"latchkey\", charset=\"UTF-8\"";
	if (err == ERR_TOKEN_MISSING || err == ERR_INVALID_CREDENTIALS)
		return "Bearer realm=\"latchkey\"";
	if (lacks_something(err) && req->scope)
		return arena_printf(
			req->ctx->arena,
			"Bearer realm=\"latchkey\", error=\"insufficient_scope\", scope=\"%s\"",
			req->scope);
	if (lacks_something(err))
		return "Bearer realm=\"latchkey\", error=\"insufficient_scope\"";
	return "Bearer realm=\"latchkey\", error=\"invalid_token\"";
}

static void add_problems(struct request *req, struct json *body)
{
	struct arena *a = req->ctx->arena;
	struct json *list = json_add_array(a, body, "errors");

	for (size_t i = 0; i < req->n_problems; i++) {
		struct json *item = json_push_object(a, list);

		json_add_text(a, item, "field", req->problems[i].field);
		json_add_text(a, item, "code", req->problems[i].code);
		json_add_text(a, item, "message", req->problems[i].message);
	}
}

static struct json *problem(struct request *req, enum err err)
{
	struct context *c = req->ctx;
	const struct error_row *row = error_row(err);
	struct json *body = json_object(c->arena);

	json_add_text(c->arena, body, "type",
		      arena_printf(c->arena, "%s/api/v1/errors#%s",
				   c->conf->web_public_url, row->code));
	json_add_text(c->arena, body, "title", row->title);
	json_add_integer(c->arena, body, "status", row->status);
	json_add_text(c->arena, body, "detail", req->detail ? req->detail : row->title);
	json_add_text(c->arena, body, "code", row->code);
	json_add_text(c->arena, body, "request_id", c->request_id);
	if (req->n_problems > 0)
		add_problems(req, body);
	return body;
}

/* What RFC 6749 §5.2 and §4.1.2.1 have a word for; all else is a bad request. */
static const char *oauth_word(enum err err)
{
	const struct error_row *row = error_row(err);

	if (err >= ERR_INVALID_REQUEST)
		return row->code;
	if (row->status == 503)
		return "temporarily_unavailable";
	return row->status >= 500 ? "server_error" : "invalid_request";
}

static struct json *oauth_problem(struct request *req, enum err err)
{
	struct arena *a = req->ctx->arena;
	struct json *body = json_object(a);

	json_add_text(a, body, "error", oauth_word(err));
	json_add_text(a, body, "error_description",
		      req->detail ? req->detail : error_row(err)->title);
	return body;
}

void response_error(struct request *req, struct response *res, enum err err)
{
	const struct error_row *row = error_row(err);
	struct context *c = req->ctx;

	if (row->status == 401 || lacks_something(err))
		response_header(res, "WWW-Authenticate", challenge(req, err));
	if (row->status == 503)
		response_header(res, "Retry-After", "1");
	if (row->status == 429)
		response_header(res, "Retry-After",
				text_integer(c->arena, c->retry_after_s > 0
							       ? c->retry_after_s
							       : 1));
	if (req->path && text_starts(req->path, "/oauth/")) {
		response_private(res);
		set_body(req, res, row->status, "application/json",
			 oauth_problem(req, err));
		return;
	}
	response_header(res, "Cache-Control", "no-store");
	set_body(req, res, row->status, "application/problem+json", problem(req, err));
}

const char *response_bytes(struct request *req, const struct response *res, size_t *n)
{
	bool has_body = res->body && strcmp(req->method, "HEAD") != 0;
	size_t size = HEAD_MAX + (has_body ? res->body_len : 0);
	struct buf out;

	buf_init(&out, arena_alloc(req->ctx->arena, size), size);
	buf_printf(&out, "Status: %d\r\nX-Request-Id: %s\r\n", res->status,
		   req->ctx->request_id);
	for (size_t i = 0; i < res->n_headers; i++)
		buf_printf(&out, "%s: %s\r\n", res->headers[i].name,
			   res->headers[i].value);
	if (res->body)
		buf_printf(&out, "Content-Type: %s\r\nContent-Length: %zu\r\n",
			   res->content_type, res->body_len);
	buf_puts(&out, "\r\n");
	if (has_body)
		buf_put(&out, res->body, res->body_len);
	INVARIANT(!out.cut);
	*n = out.len;
	return out.at;
}
