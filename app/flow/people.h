/* Accounts as machines look at them, and open or close them; inactive ones are found,
 * too. ERR_NOT_FOUND: there is no such user. */
#ifndef APP_FLOW_PEOPLE_H
#define APP_FLOW_PEOPLE_H

#include "app/error.h"
#include "app/store/users.h"

/* The newest first. */
enum err people_page(struct context *c, const struct page *page, const struct user **rows,
		     struct page_found *found) MUST_USE;
enum err people_look(struct context *c, const char *id, struct user *out) MUST_USE;
enum err people_by_email(struct context *c, const struct email *email,
			 struct user *out) MUST_USE;
enum err people_by_username(struct context *c, const char *username,
			    struct user *out) MUST_USE;

/* Deactivating ends every session. As it is already is fine. */
enum err people_set_active(struct context *c, const char *id, bool active,
			   struct user *out) MUST_USE;

#endif
