#include "app/api/api.h"
#include "lib/text.h"

enum err api_jwks(struct request *req, struct response *res)
{
	struct context *c = req->ctx;

	response_header(res, "Cache-Control",
			arena_printf(c->arena, "public, max-age=%s",
				     text_integer(c->arena, c->conf->tokens_key_lead_s)));
	res->status = 200;
	res->content_type = "application/jwk-set+json";
	res->body = keys_jwks(c->keys, c->arena, c->now_ms);
	res->body_len = strlen(res->body);
	return ERR_NONE;
}
