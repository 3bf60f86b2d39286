#include "app/provider/visit.h"

#include "app/provider/gate.h"
#include "app/setting.h"
#include "app/store/issuers.h"
#include "lib/clock.h"
#include "lib/jwt_outside.h"
#include "lib/log.h"

enum {
	CALLS = 2,
	CHECKS = PROVIDER_KEYS_MS / PROVIDER_KEYS_POLL_MS + 3, /* of one ID token */
	BYTES_A_BYTE = 52, /* json.h and jwt_outside.h, and the bytes themselves */
	ARENA_BYTES =
		CALLS * FETCH_BODY_MAX * BYTES_A_BYTE +
		CHECKS * (JWT_OUTSIDE_LEN_MAX * BYTES_A_BYTE + ISSUERS_DOCUMENTS_MAX) +
		(1 << 20),
};

_Static_assert((int)GATE_ROWS >= (int)SETTING_SAME_MAX, "each provider has a row");

static size_t number_of(const struct visit *visit)
{
	return (size_t)(visit->provider - visit->c->conf->providers);
}

enum provider_verdict visit_begin(struct visit *visit, struct context *c,
				  const struct provider_conf *provider)
{
	struct visit fresh = {.c = c,
			      .provider = provider,
			      .deadline_ms = clock_mono_ms() + PROVIDER_TOTAL_MS};

	switch (gate_enter(c->gate, number_of(&fresh))) {
	case GATE_IN:
		break;
	case GATE_FULL:
		log_warn("provider_busy", "provider", provider->name);
		return PROVIDER_BUSY;
	case GATE_SHUT:
		return visit_refuse(&fresh, NULL, "it failed too often just now");
	}
	fresh.arena = arena_new(ARENA_BYTES);
	*visit = fresh;
	return PROVIDER_GOOD;
}

void visit_end(struct visit *visit)
{
	int64_t ms;

	if (!visit->arena)
		return;
	arena_free(&visit->arena);
	ms = gate_leave(visit->c->gate, number_of(visit), !visit->silent);
	if (ms)
		log_warn("provider_left_alone", "provider", visit->provider->name, "ms",
			 log_number(ms));
}

static enum provider_verdict refuse_status(const struct visit *visit, const char *what,
					   int status, const char *error)
{
	log_warn("provider_failed", "provider", visit->provider->name, "at", what, "why",
		 "the status is not 200", "status", log_number(status), "error", error);
	return PROVIDER_DOWN;
}

enum provider_verdict visit_refuse(const struct visit *visit, const char *what,
				   const char *why)
{
	log_warn("provider_failed", "provider", visit->provider->name, "at", what, "why",
		 why);
	return PROVIDER_DOWN;
}

/* RFC 6749 §5.2. Another word might be anything, a code among it: NULL. */
static const char *known_error(const struct json *answer)
{
	static const char *const errors[] = {
		"invalid_request",     "invalid_client",	 "invalid_grant",
		"unauthorized_client", "unsupported_grant_type", "invalid_scope",
	};
	const char *error = answer ? json_text(answer, "error") : NULL;

	for (size_t i = 0; error && i < COUNT(errors); i++)
		if (strcmp(error, errors[i]) == 0)
			return errors[i];
	return NULL;
}

enum provider_verdict visit_ask(struct visit *visit,
				const struct visit_question *question,
				const struct json **answer)
{
	const struct fetch_request request = {
		.url = question->url,
		.form = question->form,
		.authorization = question->authorization,
		.allow_http = visit->provider->allow_http,
		.allow_private = visit->provider->allow_private,
		.deadline_ms = visit->deadline_ms,
	};
	struct fetch_answer got;
	const struct json *json;
	const char *why;

	if (!fetch_run(visit->c->fetch, visit->arena, &request, &got, &why)) {
		visit->silent = true;
		return visit_refuse(visit, question->what, why);
	}
	json = json_parse(visit->arena, got.body, got.n);
	if (got.status != 200)
		return refuse_status(visit, question->what, got.status,
				     known_error(json));
	if (!json)
		return visit_refuse(visit, question->what, "not a JSON object");
	*answer = json;
	return PROVIDER_GOOD;
}
