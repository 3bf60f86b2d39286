#include "t/fake/world.h"

#include <unistd.h>

#include "app/username.h"
#include "lib/clock.h"
#include "lib/secret.h"
#include "lib/text.h"

struct world world;
static struct context context;
static struct keys *keys;
static char key_dir[] = "/tmp/latchkey-test-XXXXXX";

static struct world_user *find_user(const char *id)
{
	for (size_t i = 0; i < world.n_users; i++)
		if (strcmp(world.users[i].user.id, id) == 0)
			return &world.users[i];
	return NULL;
}

static struct world_user *user_by_key(const char *key)
{
	for (size_t i = 0; i < world.n_users; i++) {
		struct world_user *u = &world.users[i];

		if (strcmp(u->email_key, key) == 0 ||
		    (u->username_key && strcmp(u->username_key, key) == 0))
			return u;
	}
	return NULL;
}

static void post(const char *name, const char *to, const char *nonce)
{
	INVARIANT(world.n_letters < WORLD_MAX);
	world.letters[world.n_letters++] = (struct world_letter){name, to, nonce};
}

enum rc users_for_login(struct context *c UNUSED, const char *key, struct user_login *out)
{
	struct world_user *u = user_by_key(key);

	if (world.postgres_down)
		return RC_DOWN;
	if (!u)
		return RC_NONE;
	*out = (struct user_login){.user = u->user, .hash = u->hash};
	return RC_OK;
}

static enum rc give(const struct world_user *u, struct user *out)
{
	if (world.postgres_down)
		return RC_DOWN;
	if (!u)
		return RC_NONE;
	*out = u->user;
	return RC_OK;
}

enum rc users_by_email(struct context *c UNUSED, const char *email_key, struct user *out)
{
	return give(user_by_key(email_key), out);
}

enum rc users_by_id(struct context *c UNUSED, const char *id, struct user *out)
{
	return give(find_user(id), out);
}

enum rc users_taken(struct context *c UNUSED, const char *email_key,
		    const char *username_key, bool *email, bool *username)
{
	*email = user_by_key(email_key) != NULL;
	*username = user_by_key(username_key) != NULL;
	return world.postgres_down ? RC_DOWN : RC_OK;
}

enum rc users_insert(struct context *c, const struct user_new *in, struct user *out,
		     enum users_conflict *conflict)
{
	const char *key = in->username ? username_key(c->arena, in->username) : NULL;
	struct world_user *u = &world.users[world.n_users];

	if (world.postgres_down)
		return RC_DOWN;
	*conflict = user_by_key(in->email.key) ? USERS_EMAIL_TAKEN : USERS_USERNAME_TAKEN;
	if (user_by_key(in->email.key) || (key && user_by_key(key)))
		return RC_CONFLICT;
	INVARIANT(world.n_users++ < WORLD_MAX);
	*u = (struct world_user){
		.user = {.id = secret_uuid(c->arena),
			 .email = in->email.address,
			 .username = in->username,
			 .email_verified = in->email_verified,
			 .active = true,
			 .created_at = c->now_ms},
		.email_key = in->email.key,
		.username_key = key,
		.hash = in->hash,
		.jti = in->registration_jti,
	};
	*out = u->user;
	return RC_OK;
}

enum rc users_by_registration(struct context *c UNUSED, const char *jti,
			      const char *email_key, struct user *out, const char **hash)
{
	struct world_user *u = user_by_key(email_key);

	if (world.postgres_down)
		return RC_DOWN;
	if (!u || !u->jti || strcmp(u->jti, jti) != 0 || !u->user.active)
		return RC_NONE;
	*out = u->user;
	*hash = u->hash;
	return RC_OK;
}

enum rc users_recover(struct context *c UNUSED, const char *id, int64_t epoch,
		      const char *hash, struct user *out)
{
	struct world_user *u = find_user(id);

	if (world.postgres_down)
		return RC_DOWN;
	if (!u || u->user.epoch != epoch || !u->user.active)
		return RC_NONE;
	u->hash = hash;
	u->user.epoch++;
	u->user.email_verified = true;
	post("password_changed", id, NULL);
	*out = u->user;
	return RC_OK;
}

enum rc sessions_open(struct context *c, const struct user *user,
		      const char *method UNUSED, const char *device_type UNUSED,
		      struct session *out)
{
	struct world_session *s = &world.sessions[world.n_sessions];
	struct world_user *u;

