/* app/store/codes.h, attempts.h, outbox.h */
#include "lib/secret.h"
#include "t/fake/world.h"

static bool no_outbox(void)
{
	return world.postgres_down || world.outbox_down;
}

enum rc outbox_registration(struct context *c UNUSED, const struct email *to,
			    const struct outbox_code *code)
{
	WORLD_TOLD();
	if (no_outbox())
		return RC_DOWN;
	if (world_user_by_key(to->key))
		world_post("already_registered", to->address, NULL);
	else
		world_post("registration_code", to->address, code->nonce);
	return RC_OK;
}

enum rc outbox_recovery(struct context *c UNUSED, const char *user_id,
			const struct outbox_code *code)
{
	const struct world_user *u = world_user(user_id);

	WORLD_TOLD();
	if (no_outbox())
		return RC_DOWN;
	world_post(u ? "recovery_code" : "none", u ? u->user.email : NULL, code->nonce);
	return RC_OK;
}

enum rc outbox_verification(struct context *c UNUSED, const char *user_id,
			    const struct outbox_code *code)
{
	const struct world_user *u = world_user(user_id);

	WORLD_TOLD();
	if (no_outbox())
		return RC_DOWN;
	INVARIANT(u);
	world_post("verification_code", u->user.email, code->nonce);
	return RC_OK;
}

/* The notice first, so that the last letter is the one with the code. */
enum rc outbox_email_change(struct context *c UNUSED, const char *user_id,
			    const struct email *to, const struct outbox_code *code)
{
	WORLD_TOLD();
	if (no_outbox())
		return RC_DOWN;
	world_post("email_change_asked", user_id, NULL);
	if (world_user_by_key(to->key))
		world_post("already_registered", to->address, NULL);
	else
		world_post("email_change_code", to->address, code->nonce);
	return RC_OK;
}

enum rc attempts_take(struct context *c UNUSED, const char *account,
		      bool known_prefix UNUSED, int64_t *wait_s)
{
	WORLD_TOLD();
	if (world.redis_down)
		return RC_DOWN;
	*wait_s = world.wait_s;
	world.slots += world.wait_s == 0;
	world.slot_of = account;
	return RC_OK;
}

void attempts_give_back(struct context *c UNUSED, const char *account,
			bool known_prefix UNUSED)
{
	INVARIANT(strcmp(account, world.slot_of) == 0);
	world.slots--;
}

void attempts_undo(struct context *c, const char *account, bool known_prefix)
{
	attempts_give_back(c, account, known_prefix);
}

static struct world_code *find_code(const char *purpose, const char *name)
{
	for (size_t i = 0; i < world.n_codes; i++)
		if (strcmp(world.codes[i].purpose, purpose) == 0 &&
		    strcmp(world.codes[i].name, name) == 0)
			return &world.codes[i];
	return NULL;
}

static struct world_code *make_code(const struct codes_subject *subject)
{
	struct world_code *code = find_code(subject->purpose, subject->name);

	INVARIANT(code || world.n_codes < WORLD_MAX);
	if (!code)
		code = &world.codes[world.n_codes++];
	return code;
}

static void before_ask(void)
{
	void (*run)(void) = world.before_ask;

	world.before_ask = NULL;
	if (run)
		run();
}

enum rc codes_ask(struct context *c, const struct codes_subject *subject,
		  struct codes_asked *out)
{
	struct world_code *code;

	WORLD_TOLD();
	before_ask();
	if (world.redis_down)
		return RC_DOWN;
	*out = (struct codes_asked){world.wait_s, .too_many = world.too_many};
	if (world.wait_s > 0)
		return RC_OK;
	code = make_code(subject);
	*code = (struct world_code){
		.purpose = subject->purpose,
		.name = subject->name,
		.nonce = secret_random_hex(c->arena, 16),
		.bound = subject->bound,
		.epoch = subject->epoch,
		.expires_at = c->now_ms + c->conf->codes_ttl_s * 1000,
	};
	*out = (struct codes_asked){
		.nonce = code->nonce,
		.key_id = keys_signing(c->keys, KEY_CODE, c->now_ms)->kid,
		.expires_at = code->expires_at,
		.undo = "",
	};
	return RC_OK;
}

void codes_take_back(struct context *c UNUSED, const struct codes_subject *subject,
		     const struct codes_asked *asked UNUSED)
{
	INVARIANT(find_code(subject->purpose, subject->name));
	world.taken_back++;
}

enum rc codes_count_try(struct context *c, const char *purpose, const char *name,
			struct codes_try *out)
{
	struct world_code *code = find_code(purpose, name);

	WORLD_TOLD();
	if (world.redis_down)
		return RC_DOWN;
	if (!code || !code->nonce || code->expires_at <= c->now_ms ||
	    code->tries++ >= c->conf->limits_code_tries_client)
		return RC_NONE;
	*out = (struct codes_try){
		.nonce = code->nonce,
		.key_id = keys_signing(c->keys, KEY_CODE, c->now_ms)->kid,
		.bound = code->bound,
		.epoch = code->epoch,
	};
	return RC_OK;
}

enum rc codes_spend(struct context *c UNUSED, const char *purpose, const char *name,
		    const char *nonce)
{
	struct world_code *code = find_code(purpose, name);

	WORLD_TOLD();
	if (world.redis_down)
		return RC_DOWN;
	if (!code || !code->nonce || strcmp(code->nonce, nonce) != 0)
		return RC_NONE;
	code->nonce = NULL;
	return RC_OK;
}

void codes_forget(struct context *c UNUSED, const char *purpose, const char *name)
{
	struct world_code *code = find_code(purpose, name);

	if (code && !world.redis_down)
		code->nonce = NULL;
}
