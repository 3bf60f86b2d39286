/* The user that a command is about. */
#ifndef APP_CTL_WHO_H
#define APP_CTL_WHO_H

#include "app/ctl/out.h"
#include "app/store/admin_users.h"

/* By id, e-mail address or user name, as the first word gives it. Not CTL_DONE: it was
 * said why not. */
enum ctl_exit who_find(struct ctl *ctl, struct admin_user *out) MUST_USE;
/* The id of the one that `word` gives; an id is good also when its account is gone. */
enum ctl_exit who_id(struct ctl *ctl, const char *word, const char **id) MUST_USE;
/* Real ms in RFC 3339; NULL for 0. */
const char *who_time(struct ctl *ctl, int64_t ms) MUST_USE;

#endif
