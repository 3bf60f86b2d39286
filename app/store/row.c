#include "app/store/row.h"

#include "lib/text.h"

void row_session(const struct pg_rows *rows, size_t first_column, struct session *out)
{
	size_t i = first_column;

	*out = (struct session){
		.id = pg_cell(rows, 0, i),
		.gen = pg_int(rows, 0, i + 1),
		.created_at = pg_int(rows, 0, i + 2),
		.expires_at = pg_int(rows, 0, i + 3),
		.last_used_at = pg_int(rows, 0, i + 4),
	};
}

void row_user(struct context *c, const struct pg_rows *rows, size_t first_column,
	      struct user *out)
{
	size_t i = first_column;

	*out = (struct user){
		.id = pg_cell(rows, 0, i),
		.email = pg_cell(rows, 0, i + 1),
		.username = pg_cell(rows, 0, i + 2),
		.email_verified = pg_bool(rows, 0, i + 3),
		.active = pg_bool(rows, 0, i + 4),
		.created_at = pg_int(rows, 0, i + 5),
		.epoch = pg_int(rows, 0, i + 7),
		.rev = pg_int(rows, 0, i + 8),
		.has_password = pg_bool(rows, 0, i + 9),
	};
	out->n_roles = pg_words(c->arena, rows, 0, i + 6, &out->roles);
}

void row_secret(struct context *c, const struct pg_rows *rows, struct user_secret *out)
{
	row_user(c, rows, 0, &out->user);
	out->hash = pg_cell(rows, 0, USER_COLUMN_COUNT);
	out->known_prefix = pg_bool(rows, 0, USER_COLUMN_COUNT + 1);
}

enum rc row_one_user(struct context *c, const struct pg_stmt *stmt, struct user *out,
		     size_t n_values, const char *const *values)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, stmt, c->arena, &rows, n_values, values);

	if (rc == RC_OK)
		row_user(c, &rows, 0, out);
	return rc;
}

enum rc row_page(struct context *c, const struct pg_stmt *stmt, const char *user_id,
		 const struct page *page, struct pg_rows *rows, struct page_found *found)
{
	int64_t skipped = (page->number - 1) * page->size;
	enum rc rc = pg_run(c->pg, stmt, c->arena, rows,
			    PG_VALUES(user_id, text_integer(c->arena, page->size),
				      text_integer(c->arena, skipped)));

	if (rc != RC_OK)
		return rc;
	found->total = pg_int(rows, 0, 0);
	found->n = pg_cell(rows, 0, 1) ? rows->n : 0;
	return RC_OK;
}
