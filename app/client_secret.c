#include "app/client_secret.h"

#include "app/keyed_hash.h"
#include "lib/secret.h"
#include "lib/text.h"

enum { SECRET_BYTES = 32, SCOPES_N_MAX = 64 };

/* Told apart from other random texts by those who look for leaked secrets */
#define SECRET_PREFIX "lks_"
#define PURPOSE	      "client"

char *client_secret_new(struct arena *arena)
{
	uint8_t bytes[SECRET_BYTES];
	char *secret;

	secret_random(bytes, sizeof bytes);
	secret = arena_printf(arena, SECRET_PREFIX "%s",
			      base64url_encode(arena, bytes, sizeof bytes));
	secret_wipe(bytes, sizeof bytes);
	return secret;
}

bool client_secret_hash(struct context *c, const char *client_id, const char *secret,
			const char **hex, const char **kid)
{
	return keyed_hash(c, NULL, PURPOSE, client_id, secret, hex, kid);
}

bool client_secret_fits(struct context *c, const char *client_id, const char *secret,
			const char *hex, const char *kid)
{
	return keyed_hash_fits(c, kid, PURPOSE, client_id, secret, hex);
}

/* %x21 / %x23-5B / %x5D-7E */
bool client_scope_valid(const char *scope)
{
	size_t n = strnlen(scope, CLIENT_SCOPE_MAX + 1);

	for (size_t i = 0; i < n; i++)
		if (scope[i] < 0x21 || scope[i] > 0x7e || scope[i] == '"' ||
		    scope[i] == '\\')
			return false;
	return n > 0 && n <= CLIENT_SCOPE_MAX;
}

static bool has(const char *const *scopes, size_t n, const char *scope)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(scopes[i], scope) == 0)
			return true;
	return false;
}

bool client_scopes_parse(struct arena *arena, const char *text, const char *const **out,
			 size_t *n)
{
	const char **scopes = arena_alloc(arena, SCOPES_N_MAX * sizeof *scopes);
	size_t count = 0;

	if (strnlen(text, CLIENT_SCOPES_MAX + 1) > CLIENT_SCOPES_MAX)
		return false;
	for (const char *at = text; *(at += strspn(at, " ")); at += strcspn(at, " ")) {
		const char *scope = arena_dupn(arena, at, strcspn(at, " "));

		if (!client_scope_valid(scope))
			return false;
		if (has(scopes, count, scope))
			continue;
		if (count == SCOPES_N_MAX)
			return false;
		scopes[count++] = scope;
	}
	*out = scopes;
	*n = count;
	return true;
}
