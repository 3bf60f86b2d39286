#include "app/flow/health.h"

#include "app/api/api.h"

enum err api_health_live(struct request *req, struct response *res)
{
	struct json *body = json_object(req->ctx->arena);

	json_add_text(req->ctx->arena, body, "status", "ok");
	response_header(res, "Cache-Control", "no-store");
	response_json(req, res, 200, body);
	return ERR_NONE;
}

static const char *what_is_down(const struct health *health)
{
	if (!health->postgres && !health->redis)
		return "PostgreSQL and Redis do not answer.";
	return health->postgres ? "Redis does not answer."
				: "PostgreSQL does not answer.";
}

enum err api_health_ready(struct request *req, struct response *res)
{
	struct arena *a = req->ctx->arena;
	struct health health;
	struct json *body;

	health_look(req->ctx, &health);
	if (!health.postgres || !health.redis) {
		req->detail = what_is_down(&health);
		return ERR_STORE_UNAVAILABLE;
	}
	body = json_object(a);
	json_add_text(a, body, "status", "ok");
	if (!health.partitions)
		json_add_text(
			a, body, "warning",
			"Next month's partitions are missing: run latchkeyctl maintain.");
	response_header(res, "Cache-Control", "no-store");
	response_json(req, res, 200, body);
	return ERR_NONE;
}
