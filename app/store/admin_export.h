/* All accounts, page by page, as they are carried to another system. */
#ifndef APP_STORE_ADMIN_EXPORT_H
#define APP_STORE_ADMIN_EXPORT_H

#include "app/store/users.h"

struct admin_exported {
	struct user user; /* its epoch and rev are not set */
	const char *hash; /* NULL: none, or not asked for */
};

enum { ADMIN_EXPORT_PAGE = 1000 };

/* Those behind the id `after` (NULL: from the first), by id. RC_NONE: no more. */
enum rc admin_export_page(struct context *c, const char *after, bool with_hashes,
			  struct admin_exported **out, size_t *n) MUST_USE;
/* Written before the first page: what was handed out is in the trail. */
enum rc admin_export_audit(struct context *c, bool with_hashes) MUST_USE;

#endif
