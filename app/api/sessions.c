/* Sessions: refreshed, ended, listed; and the history of logins. */
#include "app/flow/sessions.h"

#include "app/api/api.h"
#include "app/api/cookie.h"
#include "app/api/credentials.h"
#include "app/api/input.h"
#include "app/api/list.h"
#include "app/api/view.h"
#include "app/flow/records.h"
#include "lib/clock.h"

enum err api_auth_refresh(struct request *req, struct response *res)
{
	const char *token = NULL;
	struct token_pair pair;
	enum err err = credentials_bearer(req, &token);

	if (err == ERR_TOKEN_REFUSED)
		return err;
	if (err == ERR_TOKEN_MISSING) {
		const char *grant = input_text(req, "grant_type", BODY_MAX);

		token = input_text(req, "refresh_token", BODY_MAX);
		if (grant && strcmp(grant, "refresh_token") != 0)
			input_problem(req, "grant_type", "invalid",
				      "This must be \"refresh_token\".");
	}
	err = input_done(req);
	if (!err)
		err = sessions_renew(req->ctx, token, &pair);
	if (!err)
		view_tokens(req, res, &pair);
	return err;
}

static enum err done(struct response *res, enum err err)
{
	if (!err)
		response_empty(res, 204);
	return err;
}

static enum err over(struct request *req, struct response *res, enum err err)
{
	if (!err)
		cookie_end(req, res);
	return done(res, err);
}

enum err api_logout(struct request *req, struct response *res)
{
	return over(req, res, sessions_logout(req->ctx, req->caller));
}

enum err api_logout_all(struct request *req, struct response *res)
{
	return over(req, res, sessions_logout_all(req->ctx, req->caller));
}

enum err api_session_end(struct request *req, struct response *res)
{
	return done(res, sessions_revoke(req->ctx, req->caller, req->id[0]));
}

enum err api_sessions(struct request *req, struct response *res)
{
	struct arena *a = req->ctx->arena;
	const struct session_row *rows;
	struct page_found found;
	struct page page;
	struct list list;
	enum err err = list_page(req, &page);

	if (!err)
		err = records_sessions(req->ctx, req->caller, &page, &rows, &found);
	if (err)
		return err;
	list_begin(req, &list, &page, &found);
	for (size_t i = 0; i < found.n; i++) {
		struct json *item = json_push_object(a, list.items);
		bool current = strcmp(rows[i].id, req->caller->session_id) == 0;

		json_add_text(a, item, "id", rows[i].id);
		json_add_text(a, item, "created_at",
			      clock_rfc3339(a, rows[i].created_at));
		json_add_text(a, item, "last_used_at",
			      clock_rfc3339(a, rows[i].last_used_at));
		json_add_text(a, item, "user_agent", rows[i].user_agent);
		json_add_text(a, item, "ip_addr", rows[i].ip);
		json_add_text(a, item, "device_type", rows[i].device_type);
		json_add_bool(a, item, "current", current);
	}
	list_end(req, res, &list);
	return ERR_NONE;
}

enum err api_login_history(struct request *req, struct response *res)
{
	struct arena *a = req->ctx->arena;
	const struct history_row *rows;
	struct page_found found;
	struct page page;
	struct list list;
	enum err err = list_page(req, &page);

	if (!err)
		err = records_history(req->ctx, req->caller, &page, &rows, &found);
	if (err)
		return err;
	list_begin(req, &list, &page, &found);
	for (size_t i = 0; i < found.n; i++) {
		struct json *item = json_push_object(a, list.items);

		json_add_text(a, item, "id", rows[i].id);
		json_add_text(a, item, "user_id", req->caller->user.id);
		json_add_text(a, item, "created_at",
			      clock_rfc3339(a, rows[i].created_at));
		json_add_text(a, item, "user_agent", rows[i].user_agent);
		json_add_text(a, item, "ip_addr", rows[i].ip);
		json_add_text(a, item, "device_type", rows[i].device_type);
		json_add_text(a, item, "method", rows[i].method);
		json_add_bool(a, item, "success", rows[i].success);
	}
	list_end(req, res, &list);
	return ERR_NONE;
}
