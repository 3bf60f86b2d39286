/* Accounts that come from elsewhere: staged row by row in tables of the session, judged
 * as a whole, then all written in one transaction or none. Over the owner's connection,
 * which is patient; one import a connection. */
#ifndef APP_STORE_ADMIN_IMPORT_H
#define APP_STORE_ADMIN_IMPORT_H

#include "app/context.h"
#include "app/email.h"
#include "lib/rc.h"

/* All of it as it is to be stored. */
struct admin_import_row {
	int64_t line; /* where it began in the file: unique, and rising */
	const char *id; /* NULL: a new one */
	struct email email;
	const char *username, *hash; /* or NULL */
	bool email_verified, active;
	int64_t created_at; /* real ms; 0: now */
	const char *const *roles; /* keys of their names */
	size_t n_roles;
};

struct admin_import_problem {
	int64_t line;
	const char *text;
	int64_t n; /* tells those of a line apart */
};

enum { ADMIN_IMPORT_BATCH = 1000 }; /* rows, or problems, of one call at most */

/* NULL: done; else what PostgreSQL said. */
const char *admin_import_begin(struct context *c) MUST_USE;
enum rc admin_import_stage(struct context *c, const struct admin_import_row *rows,
			   size_t n) MUST_USE;
enum rc admin_import_note(struct context *c, const struct admin_import_problem *problems,
			  size_t n) MUST_USE;

struct admin_import_sum {
	int64_t due; /* rows that can be written */
	int64_t skipped; /* accounts that are there already */
	int64_t refused; /* lines with a problem */
};

/* Finds what collides within the file and with what is there, and roles that do not
 * exist. `skip_existing`: an account of the same address, and the same id where the row
 * has one, is left as it is. NULL: done; else what PostgreSQL said. */
const char *admin_import_judge(struct context *c, bool skip_existing,
			       struct admin_import_sum *out) MUST_USE;
/* Those behind `after`, by line. RC_NONE: no more. */
enum rc admin_import_problems(struct context *c, const struct admin_import_problem *after,
			      struct admin_import_problem **out, size_t *n) MUST_USE;

/* Between the two, all or nothing: begin locks the roles (RC_NONE: one of them is gone),
 * end writes the audit entry and commits. */
enum rc admin_import_write_begin(struct context *c) MUST_USE;
/* The next rows behind the line `*after`, which is moved on. RC_NONE: all are written.
 * RC_CONFLICT: somebody took an address or a name meanwhile. */
enum rc admin_import_write(struct context *c, int64_t *after, int64_t *n) MUST_USE;
enum rc admin_import_write_end(struct context *c,
			       const struct admin_import_sum *sum) MUST_USE;

#endif
