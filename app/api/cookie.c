#include "app/api/cookie.h"

#include "app/flow/browser.h"
#include "lib/text.h"

/* RFC 6265 §4.1.1: cookie-octet without quotes */
static bool is_value(const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (text[i] <= ' ' || text[i] > '~' || strchr("\",\\", text[i]))
			return false;
	return true;
}

const char *cookie_find(const struct request *req, const char *name)
{
	size_t n_name = strlen(name);
	const char *found = NULL;

	if (strlen(req->cookie) > COOKIE_HEADER_MAX)
		return NULL;
	for (const char *at = req->cookie; *(at += strspn(at, "; "));
	     at += strcspn(at, ";")) {
		const char *value = at + n_name + 1;
		size_t n = strcspn(at, ";");

		if (n <= n_name || strncmp(at, name, n_name) != 0 || at[n_name] != '=')
			continue;
		if (found || !is_value(value, n - n_name - 1))
			return NULL;
		found = arena_dupn(req->ctx->arena, value, n - n_name - 1);
	}
	return found;
}

void cookie_set(struct request *req, struct response *res, const char *name,
		const char *value, int64_t max_age_s)
{
	response_header(res, "Set-Cookie",
			arena_printf(req->ctx->arena,
				     "%s=%s; Max-Age=%s; Path=/; Secure; HttpOnly; "
				     "SameSite=Lax",
				     name, value,
				     text_integer(req->ctx->arena, max_age_s)));
}

void cookie_end(struct request *req, struct response *res)
{
	if (req->by_cookie)
		cookie_set(req, res, BROWSER_COOKIE, "", 0);
}