	if (world.before_open)
		world.before_open();
	u = find_user(user->id);
	if (world.postgres_down)
		return RC_DOWN;
	if (!u || u->user.epoch != user->epoch || !u->user.active)
		return RC_NONE;
	INVARIANT(world.n_sessions++ < WORLD_MAX);
	*s = (struct world_session){
		.session = {.id = secret_uuid(c->arena),
			    .gen = 1,
			    .created_at = c->now_ms,
			    .expires_at = c->now_ms + 90LL * 86400 * 1000,
			    .last_used_at = c->now_ms},
		.user_id = user->id,
		.epoch = user->epoch,
	};
	*out = s->session;
	return RC_OK;
}

static struct world_session *living(const char *id, const struct world_user **user)
{
	for (size_t i = 0; i < world.n_sessions; i++) {
		struct world_session *s = &world.sessions[i];

		if (strcmp(s->session.id, id) != 0)
			continue;
		*user = find_user(s->user_id);
		if (*user && !s->ended && (*user)->user.active &&
		    (*user)->user.epoch == s->epoch)
			return s;
	}
	return NULL;
}

enum rc sessions_user(struct context *c UNUSED, const char *session_id, struct user *out)
{
	const struct world_user *u;

	if (world.postgres_down)
		return RC_DOWN;
	if (!living(session_id, &u))
		return RC_NONE;
	*out = u->user;
	return RC_OK;
}

/* Without grace: what is spent is reuse. */
enum rc sessions_refresh(struct context *c UNUSED, const char *session_id, int64_t gen,
			 bool rotate, enum session_verdict *verdict,
			 struct session *session, struct user *user)
{
	const struct world_user *u;
	struct world_session *s = living(session_id, &u);

	if (world.postgres_down)
		return RC_DOWN;
	*verdict = SESSION_ENDED;
	if (!s)
		return RC_OK;
	*verdict = gen == s->session.gen  ? SESSION_CURRENT
		   : gen > s->session.gen ? SESSION_AHEAD
					  : SESSION_REUSE;
	s->ended = *verdict == SESSION_REUSE;
	s->session.gen += rotate && *verdict == SESSION_CURRENT;
	*session = s->session;
	*user = u->user;
	return RC_OK;
}

enum rc outbox_registration(struct context *c UNUSED, const struct email *to,
			    const struct outbox_code *code)
{
	if (world.postgres_down || world.outbox_down)
		return RC_DOWN;
	if (user_by_key(to->key))
		post("already_registered", to->address, NULL);
	else
		post("registration_code", to->address, code->nonce);
	return RC_OK;
}

enum rc outbox_recovery(struct context *c UNUSED, const char *user_id,
			const struct outbox_code *code)
{
	const struct world_user *u = find_user(user_id);

	if (world.postgres_down || world.outbox_down)
		return RC_DOWN;
	post(u ? "recovery_code" : "none", u ? u->user.email : NULL, code->nonce);
	return RC_OK;
}

enum rc history_failure(struct context *c UNUSED, const char *user_id UNUSED,
			const char *method UNUSED, const char *device_type UNUSED)
{
	world.failures++;
	return world.postgres_down ? RC_DOWN : RC_OK;
}

enum rc attempts_take(struct context *c UNUSED, const char *account UNUSED,
		      bool known_prefix UNUSED, int64_t *wait_s)
{
	if (world.redis_down)
		return RC_DOWN;
	*wait_s = world.wait_s;
	world.slots += world.wait_s == 0;
	return RC_OK;
}

void attempts_give_back(struct context *c UNUSED, const char *account UNUSED,
			bool known_prefix UNUSED)
{
	world.slots--;
}

static struct world_code *find_code(const char *purpose, const char *email_key)
{
	for (size_t i = 0; i < world.n_codes; i++)
		if (strcmp(world.codes[i].purpose, purpose) == 0 &&
		    strcmp(world.codes[i].email_key, email_key) == 0)
			return &world.codes[i];
	return NULL;
}

static struct world_code *make_code(const char *purpose, const char *email_key)
{
	struct world_code *code = find_code(purpose, email_key);

	INVARIANT(code || world.n_codes < WORLD_MAX);
	if (!code)
		code = &world.codes[world.n_codes++];
	return code;
}

