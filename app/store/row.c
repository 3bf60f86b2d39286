#include "app/store/row.h"

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
	};
	out->n_roles = pg_words(c->arena, rows, 0, i + 6, &out->roles);
}
