#include "app/store/admin_import.h"

#include "app/role_name.h"
#include "app/store/upkeep.h"
#include "app/username.h"
#include "lib/clock.h"
#include "lib/text.h"

static const char BEGIN[] =
	"CREATE TEMPORARY TABLE import_rows (line bigint PRIMARY KEY, id uuid NOT NULL,"
	" own_id boolean NOT NULL, email text NOT NULL, email_key text NOT NULL,"
	" username text, username_key text, password_hash text,"
	" email_verified boolean NOT NULL, active boolean NOT NULL,"
	" created_at timestamptz NOT NULL, skip boolean NOT NULL DEFAULT false);"
	"CREATE TEMPORARY TABLE import_roles (line bigint, name_key text,"
	" PRIMARY KEY (line, name_key));"
	"CREATE TEMPORARY TABLE import_problems"
	" (line bigint NOT NULL, text text NOT NULL, n bigint GENERATED ALWAYS AS IDENTITY)";

/* What is not there is '' in the columns that come. */
static const struct pg_stmt STAGE = {
	"admin_import_stage",
	"WITH i AS (SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[],"
	" $5::text[], $6::text[], $7::text[], $8::boolean[], $9::boolean[], $10::text[],"
	" $11::text[]) AS i (line, id, email, email_key, username, username_key, hash,"
	" verified, active, created_at, roles)),"
	" r AS (INSERT INTO pg_temp.import_roles"
	" SELECT DISTINCT line, name FROM i, unnest(roles::text[]) AS name)"
	" INSERT INTO pg_temp.import_rows"
	" SELECT line, coalesce(nullif(id, '')::uuid, gen_random_uuid()), id <> '', email,"
	" email_key, nullif(username, ''), nullif(username_key, ''), nullif(hash, ''),"
	" verified, active, coalesce(nullif(created_at, '')::timestamptz, now()) FROM i"};

static const struct pg_stmt NOTE = {"admin_import_note",
				    "INSERT INTO pg_temp.import_problems (line, text)"
				    " SELECT * FROM unnest($1::bigint[], $2::text[])"};

static const struct pg_stmt SKIP = {
	"admin_import_skip",
	"UPDATE pg_temp.import_rows r SET skip = true FROM users u"
	" WHERE u.email_key = r.email_key AND (NOT r.own_id OR u.id = r.id)"};

#define PROBLEMS "INSERT INTO pg_temp.import_problems (line, text) "
#define TWICE(what, column, condition)                                                   \
	PROBLEMS "SELECT line, '" what " is that of line ' || first FROM"                \
		 " (SELECT line, min(line) OVER (PARTITION BY " column ") AS first"      \
		 " FROM pg_temp.import_rows WHERE " condition                            \
		 ") AS d WHERE line > first;"
#define TAKEN(what, column, condition)                                                   \
	PROBLEMS "SELECT r.line, '" what "' FROM pg_temp.import_rows r"                  \
		 " JOIN users u ON u." column " = r." column                             \
		 " WHERE NOT r.skip AND " condition ";"

static const char JUDGE[] =
	"ANALYZE pg_temp.import_rows; ANALYZE pg_temp.import_roles;" TWICE(
		"email", "email_key", "true") TWICE("username", "username_key",
						    "username_key IS NOT NULL")
		TWICE("id", "id", "own_id") TAKEN("email already has an account",
						  "email_key", "true")
			TAKEN("username is already in use", "username_key", "true")
				TAKEN("id is that of an account", "id", "r.own_id")
					PROBLEMS
	"SELECT line, 'there is no role ' || name_key FROM pg_temp.import_roles i"
	" JOIN pg_temp.import_rows r USING (line) WHERE NOT r.skip"
	" AND NOT EXISTS (SELECT FROM roles WHERE roles.name_key = i.name_key);" PROBLEMS
	"SELECT line, 'the names of its roles are too long together'"
	" FROM pg_temp.import_roles JOIN roles USING (name_key)"
	" GROUP BY line HAVING sum(octet_length(name)) > ";
static const char INDEX[] =
	"CREATE INDEX ON pg_temp.import_problems (line, n); ANALYZE pg_temp.import_problems";

