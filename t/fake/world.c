#include "t/fake/world.h"

#include <unistd.h>

#include "lib/clock.h"
#include "lib/text.h"

struct world world;
static struct context context;
static struct keys *keys;
static char key_dir[] = "/tmp/latchkey-test-XXXXXX";

struct world_user *world_user(const char *id)
{
	for (size_t i = 0; i < world.n_users; i++)
		if (!world.users[i].gone && strcmp(world.users[i].user.id, id) == 0)
			return &world.users[i];
	return NULL;
}

struct world_user *world_user_by_key(const char *key)
{
	for (size_t i = 0; i < world.n_users; i++) {
		struct world_user *u = &world.users[i];

		if (u->gone)
			continue;
		if (strcmp(u->email_key, key) == 0 ||
		    (u->username_key && strcmp(u->username_key, key) == 0))
			return u;
	}
	return NULL;
}

void world_post(const char *name, const char *to, const char *nonce)
{
	INVARIANT(world.n_letters < WORLD_MAX);
	world.letters[world.n_letters++] = (struct world_letter){name, to, nonce};
}

size_t world_page(const struct page *page, size_t total, struct page_found *found)
{
	size_t first = (size_t)((page->number - 1) * page->size);
	size_t left = first < total ? total - first : 0;

	found->total = (int64_t)total;
	found->n = left < (size_t)page->size ? left : (size_t)page->size;
	return first;
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

size_t world_letters(const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < world.n_letters; i++)
		n += strcmp(world.letters[i].name, name) == 0;
	return n;
}

void deadline_extend(struct context *c UNUSED, int64_t ms)
{
	world.extended += ms >= 0;
}
