#include "app/store/admin_export.h"

#include "app/store/row.h"
#include "app/store/upkeep.h"
#include "lib/text.h"

static const struct pg_stmt PAGE = {
	"admin_export_page",
	"SELECT id, email, email_verified, username, active, " MS(
		"created_at") ", roles, CASE WHEN $3::boolean THEN password_hash END"
			      " FROM users WHERE id > $1::uuid ORDER BY id LIMIT $2"};
/* The nil UUID (RFC 9562 §5.9) is nobody's. */
static const char BEFORE_ALL[] = "00000000-0000-0000-0000-000000000000";

static void take_row(struct context *c, const struct pg_rows *rows, size_t i,
		     struct admin_exported *out)
{
	struct user *user = &out->user;

	user->id = pg_cell(rows, i, 0);
	user->email = pg_cell(rows, i, 1);
	user->email_verified = pg_bool(rows, i, 2);
	user->username = pg_cell(rows, i, 3);
	user->active = pg_bool(rows, i, 4);
	user->created_at = pg_int(rows, i, 5);
	user->n_roles = pg_words(c->arena, rows, i, 6, &user->roles);
	out->hash = pg_cell(rows, i, 7);
}

enum rc admin_export_page(struct context *c, const char *after, bool with_hashes,
			  struct admin_exported **out, size_t *n)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, &PAGE, c->arena, &rows,
			    PG_VALUES(after ? after : BEFORE_ALL,
				      text_integer(c->arena, ADMIN_EXPORT_PAGE),
				      with_hashes ? "t" : "f"));

	if (rc != RC_OK)
		return rc;
	*out = arena_alloc(c->arena, rows.n * sizeof **out);
	*n = rows.n;
	for (size_t i = 0; i < rows.n; i++)
		take_row(c, &rows, i, &(*out)[i]);
	return RC_OK;
}

enum rc admin_export_audit(struct context *c, bool with_hashes)
{
	return upkeep_audit(c, "users_exported",
			    with_hashes ? "with password hashes" : NULL);
}
