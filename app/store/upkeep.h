/* What keeps the tables small, and the audit entries of what is not in the database. All
 * of it over the owner's connection. */
#ifndef APP_STORE_UPKEEP_H
#define APP_STORE_UPKEEP_H

#include "app/context.h"

/* What a round of upkeep did. */
struct upkeep {
	int64_t partitions_made, history_dropped, audit_dropped; /* partitions */
	int64_t sessions, letters, prefixes, devices, tokens, secrets; /* rows */
};

enum {
	UPKEEP_MONTHS_AHEAD = 3,
	UPKEEP_PREFIX_DAYS = 90, /* as long as a known prefix counts at a login */
	UPKEEP_TOKEN_DAYS =
		1, /* after a revoked token or replaced secret ended by itself */
	UPKEEP_DEVICE_DAYS = 400, /* one that is used once a year stays known */
};

/* Each piece by itself, so that a broken one keeps the others; in small transactions.
 * NULL: done; else what PostgreSQL said first. `*done` holds what was done in any case.
 */
const char *upkeep_run(struct context *c, struct upkeep *done) MUST_USE;
/* Is next month's partition of every table there? RC_DOWN also without the schema. */
enum rc upkeep_partitions_ready(struct context *c, bool *ready) MUST_USE;

/* `detail` may be NULL. */
enum rc upkeep_audit(struct context *c, const char *event, const char *detail) MUST_USE;

/* What of the accounts a role of the service may read. */
enum upkeep_reads { UPKEEP_READS_NONE, UPKEEP_READS_USERS, UPKEEP_READS_HASHES };
/* What the role of the connection may do beyond what the service needs; NULL in
 * `*excess`: nothing. */
enum rc upkeep_role_excess(struct context *c, enum upkeep_reads reads,
			   const char **excess) MUST_USE;

#endif
