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
