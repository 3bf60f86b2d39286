#include "app/routes.h"

#include "app/api/api.h"
#include "lib/text.h"

/* clang-format off */
static const struct route routes[] = {
/*       method   path                      access          pool           handler           name */
	{"POST",  "/register",              ACCESS_PUBLIC,  ROUTE_BY_STEP, api_register,     "register", .hashes = api_register_hashes},
	{"POST",  "/login",                 ACCESS_BASIC,   ROUTE_SLOW,    api_login,        "login"},
	{"GET",   "/login",                 ACCESS_BASIC,   ROUTE_SLOW,    api_login,        "login", .acts = true},
	{"POST",  "/token",                 ACCESS_REFRESH, ROUTE_FAST,    api_token,        "token"},
	{"GET",   "/token",                 ACCESS_REFRESH, ROUTE_FAST,    api_token,        "token", .acts = true},
	{"POST",  "/password",              ACCESS_PUBLIC,  ROUTE_BY_STEP, api_password,     "password", .hashes = api_password_hashes},
	{"PATCH", "/password",              ACCESS_PUBLIC,  ROUTE_BY_STEP, api_password,     "password", .hashes = api_password_hashes},
	{"POST",  "/auth/register",         ACCESS_PUBLIC,  ROUTE_SLOW,    api_auth_register, "auth_register"},
	{"POST",  "/auth/login",            ACCESS_PUBLIC,  ROUTE_SLOW,    api_auth_login,   "auth_login"},
	{"POST",  "/auth/refresh",          ACCESS_REFRESH, ROUTE_FAST,    api_auth_refresh, "auth_refresh"},
	{"POST",  "/auth/logout",           ACCESS_USER,    ROUTE_FAST,    api_logout,       "logout"},
	{"POST",  "/auth/logout-all",       ACCESS_USER,    ROUTE_FAST,    api_logout_all,   "logout_all"},
	{"GET",   "/auth/verify",           ACCESS_VERIFY,  ROUTE_FAST,    api_verify,       "verify", .repeatable = "role"},
	{"POST",  "/auth/verify-email",     ACCESS_OPTIONAL, ROUTE_FAST,   api_verify_email, "verify_email"},
	{"GET",   "/users/me",              ACCESS_USER,    ROUTE_FAST,    api_me,           "me"},
	{"PATCH", "/users/me",              ACCESS_USER,    ROUTE_FAST,    api_me_change,    "me_change"},
	{"DELETE", "/users/me",             ACCESS_USER,    ROUTE_BY_STEP, api_me_delete,    "me_delete", .hashes = api_always_hashes},
	{"POST",  "/users/me/change-password", ACCESS_USER, ROUTE_SLOW,    api_change_password, "change_password"},
	{"POST",  "/users/me/email",        ACCESS_USER,    ROUTE_SLOW,    api_email,        "email"},
	{"POST",  "/users/me/email/confirm", ACCESS_USER,   ROUTE_FAST,    api_email_confirm, "email_confirm"},
	{"GET",   "/users/me/login-history", ACCESS_USER,   ROUTE_FAST,    api_login_history, "login_history"},
	{"GET",   "/users/me/sessions",     ACCESS_USER,    ROUTE_FAST,    api_sessions,     "sessions"},
	{"DELETE", "/users/me/sessions/{id}", ACCESS_USER,  ROUTE_FAST,    api_session_end,  "session_end"},
	{"GET",   "/.well-known/jwks.json", ACCESS_PUBLIC,  ROUTE_FAST,    api_jwks,         "jwks"},
	{"GET",   "/health",                ACCESS_PUBLIC,  ROUTE_FAST,    api_health_live,  "health_live"},
	{"GET",   "/health/live",           ACCESS_PUBLIC,  ROUTE_FAST,    api_health_live,  "health_live"},
	{"GET",   "/health/ready",          ACCESS_PUBLIC,  ROUTE_FAST,    api_health_ready, "health_ready"},
};
/* clang-format on */

static const char PLACEHOLDER[] = "{id}";

/* Does `path` fit the row? Fills req->id on the way; a malformed id fits no row. */
static bool path_fits(struct request *req, const char *pattern)
{
	const char *path = req->path;
	size_t ids = 0;

	for (; *pattern; pattern++, path++) {
		size_t n = strcspn(path, "/");

		if (!text_starts(pattern, PLACEHOLDER)) {
			if (*path != *pattern)
				return false;
			continue;
		}
		req->id[ids] = arena_dupn(req->ctx->arena, path, n);
		if (!text_is_uuid(req->id[ids++]))
			return false;
		pattern += strlen(PLACEHOLDER) - 1;
		path += n - 1;
	}
	return *path == '\0';
}

static bool method_fits(const struct route *route, const char *method)
{
	if (strcmp(method, route->method) == 0)
		return true;
	return strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0 &&
	       !route->acts;
}

enum err route_find(struct request *req, const struct route **route)
{
	enum err err = ERR_NOT_FOUND;

	for (size_t i = 0; req->path && i < COUNT(routes); i++) {
		if (!path_fits(req, routes[i].path))
			continue;
		err = ERR_METHOD_NOT_ALLOWED;
		if (!method_fits(&routes[i], req->method))
			continue;
		*route = &routes[i];
		return ERR_NONE;
	}
	return err;
}

const char *route_methods(struct request *req)
{
	static const char *const methods[] = {"GET", "HEAD", "POST", "PATCH", "DELETE"};
	char *list = arena_alloc(req->ctx->arena, 64);
	struct buf out;

	buf_init(&out, list, 64);
	for (size_t m = 0; m < COUNT(methods); m++)
		for (size_t i = 0; req->path && i < COUNT(routes); i++) {
			if (!path_fits(req, routes[i].path) ||
			    !method_fits(&routes[i], methods[m]))
				continue;
			buf_printf(&out, "%s, ", methods[m]);
			break;
		}
	if (out.len > 0)
		buf_puts(&out, "OPTIONS");
	return list;
}
