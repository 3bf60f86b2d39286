#include "lib/url.h"

#include "lib/text.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"

/* §2, without '#' */
static const char URL_BYTES[] = UPPER LOWER DIGIT "-._~%:/?[]@!$&'()*+,;=";

const char *url_after_scheme(const char *url)
{
	static const char *const schemes[] = {"https://", "http://"};

	for (size_t i = 0; i < COUNT(schemes); i++)
		if (text_starts(url, schemes[i]))
			return url + strlen(schemes[i]);
	return NULL;
}

/* NULL: there is none. */
static const char *port_end(const char *text)
{
	size_t n = strspn(text, DIGIT);
	long port = n > 0 && n <= 5 && *text != '0' ? strtol(text, NULL, 10) : 0;

	return port > 0 && port <= UINT16_MAX ? text + n : NULL;
}

/* Where HOST[:PORT] ends; NULL: it is none. */
static const char *authority_end(const char *text, const char *name_bytes,
				 const char *hex_bytes)
{
	bool bracket = *text == '[';
	size_t n = strspn(text + bracket, bracket ? hex_bytes : name_bytes);
	const char *end = text + bracket + n;

	if (!n || (bracket && *end++ != ']'))
		return NULL;
	return *end == ':' ? port_end(end + 1) : end;
}

bool url_is_authority(const char *text)
{
	const char *end = authority_end(text, LOWER DIGIT ".-", DIGIT "abcdef:.");

	return end && !*end;
}

bool url_is_sound(const char *url)
{
	const char *host = url_after_scheme(url), *end;

	if (!host || !text_only(url, URL_BYTES))
		return false;
	end = authority_end(host, UPPER LOWER DIGIT ".-", DIGIT "abcdefABCDEF:.");
	return end && strchr("/?", *end);
}

/* What RFC 3986 §2.3 and HTML's form encoding both leave as it is */
static bool is_plain(char c)
{
	return c && strchr(UPPER LOWER DIGIT "-._", c);
}

char *url_encode(struct arena *arena, const char *text)
{
	size_t size = 3 * strlen(text) + 1;
	struct buf out;

	buf_init(&out, arena_alloc(arena, size), size);
	for (; *text; text++)
		if (is_plain(*text))
			buf_put(&out, text, 1);
		else
			buf_printf(&out, "%%%02X", (unsigned char)*text);
	return out.at;
}

char *url_form(struct arena *arena, const struct url_pair *pairs, size_t n)
{
	char *form = arena_dup(arena, "");

	for (size_t i = 0; i < n; i++)
		if (pairs[i].value)
			form = arena_printf(arena, "%s%s%s=%s", form, *form ? "&" : "",
					    url_encode(arena, pairs[i].name),
					    url_encode(arena, pairs[i].value));
	return form;
}

char *url_with(struct arena *arena, const char *url, const struct url_pair *pairs,
	       size_t n)
{
	const char *query = strchr(url, '?');
	const char *join = !query ? "?" : query[1] ? "&" : "";

	return arena_printf(arena, "%s%s%s", url, join, url_form(arena, pairs, n));
}
