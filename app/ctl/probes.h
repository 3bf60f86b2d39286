/* The questions of `latchkeyctl check`, a row each. */
#ifndef APP_CTL_PROBES_H
#define APP_CTL_PROBES_H

#include "app/ctl/out.h"

/* What a question came to: the state of it, or what is wrong and what to do about that.
 */
struct finding {
	bool wrong;
	const char *text;
};

typedef struct finding probe(struct ctl *ctl);

struct probe_row {
	const char *name;
	probe *ask;
	enum ctl_option only_with; /* CTL_N_OPTIONS: always asked */
};

extern const struct probe_row probe_rows[];
extern const size_t probe_n_rows;

/* Fill a finding. */
struct finding probe_ok(struct ctl *ctl, const char *fmt, ...) PRINTF(2, 3) MUST_USE;
struct finding probe_wrong(struct ctl *ctl, const char *fmt, ...) PRINTF(2, 3) MUST_USE;

/* A row of the list that is open: see out_list(). */
void probe_print(struct ctl *ctl, const char *name, const struct finding *finding);

probe probe_owner, probe_fast, probe_slow, probe_mail_role, probe_outside_role,
	probe_schema, probe_partitions, probe_roles, probe_redis_user, probe_keys,
	probe_limits, probe_sockets, probe_letters, probe_mail, probe_hash;

#endif
