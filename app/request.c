#include "app/request.h"

#include <arpa/inet.h>

#include "lib/clock.h"
#include "lib/secret.h"
#include "lib/text.h"

#define ID_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

enum { REQUEST_ID_MAX = 64, USER_AGENT_MAX = 512, IPV6_PREFIX_BYTES = 8 };

/* Copied: the parameters end with the answer, what is logged of them comes after it. */
static const char *param(struct context *c, struct fcgi *io, const char *name,
			 const char *otherwise)
{
	const char *value = fcgi_param(io, name);

	return value ? arena_dup(c->arena, value) : otherwise;
}

static const char *request_id(struct context *c, struct fcgi *io)
{
	const char *own = param(c, io, "HTTP_X_REQUEST_ID", "");
	const char *ours = param(c, io, "REQUEST_ID", "");

	if (strlen(own) <= REQUEST_ID_MAX && text_only(own, ID_CHARACTERS))
		return own;
	if (strlen(ours) <= REQUEST_ID_MAX && text_only(ours, ID_CHARACTERS))
		return ours;
	return secret_random_hex(c->arena, 16);
}

/* IPv4 as it is (also when it comes as ::ffff:a.b.c.d), IPv6 by /64. */
static void client_address(struct context *c, const char *typed, struct client *out)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr six;
	struct in_addr four;

	if (text_starts(typed, "::ffff:"))
		typed += strlen("::ffff:");
	if (inet_pton(AF_INET, typed, &four) == 1) {
		out->address = out->prefix = typed;
		return;
	}
	if (inet_pton(AF_INET6, typed, &six) != 1)
		six = (struct in6_addr)IN6ADDR_ANY_INIT;
	out->address = arena_dup(c->arena, inet_ntop(AF_INET6, &six, text, sizeof text));
	memset(six.s6_addr + IPV6_PREFIX_BYTES, 0, IPV6_PREFIX_BYTES);
	inet_ntop(AF_INET6, &six, text, sizeof text);
	out->prefix = arena_printf(c->arena, "%s/64", text);
}

/* At most USER_AGENT_MAX bytes of valid UTF-8 without controls; else it is not kept. */
static const char *user_agent(struct context *c, const char *sent)
{
	size_t n = strnlen(sent, USER_AGENT_MAX);

	while (n > 0 && ((unsigned char)sent[n] & 0xc0) == 0x80)
		n--;
	if (!text_is_utf8(sent, n))
		return "";
	sent = arena_dupn(c->arena, sent, n);
	return text_has_control(sent) ? "" : sent;
}

static const char *without_slash(struct context *c, const char *path)
{
	size_t n = strlen(path);

	return n > 1 && path[n - 1] == '/' ? arena_dupn(c->arena, path, n - 1) : path;
}

/* nginx decodes and merges a path before it chooses a location: where that changed
 * anything, two readers would see two paths, so there is none. */
static const char *path_of(struct context *c, struct fcgi *io)
{
	const char *decoded = param(c, io, "DOCUMENT_URI", "");
	const char *raw = param(c, io, "REQUEST_URI", "");
	const char *base = param(c, io, "LATCHKEY_BASE", "");
	size_t n = strcspn(raw, "?");

	if (n != strlen(decoded) || strncmp(raw, decoded, n) != 0)
		return NULL;
	if (strcmp(decoded, "/metrics") == 0)
		return "metrics"; /* no path below the base is like it */
	if (text_starts(decoded, "/.well-known/"))
		return without_slash(c, decoded);
	if (!text_starts(decoded, base) || decoded[strlen(base)] != '/')
		return NULL;
	return without_slash(c, decoded + strlen(base));
}

/* The path of the subrequest that protects an application has behind its location's own
 * what is required (latchkey-auth.conf). With another beginning it is nothing that
 * anybody could meet. */
static const char *query_of(struct context *c, struct fcgi *io)
{
	static const char location[] = "/_latchkey/";
	const char *required = param(c, io, "LATCHKEY_REQUIRED", NULL);

	if (!required)
		return param(c, io, "QUERY_STRING", "");
	return required + (text_starts(required, location) ? strlen(location) : 0);
}

/* nginx's $msec: seconds, a dot, milliseconds. */
static int64_t sent_ms(struct context *c, const char *msec)
{
	const char *dot = strchr(msec, '.');
	int64_t seconds, rest;

	if (!dot ||
	    !text_number(arena_dupn(c->arena, msec, (size_t)(dot - msec)), 0,
			 INT32_MAX * (int64_t)4, &seconds) ||
	    !text_number(dot + 1, 0, 999, &rest))
		return 0;
	return seconds * 1000 + rest;
}

