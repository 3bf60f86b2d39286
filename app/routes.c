#include "app/routes.h"

#include "app/api/api.h"
#include "app/metrics.h"
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
	{"GET",   "/auth/verify",           ACCESS_VERIFY,  ROUTE_FAST,    api_verify,       "verify", .repeatable = "role scope"},
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
	{"GET",   "/users/me/social-accounts", ACCESS_USER, ROUTE_FAST,    api_social_accounts, "social_accounts"},
	{"DELETE", "/users/me/social-accounts/{id}", ACCESS_USER, ROUTE_FAST, api_social_unlink, "social_unlink"},
	{"GET",   "/roles",                 ACCESS_SCOPE,   ROUTE_FAST,    api_roles,        "roles", .scope = "read:roles"},
	{"POST",  "/roles",                 ACCESS_SCOPE,   ROUTE_FAST,    api_role_create,  "role_create", .scope = "create:roles"},
	{"GET",   "/roles/{id}",            ACCESS_SCOPE,   ROUTE_FAST,    api_role,         "role", .scope = "read:roles"},
	{"PATCH", "/roles/{id}",            ACCESS_SCOPE,   ROUTE_FAST,    api_role_change,  "role_change", .scope = "change:roles"},
	{"DELETE", "/roles/{id}",           ACCESS_SCOPE,   ROUTE_FAST,    api_role_delete,  "role_delete", .scope = "delete:roles"},
	{"POST",  "/users/{id}/roles/{id}", ACCESS_SCOPE,   ROUTE_FAST,    api_role_assign,  "role_assign", .scope = "assign:roles"},
	{"DELETE", "/users/{id}/roles/{id}", ACCESS_SCOPE,  ROUTE_FAST,    api_role_revoke,  "role_revoke", .scope = "revoke:roles"},
	{"HEAD",  "/users/{id}/roles/{id}", ACCESS_SCOPE,   ROUTE_FAST,    api_role_check,   "role_check", .scope = "validate:roles"},
	{"GET",   "/users/{id}/roles",      ACCESS_SCOPE,   ROUTE_FAST,    api_roles_of_user, "roles_of_user", .scope = "read:roles"},
	{"GET",   "/users",                 ACCESS_SCOPE,   ROUTE_FAST,    api_users,        "users", .scope = "read:users"},
	{"GET",   "/users/{id}",            ACCESS_SCOPE,   ROUTE_FAST,    api_user,         "user", .scope = "read:users"},
	{"PATCH", "/users/{id}",            ACCESS_SCOPE,   ROUTE_FAST,    api_user_change,  "user_change", .scope = "change:users"},
	{"GET",   "/social/login/{name}",   ACCESS_PUBLIC,  ROUTE_FAST,    api_social_login, "social_login", .acts = true},
	{"POST",  "/social/login/{name}",   ACCESS_OPTIONAL, ROUTE_FAST,   api_social_begin, "social_begin"},
	{"GET",   "/social/auth/{name}",    ACCESS_PUBLIC,  ROUTE_OUTSIDE, api_social_identify, "social_identify", .acts = true},
	{"GET",   "/social/auth/{name}",    ACCESS_PUBLIC,  ROUTE_FAST,    api_social_finish, "social_finish", .acts = true},
	{"POST",  "/social/exchange",       ACCESS_PUBLIC,  ROUTE_FAST,    api_social_exchange, "social_exchange"},
	{"POST",  "/oauth/token",           ACCESS_CLIENT,  ROUTE_FAST,    api_oauth_token,  "oauth_token"},
	{"POST",  "/oauth/introspect",      ACCESS_CLIENT,  ROUTE_FAST,    api_oauth_introspect, "oauth_introspect"},
	{"POST",  "/oauth/revoke",          ACCESS_CLIENT,  ROUTE_FAST,    api_oauth_revoke, "oauth_revoke"},
	{"GET",   "/.well-known/oauth-authorization-server", ACCESS_PUBLIC, ROUTE_FAST, api_oauth_metadata, "oauth_metadata"},
	{"GET",   "/.well-known/jwks.json", ACCESS_PUBLIC,  ROUTE_FAST,    api_jwks,         "jwks"},
	{"GET",   "metrics",                ACCESS_PUBLIC,  ROUTE_FAST,    api_metrics,      "metrics"},
	{"GET",   "/health",                ACCESS_PUBLIC,  ROUTE_FAST,    api_health_live,  "health_live"},
	{"GET",   "/health/live",           ACCESS_PUBLIC,  ROUTE_FAST,    api_health_live,  "health_live"},
	{"GET",   "/health/ready",          ACCESS_PUBLIC,  ROUTE_FAST,    api_health_ready, "health_ready"},
};
/* clang-format on */

