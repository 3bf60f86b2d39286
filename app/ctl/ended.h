/* Tells the workers' list of ended sessions in Redis what the tool ended. */
#ifndef APP_CTL_ENDED_H
#define APP_CTL_ENDED_H

#include "app/ctl/ctl.h"

/* All sessions of that user. Only where the settings let the list be read at all, and
 * best effort: PostgreSQL is the truth. */
void ended_tell(struct ctl *ctl, const char *user_id);

#endif
