/* The world of social logins: states, accounts at providers and the providers themselves,
 * in place of app/store/states, app/store/social_accounts and app/provider. */
#ifndef T_FAKE_WORLD_SOCIAL_H
#define T_FAKE_WORLD_SOCIAL_H

#include "app/provider/provider.h"
#include "app/store/social_accounts.h"
#include "app/store/states.h"
#include "t/fake/world.h"

struct world_state {
	const char *secret; /* NULL: taken */
	struct states_owner owner;
	struct social_state asked;
	struct social_found found;
	struct social_login login;
	enum { WORLD_STATE, WORLD_FOUND, WORLD_LOGIN } kind;
};

struct world_social_account {
	const char *id, *user_id;
	struct social_identity identity;
	bool gone;
};

struct world_social {
	/* what the provider does */
	enum provider_verdict verdict;
	struct identity who;
	enum rc url; /* what comes of provider_authorize_url() */
	/* what it was asked */
	struct provider_ask asked;
	struct provider_answer answered;
	size_t visits;
	/* runs just before an account is linked or made */
	void (*before_insert)(void);
	size_t put_back; /* states_put_back() */
	size_t n_states, n_accounts;
	struct world_state states[WORLD_MAX];
	struct world_social_account accounts[WORLD_MAX];
};

extern struct world_social world_social;

/* Links it, whatever the rules say. */
void world_link(struct context *c, const char *user_id,
		const struct social_identity *identity);
/* How many accounts the user has. */
size_t world_linked(const char *user_id);

#endif
