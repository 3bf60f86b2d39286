/* A user name or e-mail address and a password, for a session. */
#ifndef APP_FLOW_LOGIN_H
#define APP_FLOW_LOGIN_H

#include "app/error.h"
#include "app/flow/browser.h"

struct login {
	const char *name; /* with '@' an e-mail address, else a user name */
	const char *password; /* as typed */
	const char *method; /* "basic", "password": for the history */
};

/* The same statements, the same one hash and the same answer whether the user is unknown,
 * inactive, without a password, or the password wrong. */
enum err login(struct context *c, const struct login *in,
	       struct token_pair *out) MUST_USE;
/* The same for a web page, which gets a cookie. */
enum err login_browser(struct context *c, const struct login *in, struct user *user,
		       struct browser_cookie *out) MUST_USE;

#endif