static const struct pg_stmt SUM = {
	"admin_import_sum",
	"SELECT count(*) FILTER (WHERE NOT skip), count(*) FILTER (WHERE skip),"
	" (SELECT count(DISTINCT line) FROM pg_temp.import_problems)"
	" FROM pg_temp.import_rows"};

static const struct pg_stmt PROBLEM_PAGE = {
	"admin_import_problems",
	"SELECT line, text, n FROM pg_temp.import_problems"
	" WHERE (line, n) > ($1::bigint, $2::bigint) ORDER BY line, n LIMIT $3"};

/* A role that is renamed now is waited for; one that is deleted is missed. */
static const struct pg_stmt HOLD = {
	"admin_import_hold",
	"WITH due AS (SELECT DISTINCT name_key FROM pg_temp.import_roles"
	" JOIN pg_temp.import_rows USING (line) WHERE NOT skip),"
	" held AS (SELECT id FROM roles WHERE name_key IN (SELECT name_key FROM due)"
	" FOR SHARE)"
	" SELECT (SELECT count(*) FROM held) = (SELECT count(*) FROM due)"};

static const struct pg_stmt WRITE = {
	"admin_import_write",
	"WITH i AS (SELECT * FROM pg_temp.import_rows WHERE line > $1::bigint"
	" ORDER BY line LIMIT $2),"
	" w AS (SELECT * FROM i WHERE NOT skip),"
	" g AS (SELECT w.line, w.id AS user_id, r.id AS role_id, r.name FROM w"
	" JOIN pg_temp.import_roles USING (line) JOIN roles r USING (name_key)),"
	" u AS (INSERT INTO users (id, email, email_key, username, username_key,"
	" password_hash, email_verified, active, created_at, roles)"
	" SELECT w.id, w.email, w.email_key, w.username, w.username_key, w.password_hash,"
	" w.email_verified, w.active, w.created_at, coalesce(n.names, '{}') FROM w"
	" LEFT JOIN (SELECT line, array_agg(name ORDER BY name) AS names FROM g"
	" GROUP BY line) AS n USING (line)),"
	" ur AS (INSERT INTO user_roles (user_id, role_id) SELECT user_id, role_id FROM g)"
	" SELECT max(line), count(*) FROM i HAVING count(*) > 0"};

static const struct pg_stmt STATISTICS = {"admin_import_statistics", "ANALYZE users"};

const char *admin_import_begin(struct context *c)
{
	return pg_script(c->pg, c->arena, BEGIN);
}

enum column {
	LINE,
	ID,
	EMAIL,
	EMAIL_KEY,
	USERNAME,
	USERNAME_KEY,
	HASH,
	VERIFIED,
	ACTIVE,
	CREATED_AT,
	ROLES,
	N_COLUMNS
};

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static void fill_row(struct context *c, const struct admin_import_row *row,
		     const char *out[N_COLUMNS])
{
	struct arena *arena = c->arena;

	out[LINE] = text_integer(arena, row->line);
	out[ID] = or_empty(row->id);
	out[EMAIL] = row->email.address;
	out[EMAIL_KEY] = row->email.key;
	out[USERNAME] = or_empty(row->username);
	out[USERNAME_KEY] = row->username ? username_key(arena, row->username) : "";
	out[HASH] = or_empty(row->hash);
	out[VERIFIED] = row->email_verified ? "t" : "f";
	out[ACTIVE] = row->active ? "t" : "f";
	out[CREATED_AT] = row->created_at ? clock_rfc3339(arena, row->created_at) : "";
	out[ROLES] = pg_from_words(arena, row->roles, row->n_roles);
}

enum rc admin_import_stage(struct context *c, const struct admin_import_row *rows,
			   size_t n)
{
	const char **cells = arena_alloc(c->arena, n * N_COLUMNS * sizeof *cells);
	const char *values[N_COLUMNS];

	INVARIANT(n > 0 && n <= ADMIN_IMPORT_BATCH);
	for (size_t i = 0; i < n; i++) {
		const char *row[N_COLUMNS];

		fill_row(c, &rows[i], row);
		for (size_t column = 0; column < N_COLUMNS; column++)
			cells[column * n + i] = row[column];
	}
	for (size_t column = 0; column < N_COLUMNS; column++)
		values[column] = pg_from_words(c->arena, cells + column * n, n);
	return pg_run(c->pg, &STAGE, NULL, NULL, N_COLUMNS, values);
}

