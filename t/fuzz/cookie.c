/* The Cookie header: app/api/cookie.c. */
#include "app/api/cookie.h"
#include "app/flow/browser.h"
#include "t/fuzz/fuzz.h"

/* How often the header has a cookie of that name, read by other means */
static size_t count(struct arena *arena, const char *header, const char *name)
{
	char *copy = arena_dup(arena, header), *state = NULL;
	size_t n = 0, len = strlen(name);

	for (char *at = strtok_r(copy, ";", &state); at;
	     at = strtok_r(NULL, ";", &state)) {
		at += strspn(at, " ");
		n += strncmp(at, name, len) == 0 && at[len] == '=';
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct context context = {.arena = fuzz_arena()};
	struct request req = {.ctx = &context,
			      .cookie = fuzz_text(context.arena, bytes, n)};
	const char *value = cookie_find(&req, BROWSER_COOKIE);
	const char *pair;

	if (!value)
		return 0;
	pair = arena_printf(context.arena, "%s=%s", BROWSER_COOKIE, value);
	INVARIANT(strlen(req.cookie) <= COOKIE_HEADER_MAX && strstr(req.cookie, pair));
	INVARIANT(count(context.arena, req.cookie, BROWSER_COOKIE) == 1);
	for (const char *at = value; *at; at++)
		INVARIANT(*at > ' ' && *at <= '~' && !strchr("\",;\\", *at));
	req.cookie = arena_printf(context.arena, "%s; %s", pair, req.cookie);
	INVARIANT(!cookie_find(&req, BROWSER_COOKIE));
	return 0;
}
