#include "app/store/clients.h"

#include "app/store/row.h"
#include "lib/text.h"

#define GOOD "(s.expires_at IS NULL OR s.expires_at > now())"

static const struct pg_stmt FIND = {
	"clients_find", "SELECT c.id, c.name, c.scopes, c.rev,"
			" array(SELECT encode(s.digest, 'hex') FROM client_secrets s"
			" WHERE s.client_id = c.id AND " GOOD " ORDER BY s.digest),"
			" array(SELECT s.key_id FROM client_secrets s"
			" WHERE s.client_id = c.id AND " GOOD " ORDER BY s.digest)"
			" FROM clients c WHERE c.id = $1"};

static const struct pg_stmt TOKEN_LIVES = {
	"clients_token_lives",
	"SELECT FROM clients WHERE id = $1 AND rev = $3::int"
	" AND NOT EXISTS (SELECT FROM revoked_tokens WHERE jti = $2)"};

static const struct pg_stmt REVOKE_TOKEN = {
	"clients_revoke_token",
	"WITH r AS (INSERT INTO revoked_tokens (jti, client_id, expires_at)"
	" SELECT $2, id, to_timestamp($3::bigint) FROM clients WHERE id = $1"
	" ON CONFLICT DO NOTHING RETURNING jti)"
	" INSERT INTO audit (event, actor, ip, request_id, detail)"
	" SELECT 'token_revoked', $4, $5::inet, $6, 'token ' || jti FROM r"};

enum rc clients_find(struct context *c, const char *id, struct client_row *out)
{
	const char *const *hex = NULL, *const *kid = NULL;
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &FIND, c->arena, &rows, PG_VALUES(id));

	if (rc != RC_OK)
		return rc;
	*out = (struct client_row){
		.id = pg_cell(&rows, 0, 0),
		.name = pg_cell(&rows, 0, 1),
		.rev = pg_int(&rows, 0, 3),
	};
	out->n_scopes = pg_words(c->arena, &rows, 0, 2, &out->scopes);
	out->n_secrets = pg_words(c->arena, &rows, 0, 4, &hex);
	(void)!pg_words(c->arena, &rows, 0, 5, &kid); /* as many */
	INVARIANT(out->n_secrets <= CLIENT_SECRETS_MAX);
	for (size_t i = 0; i < out->n_secrets; i++)
		out->secrets[i] = (struct client_secret){hex[i], kid[i]};
	return RC_OK;
}

enum rc clients_token_lives(struct context *c, const char *id, const char *jti,
			    int64_t rev)
{
	return pg_run(c->pg, &TOKEN_LIVES, c->arena, NULL,
		      PG_VALUES(id, jti, text_integer(c->arena, rev)));
}

enum rc clients_revoke_token(struct context *c, const char *id, const char *jti,
			     int64_t expires_s)
{
	return pg_run(c->pg, &REVOKE_TOKEN, c->arena, NULL,
		      PG_VALUES(id, jti, text_integer(c->arena, expires_s), c->actor,
				c->client.address, c->request_id));
}
