#include "app/ctl/import_row.h"

#include "app/ctl/when.h"
#include "app/password.h"
#include "app/role_name.h"
#include "app/username.h"
#include "lib/foreign.h"
#include "lib/text.h"

enum { DAY_MS = 86400000 };

static const char NIL[] = "00000000-0000-0000-0000-000000000000";

const struct table_column import_columns[IMPORT_COLUMNS] = {
	[IMPORT_ID] = {"id", TABLE_TEXT},
	[IMPORT_EMAIL] = {"email", TABLE_TEXT},
	[IMPORT_EMAIL_VERIFIED] = {"email_verified", TABLE_FLAG},
	[IMPORT_USERNAME] = {"username", TABLE_TEXT},
	[IMPORT_ACTIVE] = {"active", TABLE_FLAG},
	[IMPORT_CREATED_AT] = {"created_at", TABLE_TEXT},
	[IMPORT_ROLES] = {"roles", TABLE_LIST},
	[IMPORT_PASSWORD_HASH] = {"password_hash", TABLE_TEXT},
};

static bool flag(const char *text, bool absent)
{
	return text ? !strcmp(text, "true") : absent;
}

static const char *read_id(struct arena *arena, const char *text,
			   struct admin_import_row *out)
{
	out->id = text ? text_lower(arena, text) : NULL;
	if (text && (!text_is_uuid(out->id) || !strcmp(out->id, NIL)))
		return "id: is no UUID";
	return NULL;
}

static const char *read_email(struct arena *arena, const char *text,
			      struct admin_import_row *out)
{
	if (!text)
		return "email: is missing";
	return email_parse(arena, text, &out->email) ? NULL : "email: is no such address";
}

static const char *read_username(const char *text, struct admin_import_row *out)
{
	out->username = text;
	if (text && !username_valid(text))
		return "username: must be 3 to 32 letters, digits, '.', '_', '-', "
		       "beginning with a letter or digit";
	return NULL;
}

static const char *read_created_at(struct arena *arena, const char *text, int64_t now_ms,
				   struct admin_import_row *out)
{
	out->created_at = 0;
	if (text && !when_parse(arena, text, &out->created_at))
		return "created_at: is no time such as 2026-11-20T08:11:03Z";
	if (out->created_at > now_ms + DAY_MS)
		return "created_at: is yet to come";
	return NULL;
}

static const char *read_roles(struct arena *arena, const struct table_value *value,
			      struct admin_import_row *out)
{
	const char **keys = arena_alloc(arena, (value->n_words + 1) * sizeof *keys);

	for (size_t i = 0; i < value->n_words; i++) {
		if (!role_name_valid(value->words[i]))
			return arena_printf(arena, "roles: '%.80s' is no name of a role",
					    value->words[i]);
		keys[i] = role_name_key(arena, value->words[i]);
	}
	out->roles = keys;
	out->n_roles = value->n_words;
	return NULL;
}

/* Django writes "argon2" before what is then a hash as ours, and "!" and something random
 * where there is no password. */
static const char *read_hash(const struct conf *conf, const char *text,
			     struct admin_import_row *out)
{
	const struct pwhash_cost cost = password_cost(conf);

	out->hash = NULL;
	if (!text || *text == '!')
		return NULL;
	if (text_starts(text, "argon2$argon2id$"))
		text += strlen("argon2");
	if (!foreign_known(text) && !pwhash_usable(&cost, text))
		return "password_hash: is of no known form, or its cost is out of bounds";
	out->hash = text;
	return NULL;
}

const char *import_row_read(struct arena *arena, const struct conf *conf, int64_t now_ms,
			    const struct table_value values[IMPORT_COLUMNS],
			    struct admin_import_row *out)
{
	const char *why = read_email(arena, values[IMPORT_EMAIL].text, out);

	if (!why)
		why = read_id(arena, values[IMPORT_ID].text, out);
	if (!why)
		why = read_username(values[IMPORT_USERNAME].text, out);
	if (!why)
		why = read_created_at(arena, values[IMPORT_CREATED_AT].text, now_ms, out);
	if (!why)
		why = read_roles(arena, &values[IMPORT_ROLES], out);
	if (!why)
		why = read_hash(conf, values[IMPORT_PASSWORD_HASH].text, out);
	out->email_verified = flag(values[IMPORT_EMAIL_VERIFIED].text, false);
	out->active = flag(values[IMPORT_ACTIVE].text, true);
	return why;
}
