#include "app/ctl/out.h"
#include "app/setting.h"
#include "app/store/admin_clients.h"
#include "app/store/upkeep.h"
#include "lib/clock.h"

/* What was made with a key is good for so long after its last signature: by the largest
 * value the setting may ever have had. */
static const struct {
	const char *section, *setting; /* NULL: nothing of it outlives the key */
	int64_t unit_s;
	bool stays; /* no time ends what was made with it */
} lives[KEY_USES] = {
	[KEY_ACCESS] = {"clients", "token_ttl", 1}, /* users' are shorter-lived */
	[KEY_REFRESH] = {"tokens", "session_ttl_days", 86400},
	[KEY_REGISTRATION] = {"codes", "ttl_s", 1},
	[KEY_RECOVERY] = {"codes", "ttl_s", 1},
	[KEY_CODE] = {"codes", "max_ttl_s", 1},
	[KEY_INDEX] = {NULL, NULL, 0},
	[KEY_SECRET] = {.stays = true},
};

static enum jwt_alg alg_for(const struct conf *conf, enum key_use use)
{
	static const enum jwt_alg algs[] = {JWT_ES256, JWT_RS256};

	if (use == KEY_ACCESS)
		for (size_t i = 0; i < COUNT(algs); i++)
			if (!strcmp(jwt_alg_name(algs[i]), conf->tokens_access_alg))
				return algs[i];
	return JWT_HS256;
}

static int64_t overlap_ms(enum key_use use)
{
	if (lives[use].stays)
		return KEYS_STAY;
	if (!lives[use].section)
		return 0;
	return (setting_most(lives[use].section, lives[use].setting) * lives[use].unit_s +
		JWT_LEEWAY_S) *
	       1000;
}

/* Until then every process has looked at the key directory: a key that signs earlier
 * would be refused by those that have not. */
enum { KNOWN_AFTER_MS = 3000 };

/* The keys are files: a trail that cannot be written now must not keep a key in use. */
static void audit(struct ctl *ctl, const char *event, const char *detail)
{
	if (upkeep_audit(&ctl->context, event, detail) != RC_OK)
		out_warn(ctl, "done, but not written to the audit trail: %s", detail);
}

static const char *when(struct ctl *ctl, int64_t ms)
{
	return ms ? clock_rfc3339(ctl->context.arena, ms) : NULL;
}

static const char *state_of(const struct key_row *row, bool newest, int64_t now)
{
	if (row->retire_at && row->retire_at <= now)
		return "retired";
	if (row->publish_at > now)
		return "planned";
	if (row->sign_at > now)
		return "published";
	return newest ? "signs" : "verifies";
}

/* Of those of a use whose time to sign has come, the one that began last signs. */
static bool is_newest(const struct key_row *rows, size_t n, const struct key_row *row,
		      int64_t now)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].use == row->use && rows[i].sign_at <= now &&
		    rows[i].sign_at > row->sign_at &&
		    (!rows[i].retire_at || rows[i].retire_at > now))
			return false;
	return true;
}

enum ctl_exit ctl_key_list(struct ctl *ctl)
{
	int64_t now = ctl->context.now_ms;
	struct key_row *rows;
	size_t n;
	const char *why = keys_list(ctl->context.arena, ctl->context.conf->tokens_key_dir,
				    &rows, &n);

	if (why)
		return out_refuse(ctl, "%s", why);
	out_list(ctl, "keys");
	for (size_t i = 0; i < n; i++) {
		const struct key_row *row = &rows[i];
		bool newest = is_newest(rows, n, row, now);
		const struct out_cell cells[] = {
			OUT_TEXT("kid", 30, row->kid),
			OUT_TEXT("use", 12, key_use_name(row->use)),
			OUT_TEXT("alg", 5, jwt_alg_name(row->alg)),
			OUT_TEXT("state", 9, state_of(row, newest, now)),
			OUT_TEXT("publish_at", 24, when(ctl, row->publish_at)),
			OUT_TEXT("sign_at", 24, when(ctl, row->sign_at)),
			OUT_TEXT("retire_at", 24, when(ctl, row->retire_at)),
		};

		out_row(ctl, cells, COUNT(cells));
	}
	return CTL_DONE;
}

/* NULL: done. */
static const char *rotate(struct ctl *ctl, enum key_use use, int64_t lead_ms,
			  const char **kid)
{
	struct context *c = &ctl->context;

	return keys_rotate(c->arena, c->conf->tokens_key_dir, use, alg_for(c->conf, use),
			   c->now_ms, lead_ms, overlap_ms(use), kid);
}

