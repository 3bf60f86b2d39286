#include "app/api/credentials.h"

#include <strings.h>

#include "lib/text.h"

/* RFC 6750 §2.1, b64token */
#define TOKEN_CHARACTERS                                                                 \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~+/="

/* What follows `scheme` and its spaces, in any case (RFC 9110 §11.1); NULL: another one.
 */
static const char *after_scheme(const struct request *req, const char *scheme)
{
	const char *header = req->authorization;
	size_t n = strlen(scheme);

	if (!header || strncasecmp(header, scheme, n) != 0 || header[n] != ' ')
		return NULL;
	return header + n + strspn(header + n, " ");
}

enum err credentials_bearer(const struct request *req, const char **token)
{
	const char *sent = after_scheme(req, "Bearer");

	if (!sent)
		return ERR_TOKEN_MISSING;
	if (!text_only(sent, TOKEN_CHARACTERS))
		return ERR_TOKEN_REFUSED;
	*token = sent;
	return ERR_NONE;
}

bool credentials_basic(const struct request *req, const char **user,
		       const char **password)
{
	struct arena *arena = req->ctx->arena;
	const char *encoded = after_scheme(req, "Basic");
	const char *pair, *colon;
	uint8_t *bytes;
	size_t n;

	if (!encoded || strlen(req->authorization) > BASIC_MAX ||
	    !base64_decode(arena, encoded, strlen(encoded), &bytes, &n))
		return false;
	pair = (const char *)bytes;
	colon = strchr(pair, ':');
	if (strlen(pair) != n || !text_is_utf8(pair, n) || text_has_control(pair) ||
	    !colon)
		return false;
	*user = arena_dupn(arena, pair, (size_t)(colon - pair));
	*password = colon + 1;
	return true;
}

static bool form_decoded(const struct request *req, const char **text)
{
	char *out;

	if (!text_form_decode(req->ctx->arena, *text, strlen(*text), &out))
		return false;
	*text = out;
	return true;
}

/* A client_id beside Basic only names the client once more (§3.2.1). */
static enum err client_by_basic(const struct request *req, const char **id,
				const char **secret)
{
	const char *name, *password, *again = json_text(req->body, "client_id");

	if (json_type(req->body, "client_secret") != JSON_ABSENT)
		return ERR_INVALID_REQUEST;
	if (!credentials_basic(req, &name, &password) || !form_decoded(req, &name) ||
	    !form_decoded(req, &password))
		return ERR_INVALID_CLIENT;
	if (again && strcmp(again, name) != 0)
		return ERR_INVALID_REQUEST;
	*id = name;
	*secret = password;
	return ERR_NONE;
}

enum err credentials_client(const struct request *req, const char **id,
			    const char **secret)
{
	const char *name = json_text(req->body, "client_id");
	const char *password = json_text(req->body, "client_secret");

	if (req->authorization)
		return client_by_basic(req, id, secret);
	if (!name || !password)
		return ERR_INVALID_CLIENT;
	*id = name;
	*secret = password;
	return ERR_NONE;
}
