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
		.method = pg_cell(rows, 0, i + 5),
	};
}

void row_role(const struct pg_rows *rows, size_t row, size_t first_column,
	      struct role *out)
{
	size_t i = first_column;

	*out = (struct role){
		.id = pg_cell(rows, row, i),
		.name = pg_cell(rows, row, i + 1),
		.description = pg_cell(rows, row, i + 2),
		.created_at = pg_int(rows, row, i + 3),
		.updated_at = pg_int(rows, row, i + 4),
	};
}

void row_user(struct context *c, const struct pg_rows *rows, size_t row,
	      size_t first_column, struct user *out)
{
	size_t i = first_column;

	*out = (struct user){
		.id = pg_cell(rows, row, i),
		.email = pg_cell(rows, row, i + 1),
		.username = pg_cell(rows, row, i + 2),
		.email_verified = pg_bool(rows, row, i + 3),
		.active = pg_bool(rows, row, i + 4),
		.created_at = pg_int(rows, row, i + 5),
		.epoch = pg_int(rows, row, i + 7),
		.rev = pg_int(rows, row, i + 8),
		.has_password = pg_bool(rows, row, i + 9),
	};
	out->n_roles = pg_words(c->arena, rows, row, i + 6, &out->roles);
}

void row_secret(struct context *c, const struct pg_rows *rows, struct user_secret *out)
{
	row_user(c, rows, 0, 0, &out->user);
	out->hash = pg_cell(rows, 0, USER_COLUMN_COUNT);
	out->known_prefix = pg_bool(rows, 0, USER_COLUMN_COUNT + 1);
}

const char *row_default_roles(struct context *c)
{
	const struct words *roles = &c->conf->accounts_default_roles;
	const char **keys = arena_alloc(c->arena, (roles->n + 1) * sizeof *keys);

	for (size_t i = 0; i < roles->n; i++)
		keys[i] = text_lower(c->arena, roles->at[i]);
	return pg_from_words(c->arena, keys, roles->n);
}

enum rc row_one_user(struct context *c, const struct pg_stmt *stmt, struct user *out,
		     size_t n_values, const char *const *values)
{
	struct pg_rows rows;
	enum rc rc = pg_run(c->pg, stmt, c->arena, &rows, n_values, values);

	if (rc == RC_OK)
		row_user(c, &rows, 0, 0, out);
	return rc;
}

enum rc row_page(struct context *c, const struct pg_stmt *stmt, const char *of,
		 const struct page *page, struct pg_rows *rows, struct page_found *found)
{
	int64_t skipped = (page->number - 1) * page->size;
	const char *const values[] = {text_integer(c->arena, page->size),
				      text_integer(c->arena, skipped), of};
	enum rc rc = pg_run(c->pg, stmt, c->arena, rows,
			    of ? COUNT(values) : COUNT(values) - 1, values);

	if (rc != RC_OK)
		return rc;
	found->total = pg_int(rows, 0, 0);
	found->n = pg_cell(rows, 0, 1) ? rows->n : 0;
	return RC_OK;
}
