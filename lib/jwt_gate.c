#include "lib/jwt_gate.h"

#include "lib/json.h"
#include "lib/text.h"

static bool decode(struct arena *arena, const char *from, const char *to,
		   struct jwt_bytes *out)
{
	uint8_t *bytes;
	size_t n;

	if (!base64url_decode(arena, from, (size_t)(to - from), &bytes, &n) || n == 0)
		return false;
	*out = (struct jwt_bytes){bytes, n};
	return true;
}

bool jwt_split(struct arena *arena, const char *token, size_t len_max,
	       struct jwt_parts *out)
{
	size_t len = strnlen(token, len_max + 1);
	const char *end = token + len, *first, *second;
	struct jwt_parts parts;

	if (len > len_max)
		return false;
	first = strchr(token, '.');
	second = first ? strchr(first + 1, '.') : NULL;
	if (!second || strchr(second + 1, '.'))
		return false;
	if (!decode(arena, token, first, &parts.header) ||
	    !decode(arena, first + 1, second, &parts.payload) ||
	    !decode(arena, second + 1, end, &parts.signature))
		return false;
	parts.signed_len = (size_t)(second - token);
	*out = parts;
	return true;
}

bool jwt_read_header(struct arena *arena, const struct jwt_bytes *bytes,
		     struct jwt_header *out)
{
	const struct json *json;
	struct jwt_header header;

	if (bytes->n > JWT_HEADER_LEN_MAX)
		return false;
	json = json_parse(arena, (const char *)bytes->at, bytes->n);
	if (!json || json_count(json) != 3)
		return false;
	header.alg = json_text(json, "alg");
	header.kid = json_text(json, "kid");
	header.typ = json_text(json, "typ");
	if (!header.alg || !header.kid || !header.typ)
		return false;
	*out = header;
	return true;
}
