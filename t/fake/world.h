/* The stores in memory, in place of app/store: what PostgreSQL and Redis are to the
 * flows, for one process and without time-outs. To be linked as a whole: world,
 * world_users, world_sessions, world_codes; where a flow is about roles, world_roles. */
#ifndef T_FAKE_WORLD_H
#define T_FAKE_WORLD_H

#include "app/context.h"
#include "app/store/attempts.h"
#include "app/store/codes.h"
#include "app/store/deadline.h"
#include "app/store/ended.h"
#include "app/store/history.h"
#include "app/store/outbox.h"
#include "app/store/roles.h"
#include "app/store/sessions.h"
#include "app/store/users.h"

enum { WORLD_MAX = 32 };

struct world_user {
	struct user user;
	const char *email_key, *username_key, *hash, *jti;
	bool gone;
};

struct world_session {
	struct session session;
	const char *user_id, *end_reason;
	int64_t epoch;
	bool ended;
};

struct world_letter {
	const char *name, *to, *nonce;
};

struct world_code {
	const char *purpose, *name, *nonce, *bound;
	int64_t epoch, expires_at, tries;
};

/* The list of what has ended: a session or a user, and when (s). */
struct world_ended {
	const char *what;
	int64_t at_s;
};

struct world {
	bool postgres_down, redis_down, outbox_down;
	/* the accessor of this name answers `told_rc`, whatever is in the world */
	const char *told;
	enum rc told_rc;
	enum users_conflict told_conflict; /* of users_insert() */
	int64_t wait_s; /* what attempts_take() and codes_ask() answer */
	bool too_many; /* and codes_ask() with it */
	bool grace; /* the generation before the current one is within its grace */
	int64_t slots; /* taken and not given back */
	const char *slot_of; /* the account of the last one */
	int64_t extended; /* how often the stores were given more time */
	int64_t failures; /* in the history */
	int64_t rehashed; /* users_rehash() that changed something */
	int64_t taken_back; /* codes_take_back() */
	struct role role; /* the one that there is */
	enum roles_grant grant; /* what roles_grant() finds */
	void (*before_open)(void); /* runs just before a session is opened */
	void (*before_ask)(void); /* runs just before a code is asked for, once */
	size_t n_users, n_sessions, n_letters, n_codes, n_ended, n_history;
	struct world_user users[WORLD_MAX];
	struct world_session sessions[WORLD_MAX];
	struct world_letter letters[WORLD_MAX];
	struct world_code codes[WORLD_MAX];
	struct world_ended ended[WORLD_MAX];
	struct history_row history[WORLD_MAX];
};

extern struct world world;

/* An empty world, and a context in it with keys in a new directory (removed at exit). */
struct context *world_new(void);
void world_end(void);
const struct world_letter *world_last_letter(void);
/* How many letters of that name were queued. */
size_t world_letters(const char *name);

/* Among the fakes: those that answer as they are told begin with it. */
#define WORLD_TOLD()                                                                     \
	do {                                                                             \
		if (world.told && strcmp(world.told, __func__) == 0)                     \
			return world.told_rc;                                            \
	} while (0)

struct world_user *world_user(const char *id);
struct world_user *world_user_by_key(const char *key);
void world_post(const char *name, const char *to, const char *nonce);
/* The first row of a page, and how many follow. */
size_t world_page(const struct page *page, size_t total, struct page_found *found);

#endif
