/* app/store/sessions.h, ended.h, history.h */
#include "lib/secret.h"
#include "t/fake/world.h"

static void note_login(struct context *c, const char *user_id, const char *method,
		       const char *device_type, bool success)
{
	struct world_user *u = world_user(user_id);

	if (!u)
		return;
	INVARIANT(world.n_history < WORLD_MAX);
	world.history[world.n_history++] = (struct history_row){
		.id = user_id,
		.user_agent = c->client.user_agent,
		.ip = c->client.address,
		.device_type = device_type,
		.method = method,
		.created_at = c->now_ms,
		.success = success,
	};
}

enum rc sessions_open(struct context *c, const struct user *user, const char *method,
		      const char *device_type, const struct session_cookie *cookie,
		      struct session *out)
{
	struct world_session *s = &world.sessions[world.n_sessions];
	struct world_user *u;

	WORLD_TOLD();
	if (world.before_open)
		world.before_open();
	u = world_user(user->id);
	if (world.postgres_down)
		return RC_DOWN;
	if (!u || u->user.epoch != user->epoch || !u->user.active)
		return RC_NONE;
	INVARIANT(world.n_sessions++ < WORLD_MAX);
	*s = (struct world_session){
		.session = {.id = cookie ? cookie->session_id : secret_uuid(c->arena),
			    .gen = 1,
			    .created_at = c->now_ms,
			    .expires_at = c->now_ms + 90LL * 86400 * 1000,
			    .last_used_at = c->now_ms,
			    .method = method},
		.user_id = user->id,
		.epoch = user->epoch,
	};
	note_login(c, user->id, method, device_type, true);
	*out = s->session;
	return RC_OK;
}

static struct world_session *living(const char *id, const struct world_user **user)
{
	for (size_t i = 0; i < world.n_sessions; i++) {
		struct world_session *s = &world.sessions[i];

		if (strcmp(s->session.id, id) != 0)
			continue;
		*user = world_user(s->user_id);
		if (*user && !s->ended && (*user)->user.active &&
		    (*user)->user.epoch == s->epoch)
			return s;
	}
	return NULL;
}

enum rc sessions_user(struct context *c UNUSED, const char *session_id, struct user *out,
		      int64_t *login_at)
{
	const struct world_user *u;
	const struct world_session *s = living(session_id, &u);

	WORLD_TOLD();
	if (world.postgres_down)
		return RC_DOWN;
	if (!s)
		return RC_NONE;
	*out = u->user;
	*login_at = s->session.created_at;
	return RC_OK;
}

static enum session_verdict judge(const struct world_session *s, int64_t gen)
{
	if (gen == s->session.gen)
		return SESSION_CURRENT;
	if (gen > s->session.gen)
		return SESSION_AHEAD;
	return world.grace && gen == s->session.gen - 1 ? SESSION_GRACE : SESSION_REUSE;
}

enum rc sessions_refresh(struct context *c UNUSED, const char *session_id, int64_t gen,
			 bool rotate, enum session_verdict *verdict,
			 struct session *session, struct user *user)
{
	const struct world_user *u;
	struct world_session *s = living(session_id, &u);

	WORLD_TOLD();
	if (world.postgres_down)
		return RC_DOWN;
	*verdict = SESSION_ENDED;
	if (!s)
		return RC_OK;
	*verdict = judge(s, gen);
	s->ended = *verdict == SESSION_REUSE;
	s->session.gen += rotate && *verdict == SESSION_CURRENT;
	*session = s->session;
	*user = u->user;
	return RC_OK;
}

enum rc sessions_end(struct context *c UNUSED, const char *user_id,
		     const char *session_id, const char *reason)
{
	const struct world_user *u;
	struct world_session *s = living(session_id, &u);

	WORLD_TOLD();
	if (world.postgres_down)
		return RC_DOWN;
	if (!s || strcmp(s->user_id, user_id) != 0)
		return RC_NONE;
	s->ended = true;
	s->end_reason = reason;
	return RC_OK;
}

enum rc sessions_end_all(struct context *c UNUSED, const char *user_id)
{
	struct world_user *u = world_user(user_id);

	WORLD_TOLD();
	if (world.postgres_down)
		return RC_DOWN;
	if (!u)
		return RC_NONE;
	u->user.epoch++;
	return RC_OK;
}

/* Newest first, as all lists are. */
enum rc sessions_list(struct context *c, const char *user_id, const struct page *page,
		      struct session_row **rows, struct page_found *found)
{
	struct session_row *all = arena_alloc(c->arena, WORLD_MAX * sizeof *all);
	const struct world_user *u;
	size_t n = 0;

	WORLD_TOLD();
	if (world.postgres_down)
		return RC_DOWN;
	for (size_t i = world.n_sessions; i-- > 0;) {
		const struct world_session *s = &world.sessions[i];

		if (strcmp(s->user_id, user_id) == 0 && living(s->session.id, &u))
			all[n++] = (struct session_row){.id = s->session.id};
	}
	*rows = all + world_page(page, n, found);
	return RC_OK;
}

enum rc history_failure(struct context *c, const char *user_id, const char *method,
			const char *device_type)
{
	WORLD_TOLD();
	if (world.postgres_down)
		return RC_DOWN;
	world.failures++;
	note_login(c, user_id, method, device_type, false);
	return RC_OK;
}

enum rc history_list(struct context *c, const char *user_id, const struct page *page,
		     struct history_row **rows, struct page_found *found)
{
	struct history_row *all = arena_alloc(c->arena, WORLD_MAX * sizeof *all);
	size_t n = 0;

	WORLD_TOLD();
	if (world.postgres_down)
		return RC_DOWN;
	for (size_t i = world.n_history; i-- > 0;)
		if (strcmp(world.history[i].id, user_id) == 0)
			all[n++] = world.history[i];
	*rows = all + world_page(page, n, found);
	return RC_OK;
}

static void note_ended(struct context *c, const char *what)
{
	if (world.redis_down)
		return;
	INVARIANT(world.n_ended < WORLD_MAX);
	world.ended[world.n_ended++] = (struct world_ended){what, c->now_ms / 1000};
}

void ended_session(struct context *c, const char *session_id)
{
	note_ended(c, session_id);
}

void ended_user(struct context *c, const char *user_id)
{
	note_ended(c, user_id);
}

enum rc ended_check(struct context *c UNUSED, const char *session_id, const char *user_id,
		    int64_t issued_s)
{
	WORLD_TOLD();
	if (world.redis_down)
		return RC_DOWN;
	for (size_t i = 0; i < world.n_ended; i++) {
		const struct world_ended *e = &world.ended[i];

		if (strcmp(e->what, session_id) == 0 ||
		    (strcmp(e->what, user_id) == 0 && e->at_s >= issued_s))
			return RC_NONE;
	}
	return RC_OK;
}
