/* The Authorization header: app/api/credentials.c. */
#include "app/api/credentials.h"

#include <strings.h>

#include "t/fuzz/fuzz.h"

/* What stands behind the scheme and its spaces */
static const char *value_of(const char *header, const char *scheme)
{
	size_t n = strlen(scheme);

	INVARIANT(strncasecmp(header, scheme, n) == 0 && header[n] == ' ');
	return header + n + strspn(header + n, " ");
}

static void judge_basic(const struct request *req)
{
	struct arena *arena = req->ctx->arena;
	const char *user, *password, *pair;

	if (!credentials_basic(req, &user, &password))
		return;
	pair = arena_printf(arena, "%s:%s", user, password);
	INVARIANT(strlen(req->authorization) <= BASIC_MAX && !strchr(user, ':'));
	INVARIANT(text_is_utf8(pair, strlen(pair)) && !text_has_control(pair));
	INVARIANT(strcmp(base64_encode(arena, pair, strlen(pair)),
			 value_of(req->authorization, "Basic")) == 0);
}

static void judge_bearer(const struct request *req)
{
	const char *token;

	if (credentials_bearer(req, &token) != ERR_NONE)
		return;
	INVARIANT(token == value_of(req->authorization, "Bearer") && *token);
	for (; *token; token++)
		INVARIANT(*token > ' ' && *token <= '~' && !strchr("\"\\,;", *token));
}

/* A client's may be form-encoded: read once more, it is the same. */
static void judge_client(const struct request *req)
{
	const char *id, *secret, *user, *password;

	if (credentials_client(req, &id, &secret) != ERR_NONE)
		return;
	INVARIANT(credentials_basic(req, &user, &password));
	INVARIANT(text_is_utf8(id, strlen(id)) && text_is_utf8(secret, strlen(secret)));
	INVARIANT(strlen(id) <= strlen(user) && strlen(secret) <= strlen(password));
	INVARIANT(strpbrk(user, "%+") || strcmp(id, user) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct context context = {.arena = fuzz_arena()};
	struct request req = {
		.ctx = &context,
		.authorization = fuzz_text(context.arena, bytes, n),
		.body = json_object(context.arena),
	};

	judge_basic(&req);
	judge_bearer(&req);
	judge_client(&req);
	return 0;
}
