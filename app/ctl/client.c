#include "app/client_secret.h"
#include "app/ctl/ended.h"
#include "app/ctl/who.h"
#include "app/store/admin_clients.h"
#include "lib/secret.h"
#include "lib/text.h"

/* What is an id is nobody's name: a word says which of them it is. */
static bool is_name(struct ctl *ctl, const char *name)
{
	struct arena *arena = ctl->context.arena;

	return *name && strlen(name) <= CLIENT_NAME_MAX &&
	       !strcmp(out_escape(arena, name), name) &&
	       !strcmp(text_trim(arena, name), name) &&
	       !text_is_uuid(text_lower(arena, name));
}

static enum ctl_exit take_options(struct ctl *ctl, struct admin_client *out)
{
	const char *name = ctl->option[CTL_NAME], *scope = ctl->option[CTL_SCOPE];

	if (!name || !scope) {
		out_refuse(ctl, "--name and --scope are needed");
		return CTL_USAGE;
	}
	if (!is_name(ctl, name))
		return out_refuse(ctl,
				  "'%s' is no name of a client: 1 to %d bytes of UTF-8 "
				  "without controls and spaces around, and not an id",
				  name, CLIENT_NAME_MAX);
	if (!client_scopes_parse(ctl->context.arena, scope, &out->scopes, &out->n_scopes))
		return out_refuse(
			ctl,
			"'%s' are no scopes: words of at most %d printable "
			"ASCII characters but '\"' and '\\', with spaces between, "
			"%d in all",
			scope, CLIENT_SCOPE_MAX, CLIENT_SCOPES_MAX);
	out->name = name;
	return CTL_DONE;
}

/* A secret for that client, as it is given away and as it is kept. */
static enum ctl_exit make_secret(struct ctl *ctl, const char *client_id,
				 const char **secret, struct client_secret *kept)
{
	struct context c = ctl->context;
	CLEANUP(keys_free) struct keys *keys = NULL;
	const char *kid;
	char why[256];

	keys = keys_load(c.conf->tokens_key_dir, 1U << KEY_SECRET, why, sizeof why);
	if (!keys)
		return out_refuse(ctl, "%s (latchkeyctl key init makes what is missing)",
				  why);
	c.keys = keys;
	*secret = client_secret_new(c.arena);
	INVARIANT(client_secret_hash(&c, client_id, *secret, &kept->hex, &kid));
	kept->kid = arena_dup(c.arena, kid);
	return CTL_DONE;
}

static const char *scopes_of(struct ctl *ctl, const struct admin_client *client)
{
	return text_join(ctl->context.arena, client->scopes, client->n_scopes, " ");
}

enum ctl_exit ctl_client_create(struct ctl *ctl)
{
	struct admin_client client = {.id = secret_uuid(ctl->context.arena)};
	const char *secret;
	struct client_secret kept;
	enum ctl_exit end = take_options(ctl, &client);

	if (end == CTL_DONE)
		end = make_secret(ctl, client.id, &secret, &kept);
	if (end != CTL_DONE)
		return end;
	switch (admin_clients_create(&ctl->context, &client, &kept)) {
	case RC_OK:
		break;
	case RC_CONFLICT:
		return out_refuse(ctl, "there is a client of this name already");
	case RC_NONE:
	case RC_DOWN:
		return out_down(ctl);
	}
	const struct out_cell cells[] = {OUT_TEXT("client_id", 0, client.id),
					 OUT_TEXT("client_secret", 0, secret),
					 OUT_TEXT("name", 0, client.name),
					 OUT_TEXT("scopes", 0, scopes_of(ctl, &client))};

	out_record(ctl, cells, COUNT(cells));
	return CTL_DONE;
}

enum ctl_exit ctl_client_list(struct ctl *ctl)
{
	struct admin_client *clients = NULL;
	size_t n = 0;

	switch (admin_clients_list(&ctl->context, &clients, &n)) {
	case RC_OK:
	case RC_NONE:
		break;
	case RC_CONFLICT:
	case RC_DOWN:
		return out_down(ctl);
	}
	out_list(ctl, "clients");
	for (size_t i = 0; i < n; i++) {
		const struct admin_client *client = &clients[i];
		const struct out_cell cells[] = {
			OUT_TEXT("id", 36, client->id),
			OUT_TEXT("name", 20, client->name),
			OUT_TEXT("created_at", 24, who_time(ctl, client->created_at)),
			OUT_TEXT("rotated_at", 24, who_time(ctl, client->rotated_at)),
			OUT_TEXT("old_secret_until", 24,
				 who_time(ctl, client->old_until)),
			OUT_TEXT("scopes", 0, scopes_of(ctl, client)),
		};

		out_row(ctl, cells, COUNT(cells));
	}
	if (!n)
		out_say(ctl, "no clients");
	if (n == ADMIN_CLIENTS_MAX)
		out_warn(ctl, "only the first %d are shown", ADMIN_CLIENTS_MAX);
	return CTL_DONE;
}

static enum ctl_exit refuse(struct ctl *ctl, enum rc rc)
{
	return rc == RC_NONE ? out_refuse(ctl, "there is no client '%s'", ctl->words[0])
			     : out_down(ctl);
}

/* The id of the client that the first word gives; whether an id is one's is not asked. */
static enum ctl_exit find(struct ctl *ctl, const char **id)
{
	const char *lower = text_lower(ctl->context.arena, ctl->words[0]);
	enum rc rc;

	if (text_is_uuid(lower)) {
		*id = lower;
		return CTL_DONE;
	}
	rc = admin_clients_find(&ctl->context, ctl->words[0], id);
	return rc == RC_OK ? CTL_DONE : refuse(ctl, rc);
}

enum ctl_exit ctl_client_rotate(struct ctl *ctl)
{
	const struct conf *conf = ctl->context.conf;
	struct admin_rotation rotation = {
		.keep_h = ctl->option[CTL_NOW] ? 0 : conf->clients_rotation_h,
		.ends_tokens = conf->clients_rotation_ends_tokens,
	};
	const char *secret;
	int64_t old_until = 0;
	enum ctl_exit end = find(ctl, &rotation.id);
	enum rc rc;

	if (end == CTL_DONE)
		end = make_secret(ctl, rotation.id, &secret, &rotation.secret);
	if (end != CTL_DONE)
		return end;
	rc = admin_clients_rotate(&ctl->context, &rotation, &old_until);
	if (rc != RC_OK)
		return refuse(ctl, rc);
	if (rotation.ends_tokens)
		ended_tell(ctl, rotation.id);
	const struct out_cell cells[] = {
		OUT_TEXT("client_id", 0, rotation.id),
		OUT_TEXT("client_secret", 0, secret),
		OUT_TEXT("old_secret_until", 0, who_time(ctl, old_until))};

	out_record(ctl, cells, COUNT(cells));
	return CTL_DONE;
}

enum ctl_exit ctl_client_delete(struct ctl *ctl)
{
	const char *id;
	enum ctl_exit end = find(ctl, &id);
	enum rc rc;

	if (end != CTL_DONE)
		return end;
	rc = admin_clients_delete(&ctl->context, id);
	if (rc != RC_OK)
		return refuse(ctl, rc);
	ended_tell(ctl, id);
	const struct out_cell cells[] = {OUT_TEXT("deleted", 0, id)};

	out_record(ctl, cells, COUNT(cells));
	return CTL_DONE;
}
