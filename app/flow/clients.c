#include "app/flow/clients.h"

#include "app/client_secret.h"
#include "lib/log.h"
#include "lib/text.h"

/* As much work however many secrets the client has, and whether or not there is one. */
static bool secret_fits(struct context *c, const struct client_row *client,
			const char *secret)
{
	static const struct client_secret nobodys = {
		"----------------------------------------------------------------", NULL};
	bool fits = false;

	for (size_t i = 0; i < CLIENT_SECRETS_MAX; i++) {
		const struct client_secret *kept =
			i < client->n_secrets ? &client->secrets[i] : &nobodys;

		fits |= client_secret_fits(c, client->id, secret, kept->hex, kept->kid);
	}
	return fits;
}

enum err clients_authenticate(struct context *c, const char *id, const char *secret,
			      struct client_row *out)
{
	struct client_row client = {.id = id};

	if (!text_is_uuid(id))
		return ERR_INVALID_CLIENT;
	switch (clients_find(c, id, &client)) {
	case RC_OK:
	case RC_NONE: /* no secret fits */
	case RC_CONFLICT:
		break;
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	if (!secret_fits(c, &client, secret)) {
		log_warn("client_refused", "client", id, "address", c->client.address);
		return ERR_INVALID_CLIENT;
	}
	c->actor = arena_printf(c->arena, "client:%s", id);
	*out = client;
	return ERR_NONE;
}

static bool has_all(const struct client_row *client, const char *const *wanted, size_t n)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < client->n_scopes; j++)
			found += strcmp(wanted[i], client->scopes[j]) == 0;
	return found == n;
}

enum err clients_grant(struct context *c, const struct client_row *client,
		       const char *scope, struct client_token *out)
{
	const char *const *scopes = client->scopes;
	size_t n = client->n_scopes;

	if (scope && (!client_scopes_parse(c->arena, scope, &scopes, &n) || n == 0 ||
		      !has_all(client, scopes, n)))
		return ERR_INVALID_SCOPE;
	out->access = tokens_issue_machine(c, client, scopes, n, &out->expires_in);
	out->scope = text_join(c->arena, scopes, n, " ");
	return ERR_NONE;
}
