#include "t/fake/world_social.h"

#include "lib/secret.h"

struct world_social world_social;

/* ---- app/store/states.h ---- */

static struct world_state *keep(const char *secret, int kind,
				const struct states_owner *owner)
{
	struct world_state *s = &world_social.states[world_social.n_states];

	INVARIANT(world_social.n_states++ < WORLD_MAX);
	*s = (struct world_state){.secret = secret, .owner = *owner, .kind = kind};
	return s;
}

static bool is_same(const struct states_owner *a, const struct states_owner *b)
{
	return strcmp(a->provider, b->provider) == 0 &&
	       strcmp(a->browser, b->browser) == 0;
}

static const struct world_state *take(const char *secret, int kind,
				      const struct states_owner *owner)
{
	for (size_t i = 0; i < world_social.n_states; i++) {
		struct world_state *s = &world_social.states[i];

		if (!s->secret || (int)s->kind != kind ||
		    strcmp(s->secret, secret) != 0 || !is_same(&s->owner, owner))
			continue;
		s->secret = NULL;
		return s;
	}
	return NULL;
}

enum rc states_put(struct context *c UNUSED, const char *state,
		   const struct states_owner *owner, const struct social_state *in,
		   int64_t *wait_s)
{
	WORLD_TOLD();
	if (world.redis_down)
		return RC_DOWN;
	*wait_s = world.wait_s;
	if (world.wait_s == 0)
		keep(state, WORLD_STATE, owner)->asked = *in;
	return RC_OK;
}

void states_put_back(struct context *c UNUSED, const char *state,
		     const struct states_owner *owner, const struct social_state *in)
{
	keep(state, WORLD_STATE, owner)->asked = *in;
	world_social.put_back++;
}

enum rc states_take(struct context *c UNUSED, const char *state,
		    const struct states_owner *owner, struct social_state *out)
{
	const struct world_state *s;

	WORLD_TOLD();
	if (world.redis_down)
		return RC_DOWN;
	s = take(state, WORLD_STATE, owner);
	if (s)
		*out = s->asked;
	return s ? RC_OK : RC_NONE;
}

enum rc states_put_found(struct context *c UNUSED, const char *state,
			 const struct states_owner *owner, const struct social_found *in)
{
	WORLD_TOLD();
	if (world.redis_down)
		return RC_DOWN;
	keep(state, WORLD_FOUND, owner)->found = *in;
	return RC_OK;
}

enum rc states_take_found(struct context *c UNUSED, const char *state,
			  const struct states_owner *owner, struct social_found *out)
{
	const struct world_state *s;

	WORLD_TOLD();
	if (world.redis_down)
		return RC_DOWN;
	s = take(state, WORLD_FOUND, owner);
	if (s)
		*out = s->found;
	return s ? RC_OK : RC_NONE;
}

static const struct states_owner ANYBODY = {"", ""};

enum rc states_put_login(struct context *c UNUSED, const char *code,
			 const struct social_login *in)
{
	WORLD_TOLD();
	if (world.redis_down)
		return RC_DOWN;
	keep(code, WORLD_LOGIN, &ANYBODY)->login = *in;
	return RC_OK;
}

enum rc states_take_login(struct context *c UNUSED, const char *code,
			  struct social_login *out)
{
	const struct world_state *s;

	WORLD_TOLD();
	if (world.redis_down)
		return RC_DOWN;
	s = take(code, WORLD_LOGIN, &ANYBODY);
	if (s)
		*out = s->login;
	return s ? RC_OK : RC_NONE;
}

/* ---- app/store/social_accounts.h ---- */

static struct world_social_account *find(const char *issuer, const char *subject)
{
	for (size_t i = 0; i < world_social.n_accounts; i++) {
		struct world_social_account *a = &world_social.accounts[i];

		if (!a->gone && strcmp(a->identity.issuer, issuer) == 0 &&
		    strcmp(a->identity.subject, subject) == 0)
			return a;
	}
	return NULL;
}

void world_link(struct context *c, const char *user_id,
		const struct social_identity *identity)
{
	INVARIANT(world_social.n_accounts < WORLD_MAX);
	world_social.accounts[world_social.n_accounts++] = (struct world_social_account){
		.id = secret_uuid(c->arena),
		.user_id = user_id,
		.identity = *identity,
	};
}

size_t world_linked(const char *user_id)
{
	size_t n = 0;

	for (size_t i = 0; i < world_social.n_accounts; i++)
		n += !world_social.accounts[i].gone &&
		     strcmp(world_social.accounts[i].user_id, user_id) == 0;
	return n;
}