static bool has_key(const struct key_row *rows, size_t n, enum key_use use)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].use == use)
			return true;
	return false;
}

/* A manifest that is not there has no keys; one that is not readable is not replaced. */
static void list_present(struct ctl *ctl, struct key_row **rows, size_t *n)
{
	*rows = NULL;
	*n = 0;
	if (keys_list(ctl->context.arena, ctl->context.conf->tokens_key_dir, rows, n))
		*n = 0;
}

enum ctl_exit ctl_key_init(struct ctl *ctl)
{
	const char *made = "";
	struct key_row *rows;
	size_t n;

	list_present(ctl, &rows, &n);
	out_list(ctl, "made");
	for (enum key_use use = 0; use < KEY_USES; use++) {
		const char *kid, *why, *name = key_use_name(use);

		if (has_key(rows, n, use))
			continue;
		why = rotate(ctl, use, 0, &kid);
		if (why)
			return out_refuse(ctl, "%s", why);
		const struct out_cell cells[] = {OUT_TEXT("use", 12, name),
						 OUT_TEXT("kid", 30, kid)};

		out_row(ctl, cells, COUNT(cells));
		made = arena_printf(ctl->context.arena, "%s%s%s", made, *made ? " " : "",
				    name);
	}
	if (*made)
		audit(ctl, "keys_made", made);
	else
		out_say(ctl, "every use has its key");
	return CTL_DONE;
}

enum ctl_exit ctl_key_rotate(struct ctl *ctl)
{
	int64_t lead_ms = ctl->context.conf->tokens_key_lead_s * 1000;
	const char *kid, *why, *name = ctl->words[0];
	enum key_use use;
	struct key_row *rows;
	size_t n;

	if (!key_use_parse(name, &use)) {
		out_refuse(ctl, "no keys are used for '%s'", name);
		return CTL_USAGE;
	}
	list_present(ctl, &rows, &n);
	if (use == KEY_INDEX && has_key(rows, n, use) && !ctl->option[CTL_NOW])
		return out_refuse(ctl, "a new index key forgets all codes, counters and "
				       "limits in Redis: say --now if that is meant");
	why = rotate(ctl, use, ctl->option[CTL_NOW] ? KNOWN_AFTER_MS : lead_ms, &kid);
	if (why)
		return out_refuse(ctl, "%s", why);
	audit(ctl, "key_rotated", arena_printf(ctl->context.arena, "%s %s", name, kid));
	const struct out_cell cells[] = {OUT_TEXT("use", 0, name),
					 OUT_TEXT("kid", 0, kid)};

	out_record(ctl, cells, COUNT(cells));
	return CTL_DONE;
}

static bool keeps_secrets(struct ctl *ctl, const char *kid)
{
	struct key_row *rows;
	size_t n;

	list_present(ctl, &rows, &n);
	for (size_t i = 0; i < n; i++)
		if (rows[i].use == KEY_SECRET && !strcmp(rows[i].kid, kid))
			return true;
	return false;
}

/* Secrets of clients would be good no more, and nothing tells the clients so. */
static enum ctl_exit refuse_bound(struct ctl *ctl, const char *kid)
{
	int64_t n = 0;

	if (!keeps_secrets(ctl, kid))
		return CTL_DONE;
	if (admin_clients_bound(&ctl->context, kid, &n) != RC_OK)
		return out_down(ctl);
	if (n == 0)
		return CTL_DONE;
	return out_refuse(ctl,
			  "%s: %lld secrets of clients need this key: make a new one, "
			  "`client rotate` what `client list` shows, and retire this one "
			  "when the replaced secrets have ended",
			  kid, (long long)n);
}

enum ctl_exit ctl_key_retire(struct ctl *ctl)
{
	struct context *c = &ctl->context;
	const char *kid = ctl->words[0], *why;
	enum ctl_exit end = refuse_bound(ctl, kid);

	if (end != CTL_DONE)
		return end;
	why = keys_retire(c->arena, c->conf->tokens_key_dir, kid, c->now_ms);
	if (why)
		return out_refuse(ctl, "%s", why);
	audit(ctl, "key_retired", kid);
	const struct out_cell cells[] = {OUT_TEXT("retired", 0, kid)};

	out_record(ctl, cells, COUNT(cells));
	return CTL_DONE;
}
