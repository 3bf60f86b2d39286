/* Whom an account at a provider stands for. */
#ifndef APP_FLOW_SOCIAL_USER_H
#define APP_FLOW_SOCIAL_USER_H

#include "app/error.h"
#include "app/store/social_accounts.h"
#include "app/store/states.h"

/* Who asked to be linked to it, and is now; else its user; else the one of its address,
 * if provider and account both vouch for that; else a new one. ERR_INVALID_STATE: who
 * asked to be linked has changed since; ERR_SOCIAL_DENIED: it has no address. A user that
 * is refused has it in the login history, with this method. */
enum err social_user(struct context *c, const struct social_found *found,
		     const char *provider, const char *method, struct user *out) MUST_USE;

#endif
