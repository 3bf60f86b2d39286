/* Answers of a provider without ID tokens: app/provider/redeem.c, identify.c, visit.c.
 * The input is what its token endpoint says and, behind a line feed, its user info. */
#include "app/provider/provider.h"

#include "app/email.h"
#include "app/provider/gate.h"
#include "lib/fetch.h"
#include "lib/json.h"
#include "t/fuzz/fuzz.h"

static const struct provider_conf PROVIDER = {
	.name = "x",
	.type = "oauth2",
	.client_id = "a client",
	.client_secret = "a secret",
	.issuer = "https://id.test",
	.authorize_url = "https://id.test/authorize",
	.token_url = "https://id.test/token",
	.userinfo_url = "https://id.test/user",
	.jwks_url = "",
	.scope = "",
	.email_verified = "claim",
	.subject_field = "id",
	.email_field = "email",
	.email_verified_field = "email_verified",
};
static const struct conf CONF = {
	.web_public_url = "https://our.test", .n_providers = 1, .providers = &PROVIDER};

/* ---- in the place of lib/fetch.c ---- */

static const char *token_answer, *user_info;

/* Nothing can break out of the header: one token of visible characters (RFC 6750 §2.1) */
static void look_at_authorization(const char *header)
{
	INVARIANT(text_starts(header, "Bearer ") && header[7]);
	for (const char *at = header + 7; *at; at++)
		INVARIANT(*at > ' ' && *at <= '~');
}

bool fetch_run(struct fetch *fetch UNUSED, struct arena *arena UNUSED,
	       const struct fetch_request *request, struct fetch_answer *out,
	       const char **why UNUSED)
{
	bool is_token = strcmp(request->url, PROVIDER.token_url) == 0;
	const char *body = is_token ? token_answer : user_info;

	INVARIANT(is_token || strcmp(request->url, PROVIDER.userinfo_url) == 0);
	if (!is_token)
		look_at_authorization(request->authorization);
	*out = (struct fetch_answer){.status = 200,
				     .content_type = "",
				     .body = body,
				     .n = strlen(body),
				     .max_age_s = -1};
	return true;
}

/* ---- */

static const struct json *parse(struct arena *arena, const char *text)
{
	return json_parse(arena, text, strlen(text));
}

static void look_at(struct arena *arena, const struct identity *who)
{
	const struct json *tokens = parse(arena, token_answer);
	const struct json *user = parse(arena, user_info);
	struct email email;
	int64_t number;
	bool verified = false;

	INVARIANT(tokens && user && json_text(tokens, "access_token"));
	INVARIANT(strcmp(who->issuer, PROVIDER.issuer) == 0);
	INVARIANT(*who->subject && strlen(who->subject) <= 255);
	INVARIANT(!text_has_control(who->subject));
	INVARIANT(json_integer(user, "id", &number)
			  ? !strcmp(who->subject, text_integer(arena, number))
			  : fuzz_same(who->subject, json_text(user, "id")));
	if (who->email) {
		INVARIANT(email_parse(arena, json_text(user, "email"), &email));
		INVARIANT(strcmp(email.address, who->email) == 0);
	}
	if (who->email_verified)
		INVARIANT(who->email && json_bool(user, "email_verified", &verified) &&
			  verified);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const struct provider_answer ANSWER = {
		.code = "a code", .nonce = "n-1", .verifier = "a verifier"};
	static struct gate_row rows[GATE_ROWS];
	static const struct gate GATE = {rows, 0};
	struct context c = {.arena = fuzz_arena(), .conf = &CONF, .gate = &GATE};
	char *text = fuzz_text(c.arena, bytes, n);
	struct identity who = {NULL};

	token_answer = fuzz_line(&text);
	user_info = text;
	if (provider_identify(&c, &PROVIDER, &ANSWER, &who) == PROVIDER_GOOD)
		look_at(c.arena, &who);
	return 0;
}
