/* The stores in memory, in place of app/store: what PostgreSQL and Redis are to the
 * flows, for one process and without time-outs. */
#ifndef T_FAKE_WORLD_H
#define T_FAKE_WORLD_H

#include "app/context.h"
#include "app/store/attempts.h"
#include "app/store/codes.h"
#include "app/store/history.h"
#include "app/store/outbox.h"
#include "app/store/sessions.h"
#include "app/store/users.h"

enum { WORLD_MAX = 32 };

struct world_user {
	struct user user;
	const char *email_key, *username_key, *hash, *jti;
};

struct world_session {
	struct session session;
	const char *user_id;
	int64_t epoch;
	bool ended;
};

struct world_letter {
	const char *name, *to, *nonce;
};

struct world_code {
	const char *purpose, *email_key, *nonce, *user_id;
	int64_t epoch, expires_at, tries;
};

struct world {
	bool postgres_down, redis_down, outbox_down;
	int64_t wait_s; /* what attempts_take() answers */
	int64_t slots; /* taken and not given back */
	int64_t failures; /* in the history */
	int64_t taken_back; /* codes_take_back() */
	void (*before_open)(void); /* runs just before a session is opened */
	size_t n_users, n_sessions, n_letters, n_codes;
	struct world_user users[WORLD_MAX];
	struct world_session sessions[WORLD_MAX];
	struct world_letter letters[WORLD_MAX];
	struct world_code codes[WORLD_MAX];
};

extern struct world world;

/* An empty world, and a context in it with keys in a new directory (removed at exit). */
struct context *world_new(void);
void world_end(void);
const struct world_letter *world_last_letter(void);

#endif
