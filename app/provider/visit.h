/* One visit at a provider, by a worker of `latchkeyd outside`: its place at the gate, its
 * time, and memory for what is said, wiped at the end. */
#ifndef APP_PROVIDER_VISIT_H
#define APP_PROVIDER_VISIT_H

#include "app/provider/provider.h"
#include "lib/fetch.h"
#include "lib/json.h"

struct visit {
	struct context *c;
	const struct provider_conf *provider;
	struct arena *arena; /* of the visit */
	int64_t deadline_ms; /* monotonic */
	bool silent; /* a call had no answer */
};

/* PROVIDER_GOOD: `visit` is to be ended, which fits CLEANUP(); it may be ended at any
 * time once it is zeroed. */
enum provider_verdict visit_begin(struct visit *visit, struct context *c,
				  const struct provider_conf *provider) MUST_USE;
void visit_end(struct visit *visit);

/* Logs what of the provider is wrong, once: `what` was asked or looked at; NULL: nothing.
 * PROVIDER_DOWN, so that a function can return it. */
enum provider_verdict visit_refuse(const struct visit *visit, const char *what,
				   const char *why);

struct visit_question {
	const char *what; /* for the log */
	const char *url;
	const char *form, *authorization; /* of struct fetch_request */
};
/* PROVIDER_GOOD: `*answer`, of the visit's arena, is what came with 200. */
enum provider_verdict visit_ask(struct visit *visit,
				const struct visit_question *question,
				const struct json **answer) MUST_USE;

#endif
