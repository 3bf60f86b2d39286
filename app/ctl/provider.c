#include "app/provider/provider.h"
#include "app/ctl/probes.h"
#include "app/provider/discovery.h"
#include "app/provider/endpoints.h"
#include "app/provider/type.h"
#include "lib/jwt.h"

/* A provider that is looked at, and what it said by now. */
struct looking {
	struct ctl *ctl;
	const struct provider_conf *provider;
	struct fetch *fetch;
	bool discovers;
	const char *why; /* discovery failed; NULL: it did not, or was not tried */
	struct discovery found;
	const struct json *metadata; /* of `found`; NULL: none */
	struct endpoints endpoints; /* members NULL: not known */
};

/* ---- what is asked, a row each ---- */

typedef struct finding question(struct looking *l);

static struct finding ask_secret(struct looking *l)
{
	return l->provider->client_secret
		       ? probe_ok(l->ctl, "is there")
		       : probe_ok(l->ctl, "its file cannot be read by this user, only by "
					  "the service's: not looked at");
}

static struct finding ask_discovery(struct looking *l)
{
	if (l->why)
		return probe_wrong(l->ctl,
				   "%s; is issuer right to the letter, and can this host "
				   "reach it?",
				   l->why);
	return probe_ok(l->ctl, "%zu keys to use", l->found.n_keys);
}

static bool has_word(const struct words *words, const char *word)
{
	for (size_t i = 0; i < words->n; i++)
		if (strcmp(words->at[i], word) == 0)
			return true;
	return false;
}

/* JWK: RFC 7518 §6.1; only these two kinds are in a reduced set. */
static const char *alg_of(const struct json *key)
{
	const char *kty = json_text(key, "kty");

	return jwt_alg_name(kty && strcmp(kty, "RSA") == 0 ? JWT_RS256 : JWT_ES256);
}

static const struct json *keys_of(const struct looking *l)
{
	struct arena *arena = l->ctl->context.arena;
	const char *jwks = l->found.jwks;

	return jwks ? json_member(json_parse(arena, jwks, strlen(jwks)), "keys") : NULL;
}

static struct finding ask_algorithms(struct looking *l)
{
	const struct json *keys = keys_of(l);

	for (size_t i = 0; i < json_count(keys); i++)
		if (has_word(&l->provider->algorithms, alg_of(json_item(keys, i))))
			return probe_ok(l->ctl, "there are keys for them");
	return probe_wrong(l->ctl, "none of its keys is for what algorithms allows");
}

/* RFC 7591 §2: what the two ways are called */
static struct finding ask_authentication(struct looking *l)
{
	const struct json *methods =
		json_member(l->metadata, "token_endpoint_auth_methods_supported");

	for (size_t i = 0; i < json_count(methods); i++) {
		const char *method = json_as_text(json_item(methods, i));

		if (method && (strcmp(method, "client_secret_basic") == 0 ||
			       strcmp(method, "client_secret_post") == 0))
			return probe_ok(l->ctl, "by the client's secret");
	}
	return json_count(methods)
		       ? probe_wrong(l->ctl, "it takes neither client_secret_basic "
					     "nor client_secret_post")
		       : probe_ok(l->ctl, "by the client's secret");
}

static struct finding ask_scope(struct looking *l)
{
	const char *scope =
		arena_printf(l->ctl->context.arena, " %s ", provider_scope(l->provider));

	return strstr(scope, " openid ")
		       ? probe_ok(l->ctl, "has openid")
		       : probe_wrong(l->ctl, "has no openid: there will be no id_token");
}

/* Whatever it says to a request without parameters, it is there. */
static struct finding reach(struct looking *l, const char *url)
{
	const struct fetch_request request = {.url = url,
					      .allow_http = l->provider->allow_http,
					      .allow_private =
						      l->provider->allow_private};
	struct fetch_answer answer;
	const char *why;

	if (!fetch_run(l->fetch, l->ctl->context.arena, &request, &answer, &why))
		return probe_wrong(l->ctl,
				   "%s: %s; is it right, and can this host reach it?",
				   url, why);
	return probe_ok(l->ctl, "%s answers", url);
}

static struct finding ask_authorize(struct looking *l)
{
	return reach(l, l->endpoints.authorize);
}

static struct finding ask_token(struct looking *l)
{
	return reach(l, l->endpoints.token);
}

static struct finding ask_userinfo(struct looking *l)
{
	return reach(l, l->endpoints.userinfo);
}

static bool always(const struct looking *l UNUSED)
{
	return true;
}

static bool if_discovers(const struct looking *l)
{
	return l->discovers;
}

