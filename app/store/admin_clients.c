#include "app/store/admin_clients.h"

#include "app/store/row.h"
#include "lib/text.h"
#include "lib/unicode.h"

#define AUDIT(event, from)                                                               \
	"INSERT INTO audit (event, actor, detail)"                                       \
	" SELECT '" event "', 'ctl', id || ' ' || name FROM " from

static const struct pg_stmt CREATE = {
	"admin_clients_create",
	"WITH c AS (INSERT INTO clients (id, name, name_key, scopes)"
	" VALUES ($1, $2, $3, $4) RETURNING id, name),"
	" s AS (INSERT INTO client_secrets (client_id, digest, key_id)"
	" SELECT id, decode($5, 'hex'), $6 FROM c) " AUDIT("client_created", "c")};

static const struct pg_stmt LIST = {
	"admin_clients_list",
	"SELECT c.id, c.name, c.scopes, " MS("c.created_at") ", " MS("c.rotated_at") ", " MS(
		"s.expires_at") " FROM clients c LEFT JOIN"
				" client_secrets s ON s.client_id = c.id AND s.expires_at > now()"
				" ORDER BY c.name_key LIMIT $1"};

static const struct pg_stmt FIND = {"admin_clients_find",
				    "SELECT id FROM clients WHERE name_key = $1"};

/* Rotations of a client go one after the other. */
static const struct pg_stmt LOCK = {"admin_clients_lock",
				    "SELECT FROM clients WHERE id = $1 FOR UPDATE"};
static const struct pg_stmt END = {"admin_clients_end",
				   "DELETE FROM client_secrets WHERE client_id = $1"
				   " AND (expires_at IS NOT NULL OR $2::int = 0)"};
static const struct pg_stmt REPLACE = {
	"admin_clients_replace",
	"UPDATE client_secrets SET expires_at = now() + make_interval(hours => $2::int)"
	" WHERE client_id = $1 RETURNING " MS("expires_at")};
static const struct pg_stmt RENEW = {
	"admin_clients_renew",
	"WITH s AS (INSERT INTO client_secrets (client_id, digest, key_id)"
	" VALUES ($1, decode($2, 'hex'), $3)),"
	" c AS (UPDATE clients SET rotated_at = now(), rev = rev + $4::boolean::int"
	" WHERE id = $1 RETURNING id, name) " AUDIT("client_rotated", "c")};

static const struct pg_stmt DELETE = {
	"admin_clients_delete",
	"WITH c AS (DELETE FROM clients WHERE id = $1 RETURNING id, name) " AUDIT(
		"client_deleted", "c")};

static const struct pg_stmt BOUND = {
	"admin_clients_bound", "SELECT count(*) FROM client_secrets WHERE key_id = $1"
			       " AND (expires_at IS NULL OR expires_at > now())"};

enum rc admin_clients_create(struct context *c, const struct admin_client *client,
			     const struct client_secret *secret)
{
	const char *key = unicode_fold(c->arena, client->name);
	const char *scopes = pg_from_words(c->arena, client->scopes, client->n_scopes);

	return pg_run(c->pg, &CREATE, c->arena, NULL,
		      PG_VALUES(client->id, client->name, key, scopes, secret->hex,
				secret->kid));
}

enum rc admin_clients_list(struct context *c, struct admin_client **out, size_t *n)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &LIST, c->arena, &rows,
			    PG_VALUES(text_integer(c->arena, ADMIN_CLIENTS_MAX)));

	if (rc != RC_OK)
		return rc;
	*out = arena_alloc(c->arena, rows.n * sizeof **out);
	*n = rows.n;
	for (size_t i = 0; i < rows.n; i++) {
		struct admin_client *client = &(*out)[i];

		client->id = pg_cell(&rows, i, 0);
		client->name = pg_cell(&rows, i, 1);
		client->n_scopes = pg_words(c->arena, &rows, i, 2, &client->scopes);
		client->created_at = pg_int(&rows, i, 3);
		client->rotated_at = pg_int(&rows, i, 4);
		client->old_until = pg_int(&rows, i, 5);
	}
	return RC_OK;
}

enum rc admin_clients_find(struct context *c, const char *name, const char **id)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &FIND, c->arena, &rows,
			    PG_VALUES(unicode_fold(c->arena, name)));

	if (rc == RC_OK)
		*id = pg_cell(&rows, 0, 0);
	return rc;
}

static enum rc replace(struct context *c, const struct admin_rotation *rotation,
		       int64_t *old_until)
{
	const char *hours = text_integer(c->arena, rotation->keep_h);
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &END, c->arena, NULL, PG_VALUES(rotation->id, hours));

	if (rc != RC_OK && rc != RC_NONE)
		return rc;
	rc = pg_run(c->pg, &REPLACE, c->arena, &rows, PG_VALUES(rotation->id, hours));
	if (rc != RC_OK && rc != RC_NONE)
		return rc;
	*old_until = rc == RC_OK ? pg_int(&rows, 0, 0) : 0;
	return RC_OK;
}

static enum rc rotate(struct context *c, const struct admin_rotation *rotation,
		      int64_t *old_until)
{
	const struct client_secret *secret = &rotation->secret;
	enum rc rc = pg_run(c->pg, &LOCK, c->arena, NULL, PG_VALUES(rotation->id));

	if (rc == RC_OK)
		rc = replace(c, rotation, old_until);
	if (rc == RC_OK)
		rc = pg_run(c->pg, &RENEW, c->arena, NULL,
			    PG_VALUES(rotation->id, secret->hex, secret->kid,
				      rotation->ends_tokens ? "t" : "f"));
	return rc;
}

enum rc admin_clients_rotate(struct context *c, const struct admin_rotation *rotation,
			     int64_t *old_until)
{
	int64_t until = 0;
	enum rc rc = pg_begin(c->pg);

	if (rc != RC_OK)
		return rc;
	rc = rotate(c, rotation, &until);
	if (rc == RC_OK)
		rc = pg_commit(c->pg);
	else
		pg_rollback(c->pg);
	if (rc == RC_OK)
		*old_until = until;
	return rc;
}

enum rc admin_clients_delete(struct context *c, const char *id)
{
	return pg_run(c->pg, &DELETE, c->arena, NULL, PG_VALUES(id));
}

enum rc admin_clients_bound(struct context *c, const char *kid, int64_t *n)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &BOUND, c->arena, &rows, PG_VALUES(kid));

	if (rc == RC_OK)
		*n = pg_int(&rows, 0, 0);
	return rc;
}