enum rc admin_import_note(struct context *c, const struct admin_import_problem *problems,
			  size_t n)
{
	const char **lines = arena_alloc(c->arena, n * sizeof *lines);
	const char **texts = arena_alloc(c->arena, n * sizeof *texts);

	INVARIANT(n > 0 && n <= ADMIN_IMPORT_BATCH);
	for (size_t i = 0; i < n; i++) {
		lines[i] = text_integer(c->arena, problems[i].line);
		texts[i] = problems[i].text;
	}
	return pg_run(c->pg, &NOTE, NULL, NULL,
		      PG_VALUES(pg_from_words(c->arena, lines, n),
				pg_from_words(c->arena, texts, n)));
}

const char *admin_import_judge(struct context *c, bool skip_existing,
			       struct admin_import_sum *out)
{
	const char *sql = arena_printf(c->arena, "%s%d;%s", JUDGE, ROLE_NAMES_MAX, INDEX);
	const char *why;
	struct pg_rows rows;

	if (skip_existing && pg_run(c->pg, &SKIP, NULL, NULL, PG_NO_VALUES) == RC_DOWN)
		return "PostgreSQL refused, or the connection broke";
	why = pg_script(c->pg, c->arena, sql);
	if (why)
		return why;
	if (pg_run(c->pg, &SUM, c->arena, &rows, PG_NO_VALUES) != RC_OK)
		return "PostgreSQL refused, or the connection broke";
	*out = (struct admin_import_sum){pg_int(&rows, 0, 0), pg_int(&rows, 0, 1),
					 pg_int(&rows, 0, 2)};
	return NULL;
}

enum rc admin_import_problems(struct context *c, const struct admin_import_problem *after,
			      struct admin_import_problem **out, size_t *n)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &PROBLEM_PAGE, c->arena, &rows,
			    PG_VALUES(text_integer(c->arena, after->line),
				      text_integer(c->arena, after->n),
				      text_integer(c->arena, ADMIN_IMPORT_BATCH)));

	if (rc != RC_OK)
		return rc;
	*out = arena_alloc(c->arena, rows.n * sizeof **out);
	*n = rows.n;
	for (size_t i = 0; i < rows.n; i++)
		(*out)[i] = (struct admin_import_problem){
			pg_int(&rows, i, 0), pg_cell(&rows, i, 1), pg_int(&rows, i, 2)};
	return RC_OK;
}

enum rc admin_import_write_begin(struct context *c)
{
	struct pg_rows rows;
	enum rc rc = pg_begin(c->pg);

	if (rc == RC_OK)
		rc = pg_run(c->pg, &HOLD, c->arena, &rows, PG_NO_VALUES);
	if (rc == RC_OK && !pg_bool(&rows, 0, 0))
		rc = RC_NONE;
	if (rc != RC_OK)
		pg_rollback(c->pg);
	return rc;
}

enum rc admin_import_write(struct context *c, int64_t *after, int64_t *n)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &WRITE, c->arena, &rows,
			    PG_VALUES(text_integer(c->arena, *after),
				      text_integer(c->arena, ADMIN_IMPORT_BATCH)));

	if (rc == RC_OK) {
		*after = pg_int(&rows, 0, 0);
		*n = pg_int(&rows, 0, 1);
	}
	if (rc == RC_CONFLICT || rc == RC_DOWN)
		pg_rollback(c->pg);
	return rc;
}

enum rc admin_import_write_end(struct context *c, const struct admin_import_sum *sum)
{
	const char *detail = arena_printf(c->arena, "%lld made, %lld there already",
					  (long long)sum->due, (long long)sum->skipped);
	enum rc rc = upkeep_audit(c, "users_imported", detail);

	if (rc != RC_OK) {
		pg_rollback(c->pg);
		return rc;
	}
	rc = pg_commit(c->pg);
	if (rc == RC_OK &&
	    pg_run(c->pg, &STATISTICS, NULL, NULL, PG_NO_VALUES) == RC_DOWN)
		return RC_OK; /* autovacuum sees to it later */
	return rc;
}