static bool if_discovered(const struct looking *l)
{
	return l->discovers && !l->why;
}

static bool if_authorize(const struct looking *l)
{
	return l->endpoints.authorize;
}

static bool if_userinfo(const struct looking *l)
{
	return l->endpoints.userinfo;
}

static const struct {
	const char *name;
	bool (*applies)(const struct looking *l);
	question *ask;
} questions[] = {
	{"client_secret", always, ask_secret},
	{"discovery", if_discovers, ask_discovery},
	{"scope", if_discovers, ask_scope},
	{"algorithms", if_discovered, ask_algorithms},
	{"authentication", if_discovered, ask_authentication},
	{"authorize_url", if_authorize, ask_authorize},
	{"token_url", if_authorize, ask_token},
	{"userinfo_url", if_userinfo, ask_userinfo},
};

/* ---- the command ---- */

static void discover(struct looking *l)
{
	struct arena *arena = l->ctl->context.arena;
	const char *metadata;

	if (l->discovers) {
		const struct source source = source_of_provider(arena, l->provider);

		if (!discovery_run(l->fetch, arena, &source, &l->found, &l->why))
			return;
	}
	metadata = l->found.metadata;
	if (metadata)
		l->metadata = json_parse(arena, metadata, strlen(metadata));
	if (endpoints_read(arena, l->provider, metadata, &l->endpoints) != RC_OK)
		l->why = "endpoints are missing";
}

static void print_settings(const struct looking *l)
{
	struct context *c = &l->ctl->context;
	const struct provider_conf *provider = l->provider;
	const char *jwks_url = provider->jwks_url;

	if (!*jwks_url)
		jwks_url = l->metadata ? json_text(l->metadata, "jwks_uri") : NULL;
	const struct out_cell cells[] = {
		OUT_TEXT("provider", 0, provider->name),
		OUT_TEXT("type", 0, provider->type),
		OUT_TEXT("callback_url", 0, provider_callback_url(c, provider)),
		OUT_TEXT("client_id", 0, provider->client_id),
		OUT_TEXT("issuer", 0, provider_issuer(c->arena, provider)),
		OUT_TEXT("authorize_url", 0, l->endpoints.authorize),
		OUT_TEXT("token_url", 0, l->endpoints.token),
		OUT_TEXT("userinfo_url", 0, l->endpoints.userinfo),
		OUT_TEXT("jwks_url", 0, jwks_url),
		OUT_TEXT("scope", 0, provider_scope(provider)),
		OUT_TEXT("email_verified", 0, provider_email_verified(provider)),
	};

	out_record(l->ctl, cells, COUNT(cells));
}

static void print_keys(const struct looking *l)
{
	const struct json *keys = keys_of(l);

	out_list(l->ctl, "keys");
	for (size_t i = 0; i < json_count(keys); i++) {
		const struct json *key = json_item(keys, i);
		const struct out_cell cells[] = {
			OUT_TEXT("alg", 16, alg_of(key)),
			OUT_TEXT("kid", 0, json_text(key, "kid"))};

		out_row(l->ctl, cells, COUNT(cells));
	}
}

static enum ctl_exit print_answers(struct looking *l)
{
	size_t n_wrong = 0;

	out_list(l->ctl, "checks");
	for (size_t i = 0; i < COUNT(questions); i++) {
		struct finding finding;

		if (!questions[i].applies(l))
			continue;
		finding = questions[i].ask(l);
		probe_print(l->ctl, questions[i].name, &finding);
		n_wrong += finding.wrong;
	}
	return n_wrong ? out_refuse(l->ctl, "%zu of these must be put right", n_wrong)
		       : CTL_DONE;
}

static enum ctl_exit refuse(struct ctl *ctl)
{
	const struct conf *conf = ctl->context.conf;
	const char *names = "";

	for (size_t i = 0; i < conf->n_providers; i++)
		names = arena_printf(ctl->context.arena, "%s %s", names,
				     conf->providers[i].name);
	return out_refuse(ctl, "there is no [provider %s]; those there are:%s",
			  ctl->words[0], *names ? names : " none");
}

enum ctl_exit ctl_provider_check(struct ctl *ctl)
{
	CLEANUP(fetch_free) struct fetch *fetch = fetch_new();
	struct looking l = {.ctl = ctl, .fetch = fetch};

	l.provider = provider_find(ctl->context.conf, ctl->words[0]);
	if (!l.provider)
		return refuse(ctl);
	l.discovers = provider_type(l.provider)->discovers;
	discover(&l);
	print_settings(&l);
	print_keys(&l);
	return print_answers(&l);
}