_Static_assert(COUNT(routes) <= ROUTES_MAX, "ROUTES_MAX is too small");
_Static_assert((int)ROUTES_MAX < (int)METRICS_ROUTES, "METRICS_ROUTES is too small");

enum { NAME_MAX_BYTES = 32 };

static bool is_name(const char *text)
{
	return strlen(text) <= NAME_MAX_BYTES &&
	       text_only(text, "abcdefghijklmnopqrstuvwxyz0123456789_-");
}

/* What stands in the path for a placeholder */
static bool take_part(struct request *req, const char *placeholder, const char *part,
		      size_t *ids)
{
	if (text_starts(placeholder, "{name}")) {
		req->name = part;
		return is_name(part);
	}
	INVARIANT(*ids < PATH_IDS_MAX);
	req->id[*ids] = part;
	return text_is_uuid(req->id[(*ids)++]);
}

/* Is it the row's pool, and its path? Fills req->id and req->name on the way; what is
 * malformed fits no row. */
static bool row_fits(struct request *req, bool outside, const struct route *route)
{
	const char *path = req->path, *pattern = route->path;
	size_t ids = 0;

	if (outside != (route->pool == ROUTE_OUTSIDE))
		return false;

	for (; *pattern; pattern++, path++) {
		const char *part;

		if (*pattern != '{') {
			if (*path != *pattern)
				return false;
			continue;
		}
		part = arena_dupn(req->ctx->arena, path, strcspn(path, "/"));
		if (!take_part(req, pattern, part, &ids))
			return false;
		pattern += strcspn(pattern, "}");
		path += strlen(part) - 1;
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

enum err route_find(struct request *req, bool outside, const struct route **route)
{
	enum err err = ERR_NOT_FOUND;

	for (size_t i = 0; req->path && i < COUNT(routes); i++) {
		if (!row_fits(req, outside, &routes[i]))
			continue;
		err = ERR_METHOD_NOT_ALLOWED;
		if (!method_fits(&routes[i], req->method))
			continue;
		*route = &routes[i];
		return ERR_NONE;
	}
	return err;
}

const char *route_methods(struct request *req, bool outside)
{
	static const char *const methods[] = {"GET", "HEAD", "POST", "PATCH", "DELETE"};
	char *list = arena_alloc(req->ctx->arena, 64);
	struct buf out;

	buf_init(&out, list, 64);
	for (size_t m = 0; m < COUNT(methods); m++)
		for (size_t i = 0; req->path && i < COUNT(routes); i++) {
			if (!row_fits(req, outside, &routes[i]) ||
			    !method_fits(&routes[i], methods[m]))
				continue;
			buf_printf(&out, "%s, ", methods[m]);
			break;
		}
	if (out.len > 0)
		buf_puts(&out, "OPTIONS");
	return list;
}

size_t route_scopes(const char *out[ROUTES_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < COUNT(routes); i++) {
		size_t at = 0;

		while (at < n && routes[i].scope && strcmp(out[at], routes[i].scope) != 0)
			at++;
		if (routes[i].scope && at == n)
			out[n++] = routes[i].scope;
	}
	return n;
}

size_t route_number(const struct route *route)
{
	size_t i = 0;

	if (!route)
		return METRICS_ROUTES - 1;
	while (strcmp(routes[i].name, route->name) != 0 ||
	       strcmp(routes[i].method, route->method) != 0)
		i++;
	return i;
}

const struct route *route_at(size_t i)
{
	return i < COUNT(routes) ? &routes[i] : NULL;
}