void request_read(struct request *req, struct context *c, struct fcgi *io)
{
	const char *length = param(c, io, "CONTENT_LENGTH", "");
	const char *method = param(c, io, "REQUEST_METHOD", "");

	*req = (struct request){
		.ctx = c,
		.method = method,
		.visitor_method = param(c, io, "LATCHKEY_METHOD", method),
		.query = query_of(c, io),
		.authorization = param(c, io, "HTTP_AUTHORIZATION", NULL),
		.content_type = param(c, io, "CONTENT_TYPE", ""),
		.origin = param(c, io, "HTTP_ORIGIN", NULL),
		.cookie = param(c, io, "HTTP_COOKIE", ""),
		.sent_ms = sent_ms(c, param(c, io, "LATCHKEY_SENT", "")),
		.path = path_of(c, io),
	};
	if (*length && !text_number(length, 0, INT64_MAX, &req->content_length))
		req->content_length = -1;
	c->request_id = request_id(c, io);
	c->now_ms = clock_real_ms();
	c->retry_after_s = 0;
	c->actor = "user";
	client_address(c, param(c, io, "REMOTE_ADDR", ""), &c->client);
	c->client.user_agent = user_agent(c, param(c, io, "HTTP_USER_AGENT", ""));
	c->client.mobile = param(c, io, "HTTP_SEC_CH_UA_MOBILE", "");
}

enum err request_read_body(struct request *req, struct fcgi *io)
{
	char *body;

	if (req->content_length < 0)
		return ERR_INVALID_BODY;
	if (req->content_length > BODY_MAX)
		return ERR_CONTENT_TOO_LARGE;
	body = arena_alloc(req->ctx->arena, (size_t)req->content_length + 1);
	if (!fcgi_read(io, body, (size_t)req->content_length))
		return ERR_INVALID_BODY;
	req->raw_body = body;
	return ERR_NONE;
}

static bool already(const struct parameters *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->at[i].name, name) == 0)
			return true;
	return false;
}

static bool is_among(const char *name, const char *words)
{
	size_t n = strlen(name);

	for (const char *at = words ? words : ""; *(at += strspn(at, " "));
	     at += strcspn(at, " "))
		if (strcspn(at, " ") == n && strncmp(at, name, n) == 0)
			return true;
	return false;
}

static bool add_pair(struct arena *arena, const char *pair, size_t len,
		     const char *repeatable, struct parameters *list)
{
	const char *equals = memchr(pair, '=', len);
	size_t name_len = equals ? (size_t)(equals - pair) : len;
	const char *value_at = equals ? equals + 1 : pair + len;
	char *name, *value;

	if (list->n == PARAMETERS_MAX ||
	    !text_form_decode(arena, pair, name_len, &name) ||
	    !text_form_decode(arena, value_at, (size_t)(pair + len - value_at), &value))
		return false;
	if (already(list, name) && !is_among(name, repeatable))
		return false;
	list->at[list->n++] = (struct parameter){name, value};
	return true;
}

static bool pairs_decode(struct arena *arena, const char *text, size_t len,
			 const char *repeatable, struct parameters *out)
{
	const char *end = text + len;

	while (text < end) {
		const char *ampersand = memchr(text, '&', (size_t)(end - text));
		size_t n = (size_t)((ampersand ? ampersand : end) - text);

		if (n > 0 && !add_pair(arena, text, n, repeatable, out))
			return false;
		text += n + 1;
	}
	return true;
}

static enum err decode_form(struct request *req)
{
	struct arena *arena = req->ctx->arena;
	struct parameters form = {0};
	struct json *body = json_object(arena);

	if (!pairs_decode(arena, req->raw_body, (size_t)req->content_length, NULL, &form))
		return ERR_INVALID_FORM;
	for (size_t i = 0; i < form.n; i++)
		json_add_text(arena, body, form.at[i].name, form.at[i].value);
	req->body = body;
	req->form = true;
	return ERR_NONE;
}

static enum err decode_json(struct request *req)
{
	req->body =
		json_parse(req->ctx->arena, req->raw_body, (size_t)req->content_length);
	return req->body ? ERR_NONE : ERR_INVALID_JSON;
}

static const struct {
	const char *type;
	enum err (*decode)(struct request *);
} decoders[] = {
	{"application/json", decode_json},
	{"application/x-www-form-urlencoded", decode_form},
};

/* RFC 9110 §8.3.1: parameters behind a semicolon; the only one taken is charset=utf-8. */
static bool is_type(struct request *req, const char *type)
{
	const char *sent = text_lower(req->ctx->arena, req->content_type);
	const char *rest = sent + strlen(type);

	if (!text_starts(sent, type))
		return false;
	rest += strspn(rest, " \t");
	if (*rest == '\0')
		return true;
	if (*rest++ != ';')
		return false;
	rest += strspn(rest, " \t");
	return *rest == '\0' || strcmp(rest, "charset=utf-8") == 0 ||
	       strcmp(rest, "charset=\"utf-8\"") == 0;
}

enum err request_decode(struct request *req, const char *repeatable)
{
	struct arena *arena = req->ctx->arena;

	if (!pairs_decode(arena, req->query, strlen(req->query), repeatable,
			  &req->parameters))
		return ERR_INVALID_QUERY;
	if (req->content_length == 0) {
		req->body = json_object(arena);
		return ERR_NONE;
	}
	for (size_t i = 0; i < COUNT(decoders); i++)
		if (is_type(req, decoders[i].type))
			return decoders[i].decode(req);
	return ERR_UNSUPPORTED_MEDIA_TYPE;
}

const char *request_parameter(const struct request *req, const char *name)
{
	for (size_t i = 0; i < req->parameters.n; i++)
		if (strcmp(req->parameters.at[i].name, name) == 0)
			return req->parameters.at[i].value;
	return NULL;
}
