/* The secrets and scopes of machine clients. A secret is 256 random bits; at rest there
 * is a keyed hash of it (app/keyed_hash.h). */
#ifndef APP_CLIENT_SECRET_H
#define APP_CLIENT_SECRET_H

#include "app/context.h"

enum {
	CLIENT_NAME_MAX = 80, /* bytes */
	CLIENT_SCOPE_MAX = 128, /* bytes of one */
	CLIENT_SCOPES_MAX = 1024, /* bytes of all that one client has */
};

/* "lks_" and 43 characters of base64url. */
char *client_secret_new(struct arena *arena) MUST_USE;
/* Its keyed hash in hex, and by which key. False: there is no key to sign with. */
bool client_secret_hash(struct context *c, const char *client_id, const char *secret,
			const char **hex, const char **kid) MUST_USE;
bool client_secret_fits(struct context *c, const char *client_id, const char *secret,
			const char *hex, const char *kid) MUST_USE;

/* A scope-token of RFC 6749 §3.3, of at most CLIENT_SCOPE_MAX bytes. */
bool client_scope_valid(const char *scope) MUST_USE;
/* "a b" in words, each valid, repeated ones once. False: another form, or too much. */
bool client_scopes_parse(struct arena *arena, const char *text, const char *const **out,
			 size_t *n) MUST_USE;

#endif
