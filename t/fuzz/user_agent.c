/* What a request says of its client and itself: app/request.c, app/flow/device.c, and
 * what a letter shows of it, app/template.c, lib/mime.c. The input is values of
 * parameters, a line each, in the order of NAMES. */
#include <arpa/inet.h>

#include "app/flow/device.h"
#include "app/request.h"
#include "app/template.h"
#include "lib/mime.h"
#include "t/fuzz/fuzz.h"

static const char *const NAMES[] = {
	"HTTP_USER_AGENT", "HTTP_SEC_CH_UA_MOBILE", "REMOTE_ADDR",  "HTTP_X_REQUEST_ID",
	"LATCHKEY_SENT",   "CONTENT_LENGTH",	    "DOCUMENT_URI", "REQUEST_URI",
};

/* In the place of lib/fcgi.c */
struct fcgi {
	const char *values[COUNT(NAMES)];
};

const char *fcgi_param(struct fcgi *fcgi, const char *name)
{
	for (size_t i = 0; i < COUNT(NAMES); i++)
		if (strcmp(name, NAMES[i]) == 0)
			return fcgi->values[i];
	return strcmp(name, "LATCHKEY_BASE") == 0 ? "/api/v1" : NULL;
}

bool fcgi_read(struct fcgi *fcgi UNUSED, char *out UNUSED, size_t n UNUSED)
{
	return false;
}

static void look_at_client(const struct client *client)
{
	static const char *const TYPES[] = {"pc", "mobile", "tablet"};
	uint8_t address[sizeof(struct in6_addr)];
	const char *agent = client->user_agent, *type = device_type(client);
	bool four = inet_pton(AF_INET, client->address, address) == 1;
	size_t known = 0;

	INVARIANT(strlen(agent) <= 512 && text_is_utf8(agent, strlen(agent)));
	INVARIANT(!text_has_control(agent));
	for (size_t i = 0; i < COUNT(TYPES); i++)
		known += strcmp(type, TYPES[i]) == 0;
	INVARIANT(known == 1);
	INVARIANT(four || inet_pton(AF_INET6, client->address, address) == 1);
	INVARIANT(four ? strcmp(client->prefix, client->address) == 0
		       : strcmp(strchr(client->prefix, '/'), "/64") == 0);
}

/* A path is what came, character by character. */
static void look_at_path(const char *path, const char *decoded, const char *raw)
{
	size_t n = strlen(decoded);

	INVARIANT(*path && text_starts(raw, decoded) && strchr("?", raw[n]));
	n -= n > 1 && decoded[n - 1] == '/';
	INVARIANT(strlen(path) <= n &&
		  !strncmp(decoded + n - strlen(path), path, strlen(path)));
}

static void look_at_request(const struct request *req)
{
	INVARIANT(req->content_length >= -1 && req->sent_ms >= 0);
	INVARIANT(strlen(req->ctx->request_id) <= 64 && *req->ctx->request_id);
	for (const char *at = req->ctx->request_id; *at; at++)
		INVARIANT(*at > ' ' && *at <= '~' && !strchr("\"\\<>&", *at));
}

/* Lines of at most 76 bytes (RFC 2045 §6.7), printable alone */
static void look_at_body(const char *body)
{
	while (*body) {
		size_t n = strcspn(body, "\r");

		INVARIANT(n <= 76 && (!body[n] || body[n + 1] == '\n'));
		for (size_t i = 0; i < n; i++)
			INVARIANT(body[i] >= ' ' && body[i] <= '~');
		body += n + (body[n] ? 2 : 0);
	}
}

/* No line break but what folds a header, no control, nothing that is not ASCII */
static void look_at_header(const char *header)
{
	for (; *header; header++) {
		if (header[0] == '\r' && header[1] == '\n' && header[2] == ' ')
			header += 2;
		INVARIANT(*header >= ' ' && *header <= '~');
	}
}

static void show(struct arena *arena, const char *text)
{
	const char *tame = template_tame(arena, VALUE_USER_AGENT, text);
	size_t size = 8 * strlen(tame) + 256;
	struct buf out;

	INVARIANT(strlen(tame) <= 100 && text_is_utf8(tame, strlen(tame)));
	INVARIANT(!text_has_control(tame));
	INVARIANT(strcmp(template_tame(arena, VALUE_USER_AGENT, tame), tame) == 0);
	buf_init(&out, arena_alloc(arena, size), size);
	mime_put_body(&out, tame);
	look_at_body(out.at);
	buf_init(&out, out.at, size);
	mime_put_text(arena, &out, tame);
	look_at_header(out.at);
	buf_init(&out, out.at, size);
	mime_put_phrase(arena, &out, tame);
	look_at_header(out.at);
	INVARIANT(!out.cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct context context = {.arena = fuzz_arena()};
	char *text = fuzz_text(context.arena, bytes, n);
	struct fcgi io = {{NULL}};
	struct request req;

	for (size_t i = 0; i < COUNT(NAMES); i++)
		io.values[i] = fuzz_line(&text);
	request_read(&req, &context, &io);
	look_at_client(&context.client);
	look_at_request(&req);
	if (req.path)
		look_at_path(req.path, io.values[6], io.values[7]);
	show(context.arena, io.values[0]);
	show(context.arena, context.client.user_agent);
	return 0;
}