enum rc codes_ask(struct context *c, const char *purpose, const char *email_key,
		  const char *user_id, int64_t epoch, struct codes_asked *out)
{
	struct world_code *code;

	if (world.redis_down)
		return RC_DOWN;
	code = make_code(purpose, email_key);
	*code = (struct world_code){
		.purpose = purpose,
		.email_key = email_key,
		.nonce = secret_random_hex(c->arena, 16),
		.user_id = user_id,
		.epoch = epoch,
		.expires_at = c->now_ms + c->conf->codes_ttl_s * 1000,
	};
	*out = (struct codes_asked){
		.retry_after_s = world.wait_s,
		.nonce = code->nonce,
		.key_id = keys_signing(c->keys, KEY_CODE, c->now_ms)->kid,
		.expires_at = code->expires_at,
		.undo = "",
	};
	return RC_OK;
}

void codes_take_back(struct context *c UNUSED, const char *purpose UNUSED,
		     const char *email_key UNUSED, const struct codes_asked *asked UNUSED)
{
	world.taken_back++;
}

enum rc codes_count_try(struct context *c, const char *purpose, const char *email_key,
			struct codes_try *out)
{
	struct world_code *code = find_code(purpose, email_key);

	if (world.redis_down)
		return RC_DOWN;
	if (!code || !code->nonce || code->expires_at <= c->now_ms ||
	    code->tries++ >= c->conf->limits_code_tries_client)
		return RC_NONE;
	*out = (struct codes_try){
		.nonce = code->nonce,
		.key_id = keys_signing(c->keys, KEY_CODE, c->now_ms)->kid,
		.user_id = code->user_id,
		.epoch = code->epoch,
	};
	return RC_OK;
}

enum rc codes_spend(struct context *c UNUSED, const char *purpose, const char *email_key,
		    const char *nonce)
{
	struct world_code *code = find_code(purpose, email_key);

	if (!code || !code->nonce || strcmp(code->nonce, nonce) != 0)
		return RC_NONE;
	code->nonce = NULL;
	return RC_OK;
}

void codes_forget(struct context *c UNUSED, const char *purpose, const char *email_key)
{
	struct world_code *code = find_code(purpose, email_key);

	if (code)
		code->nonce = NULL;
}

static struct conf cheap_conf(void)
{
	struct conf conf = *conf_load(context.arena, NULL, &(const char *){NULL});

	conf.passwords_memory_kib = 8;
	conf.passwords_passes = 1;
	return conf;
}

static void make_keys(int64_t now_ms)
{
	static const enum jwt_alg algs[KEY_USES] = {[KEY_ACCESS] = JWT_ES256};
	const char *kid;

	INVARIANT(mkdtemp(key_dir));
	for (enum key_use use = 0; use < KEY_USES; use++)
		INVARIANT(!keys_rotate(context.arena, key_dir, use, algs[use], now_ms, 0,
				       0, &kid));
}

struct context *world_new(void)
{
	static struct conf conf;
	char why[256];

	world = (struct world){0};
	context = (struct context){
		.arena = arena_new(4 * 1024 * 1024),
		.now_ms = clock_real_ms(),
		.request_id = "test",
		.client = {.address = "192.0.2.1",
			   .prefix = "192.0.2.1",
			   .user_agent = "",
			   .mobile = ""},
	};
	conf = cheap_conf();
	context.conf = &conf;
	memcpy(key_dir + strlen(key_dir) - 6, "XXXXXX", 6);
	make_keys(context.now_ms);
	context.keys = keys = keys_load(key_dir, (1u << KEY_USES) - 1, why, sizeof why);
	INVARIANT(context.keys);
	return &context;
}

void world_end(void)
{
	struct key_row *rows;
	size_t n;

	INVARIANT(!keys_list(context.arena, key_dir, &rows, &n));
	for (size_t i = 0; i < n; i++)
		unlink(arena_printf(context.arena, "%s/%s.%s", key_dir, rows[i].kid,
				    rows[i].alg == JWT_HS256 ? "key" : "pem"));
	unlink(arena_printf(context.arena, "%s/manifest", key_dir));
	unlink(arena_printf(context.arena, "%s/lock", key_dir));
	rmdir(key_dir);
	keys_free(&keys);
	arena_free(&context.arena);
}

const struct world_letter *world_last_letter(void)
{
	INVARIANT(world.n_letters > 0);
	return &world.letters[world.n_letters - 1];
}
