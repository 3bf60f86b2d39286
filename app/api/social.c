/* Logins by a provider, and the accounts there that are linked. */
#include "app/flow/social.h"

#include "app/api/api.h"
#include "app/api/cookie.h"
#include "app/api/input.h"
#include "app/api/list.h"
#include "app/api/view.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/url.h"

#define FINISH_LOCATION "@latchkey_social"

enum { RETURN_TO_MAX = 1000, STATE_SHOWN = 8 };

/* One for each login under way, so that several at once do not meet */
static const char *cookie_name(struct request *req, const char *state)
{
	return arena_printf(req->ctx->arena, "__Host-lk-%.*s", STATE_SHOWN, state);
}

/* ---- the beginning ---- */

/* Of a page by its address, of a program by its body; NULL: not given, or noted. */
static const char *given(struct request *req, const char *name)
{
	return input_has(req, name) ? input_text(req, name, BODY_MAX)
				    : request_parameter(req, name);
}

static bool is_of(const char *url, const char *origin)
{
	size_t n = strlen(origin);

	return strncmp(url, origin, n) == 0 && (!url[n] || strchr("/?", url[n]));
}

static bool may_return_to(const struct request *req, const char *url)
{
	const struct words *origins = &req->ctx->conf->web_return_to;

	if (strlen(url) > RETURN_TO_MAX || !url_is_sound(url))
		return false;
	for (size_t i = 0; i < origins->n; i++)
		if (is_of(url, origins->at[i]))
			return true;
	return false;
}

static const char *read_return_to(struct request *req)
{
	const char *url = given(req, "return_to");

	if (!url)
		return "";
	if (!may_return_to(req, url))
		input_problem(req, "return_to", "invalid",
			      "This is not a page to which a login may return.");
	return url;
}

static bool read_session(struct request *req)
{
	const char *kind = given(req, "session");

	if (kind && strcmp(kind, "cookie") != 0)
		input_problem(req, "session", "invalid", "This must be \"cookie\".");
	return kind;
}

static enum err start(struct request *req, struct response *res,
		      const struct caller *caller, struct social_started *out)
{
	const struct social_start in = {
		.provider = req->name,
		.return_to = read_return_to(req),
		.cookie = read_session(req),
		.caller = caller,
	};
	enum err err = input_done(req);

	if (!err)
		err = social_start(req->ctx, &in, out);
	if (!err)
		cookie_set(req, res, cookie_name(req, out->state), out->browser,
			   out->expires_in);
	return err;
}

enum err api_social_login(struct request *req, struct response *res)
{
	struct social_started started;
	enum err err = start(req, res, NULL, &started);

	if (!err)
		response_redirect(res, started.url);
	return err;
}

enum err api_social_begin(struct request *req, struct response *res)
{
	struct arena *a = req->ctx->arena;
	struct social_started started;
	struct json *body;
	enum err err = start(req, res, req->caller, &started);

	if (err)
		return err;
	body = json_object(a);
	json_add_text(a, body, "authorization_url", started.url);
	json_add_text(a, body, "state", started.state);
	json_add_integer(a, body, "expires_in", started.expires_in);
	response_private(res);
	response_json(req, res, 200, body);
	return ERR_NONE;
}

/* ---- the way back ---- */

static struct social_callback read_callback(struct request *req)
{
	const char *state = request_parameter(req, "state");
	const char *browser = state ? cookie_find(req, cookie_name(req, state)) : NULL;

	return (struct social_callback){
		.provider = req->name,
		.state = state,
		.browser = browser ? browser : "",
		.code = request_parameter(req, "code"),
		.iss = request_parameter(req, "iss"),
		.error = request_parameter(req, "error"),
	};
}

static void return_with(struct request *req, struct response *res, const char *url,
			const char *name, const char *value)
{
	response_redirect(
		res, url_with(req->ctx->arena, url, &(struct url_pair){name, value}, 1));
}

/* The end of a login, once its state is spent: `return_to` is not NULL then. A failure is
 * told to the page, where there is one. */
static enum err end(struct request *req, struct response *res, const char *state,
		    const char *return_to, enum err err)
{
	if (!return_to)
		return err;
	cookie_set(req, res, cookie_name(req, state), "", 0);
	if (!err || !*return_to)
		return err;
	log_info("social_failed", "provider", req->name, "error", error_row(err)->code);
	return_with(req, res, return_to, "error", error_row(err)->code);
	return ERR_NONE;
}

enum err api_social_identify(struct request *req, struct response *res)
{
	const struct social_callback in = read_callback(req);
	const char *return_to = NULL;
	enum err err = social_identify(req->ctx, &in, &return_to);

	if (err)
		return end(req, res, in.state, return_to, err);
	response_hand_over(res, FINISH_LOCATION);
	return ERR_NONE;
}

static void welcome(struct request *req, struct response *res,
		    const struct social_finished *done)
{
	if (done->cookie.value)
		cookie_set(req, res, BROWSER_COOKIE, done->cookie.value,
			   done->cookie.max_age_s);
	if (done->code)
		return_with(req, res, done->return_to, "code", done->code);
	else if (*done->return_to)
		response_redirect(res, done->return_to);
	else if (done->cookie.value)
		view_user(req, res, 200, &done->user);
	else
		view_tokens(req, res, &done->pair);
}

enum err api_social_finish(struct request *req, struct response *res)
{
	const struct social_callback in = read_callback(req);
	struct social_finished done = {0};
	enum err failed = social_finish(req->ctx, &in, &done), err;

	if (failed == ERR_SOCIAL_DENIED)
		req->detail = "The provider gave no e-mail address.";
	err = end(req, res, in.state, done.return_to, failed);
	if (!failed)
		welcome(req, res, &done);
	return err;
}

enum err api_social_exchange(struct request *req, struct response *res)
{
	const char *code = input_text(req, "code", BODY_MAX);
	struct token_pair pair;
	enum err err = input_done(req);

	if (!err)
		err = social_exchange(req->ctx, code, &pair);
	if (!err)
		view_tokens(req, res, &pair);
	return err;
}

/* ---- what is linked ---- */

enum err api_social_accounts(struct request *req, struct response *res)
{
	struct arena *a = req->ctx->arena;
	const struct social_account *rows;
	struct page_found found;
	struct page page;
	struct list list;
	enum err err = list_page(req, &page);

	if (!err)
		err = social_list(req->ctx, req->caller, &page, &rows, &found);
	if (err)
		return err;
	list_begin(req, &list, &page, &found);
	for (size_t i = 0; i < found.n; i++) {
		struct json *item = json_push_object(a, list.items);

		json_add_text(a, item, "id", rows[i].id);
		json_add_text(a, item, "provider", rows[i].provider);
		json_add_text(a, item, "subject", rows[i].subject);
		json_add_text(a, item, "email", rows[i].email);
		json_add_text(a, item, "created_at",
			      clock_rfc3339(a, rows[i].created_at));
	}
	list_end(req, res, &list);
	return ERR_NONE;
}

enum err api_social_unlink(struct request *req, struct response *res)
{
	enum err err = social_unlink(req->ctx, req->caller, req->id[0]);

	if (!err)
		response_empty(res, 204);
	return err;
}
