#include "app/flow/browser.h"

#include "app/keyed_hash.h"
#include "app/store/cookies.h"
#include "lib/secret.h"
#include "lib/text.h"

#define PURPOSE "cookie"

enum { ID_BYTES = 16, SECRET_BYTES = 32, VALUE_BYTES = ID_BYTES + SECRET_BYTES };

/* The 16 bytes of a UUID's text */
static void id_bytes(struct arena *arena, const char *id, uint8_t out[ID_BYTES])
{
	char *hex = arena_alloc(arena, strlen(id) + 1), *end = hex;
	uint8_t *bytes = NULL;
	size_t n = 0;

	for (; *id; id++)
		if (*id != '-')
			*end++ = *id;
	INVARIANT(text_unhex(arena, hex, &bytes, &n) && n == ID_BYTES);
	memcpy(out, bytes, ID_BYTES);
}

static char *id_text(struct arena *arena, const uint8_t bytes[ID_BYTES])
{
	const char *hex = text_hex(arena, bytes, ID_BYTES);

	return arena_printf(arena, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
			    hex + 16, hex + 20);
}

enum err browser_begin(struct context *c, struct session_cookie *kept,
		       struct browser_cookie *out)
{
	uint8_t value[VALUE_BYTES];
	const char *secret;

	kept->session_id = secret_uuid(c->arena);
	id_bytes(c->arena, kept->session_id, value);
	secret_random(value + ID_BYTES, SECRET_BYTES);
	secret = text_hex(c->arena, value + ID_BYTES, SECRET_BYTES);
	out->value = base64url_encode(c->arena, value, sizeof value);
	secret_wipe(value, sizeof value);
	return keyed_hash(c, NULL, PURPOSE, kept->session_id, secret, &kept->hex,
			  &kept->kid)
		       ? ERR_NONE
		       : ERR_INTERNAL_ERROR;
}

void browser_opened(struct context *c, const struct session *session,
		    struct browser_cookie *out)
{
	out->max_age_s = (session->expires_at - c->now_ms) / 1000;
}

enum err browser_authenticate(struct context *c, const char *value, struct caller *out)
{
	struct cookie_session found;
	const char *id, *secret;
	uint8_t *bytes;
	size_t n;

	if (!base64url_decode(c->arena, value, strlen(value), &bytes, &n) ||
	    n != VALUE_BYTES)
		return ERR_TOKEN_REFUSED;
	id = id_text(c->arena, bytes);
	secret = text_hex(c->arena, bytes + ID_BYTES, SECRET_BYTES);
	switch (cookies_user(c, id, &found)) {
	case RC_OK:
		break;
	case RC_NONE:
	case RC_CONFLICT:
		return ERR_TOKEN_REFUSED;
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	if (!keyed_hash_fits(c, found.kid, PURPOSE, id, secret, found.hex))
		return ERR_TOKEN_REFUSED;
	if (found.dusty)
		cookies_used(c, id);
	*out = (struct caller){found.user, id, found.login_at};
	return ERR_NONE;
}