enum rc social_accounts_user(struct context *c UNUSED, const char *issuer,
			     const char *subject, struct user *out)
{
	const struct world_social_account *a = find(issuer, subject);

	WORLD_TOLD();
	if (world.postgres_down)
		return RC_DOWN;
	if (a)
		*out = world_user(a->user_id)->user;
	return a ? RC_OK : RC_NONE;
}

static void before_insert(void)
{
	void (*run)(void) = world_social.before_insert;

	world_social.before_insert = NULL;
	if (run)
		run();
}

enum rc social_accounts_link(struct context *c, const char *user_id, int64_t epoch,
			     const char *email_key,
			     const struct social_identity *identity, struct user *out)
{
	const struct world_user *u = world_user(user_id);

	WORLD_TOLD();
	if (world.postgres_down)
		return RC_DOWN;
	before_insert();
	if (!u || u->user.epoch != epoch || !u->user.active || !u->user.email_verified ||
	    (email_key && strcmp(u->email_key, email_key) != 0))
		return RC_NONE;
	if (find(identity->issuer, identity->subject))
		return RC_CONFLICT;
	world_link(c, user_id, identity);
	world_post("social_linked", user_id, NULL);
	*out = u->user;
	return RC_OK;
}

enum rc social_accounts_register(struct context *c, const struct user_new *in,
				 const struct social_identity *identity, struct user *out)
{
	enum users_conflict conflict;
	enum rc rc;

	WORLD_TOLD();
	before_insert();
	if (find(identity->issuer, identity->subject))
		return RC_CONFLICT;
	rc = users_insert(c, in, out, &conflict);
	if (rc != RC_OK)
		return rc;
	if (!in->welcome)
		world_post("welcome_social", in->email.address, NULL);
	world_link(c, in->id, identity);
	return RC_OK;
}

enum rc social_accounts_list(struct context *c, const char *user_id,
			     const struct page *page, struct social_account **out,
			     struct page_found *found)
{
	struct social_account *all = arena_alloc(c->arena, WORLD_MAX * sizeof *all);
	size_t n = 0;

	WORLD_TOLD();
	if (world.postgres_down)
		return RC_DOWN;
	for (size_t i = world_social.n_accounts; i-- > 0;) {
		const struct world_social_account *a = &world_social.accounts[i];

		if (!a->gone && strcmp(a->user_id, user_id) == 0)
			all[n++] = (struct social_account){
				.id = a->id,
				.provider = a->identity.provider,
				.subject = a->identity.subject,
				.email = a->identity.email,
			};
	}
	*out = all + world_page(page, n, found);
	return RC_OK;
}

enum rc social_accounts_unlink(struct context *c UNUSED, const char *user_id,
			       const char *id, bool *last)
{
	WORLD_TOLD();
	if (world.postgres_down)
		return RC_DOWN;
	for (size_t i = 0; i < world_social.n_accounts; i++) {
		struct world_social_account *a = &world_social.accounts[i];

		if (a->gone || strcmp(a->id, id) != 0 || strcmp(a->user_id, user_id) != 0)
			continue;
		*last = world_linked(user_id) == 1 &&
			!world_user(user_id)->user.has_password;
		a->gone = !*last;
		return RC_OK;
	}
	return RC_NONE;
}

/* ---- app/provider/provider.h ---- */

const struct provider_conf *provider_find(const struct conf *conf UNUSED,
					  const char *name)
{
	static const struct provider_conf known[] = {{.name = "google"},
						     {.name = "other"}};

	for (size_t i = 0; i < COUNT(known); i++)
		if (strcmp(known[i].name, name) == 0)
			return &known[i];
	return NULL;
}

enum rc provider_authorize_url(struct context *c UNUSED,
			       const struct provider_conf *provider UNUSED,
			       const struct provider_ask *ask, const char **url)
{
	world_social.asked = *ask;
	if (world_social.url == RC_OK)
		*url = "https://provider.example/authorize";
	return world_social.url;
}

enum provider_verdict provider_identify(struct context *c UNUSED,
					const struct provider_conf *provider UNUSED,
					const struct provider_answer *answer,
					struct identity *out)
{
	world_social.visits++;
	world_social.answered = *answer;
	if (world_social.verdict == PROVIDER_GOOD)
		*out = world_social.who;
	return world_social.verdict;
}
