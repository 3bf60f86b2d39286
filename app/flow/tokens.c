#include "app/flow/tokens.h"

#include "app/client_secret.h"
#include "app/code.h"
#include "lib/secret.h"
#include "lib/text.h"

#define DAY_S ((int64_t)86400)

/* Each use has its own audience, so that no token passes for another. */
#define AUD_REFRESH "latchkey:refresh"

static int64_t now_s(const struct context *c)
{
	return c->now_ms / 1000;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static struct jwt_claims *claims_begin(struct context *c, const char *use,
				       const char *aud, const char *sub, int64_t exp_s)
{
	struct jwt_claims *claims = jwt_claims_new(c->arena);

	jwt_set_text(claims, "iss", c->conf->web_public_url);
	jwt_set_text(claims, "aud", aud);
	jwt_set_text(claims, "sub", sub);
	jwt_set_text(claims, "jti", secret_uuid(c->arena));
	jwt_set_text(claims, "token_use", use);
	jwt_set_integer(claims, "iat", now_s(c));
	jwt_set_integer(claims, "nbf", now_s(c));
	jwt_set_integer(claims, "exp", exp_s);
	return claims;
}

static char *sign(struct context *c, enum key_use use, const char *typ,
		  const struct jwt_claims *claims)
{
	char *token =
		jwt_sign(c->arena, keys_signing(c->keys, use, c->now_ms), typ, claims);

	/* whatever is in our tokens is bounded far below their longest */
	INVARIANT(token);
	return token;
}

static char *issue_access(struct context *c, const struct user *user,
			  const struct session *session, bool fresh, int64_t exp_s)
{
	/* RFC 8176 has no word for what somebody else has authenticated */
	const char *const amr[] = {text_starts(session->method, "social:") ? "fed"
									   : "pwd"};
	struct jwt_claims *claims =
		claims_begin(c, "access", c->conf->tokens_audience, user->id, exp_s);

	jwt_set_text(claims, "sid", session->id);
	jwt_set_text(claims, "client_id", c->conf->tokens_client_id);
	jwt_set_integer(claims, "auth_time", session->created_at / 1000);
	jwt_set_texts(claims, "amr", amr, COUNT(amr));
	jwt_set_texts(claims, "roles", user->roles, user->n_roles);
	jwt_set_integer(claims, "rev", user->rev);
	jwt_set_bool(claims, "fresh", fresh);
	return sign(c, KEY_ACCESS, "at+jwt", claims);
}

static char *issue_refresh(struct context *c, const struct user *user,
			   const struct session *session)
{
	struct jwt_claims *claims = claims_begin(c, "refresh", AUD_REFRESH, user->id,
						 session->expires_at / 1000);

	jwt_set_text(claims, "sid", session->id);
	jwt_set_integer(claims, "gen", session->gen);
	return sign(c, KEY_REFRESH, "JWT", claims);
}

void tokens_issue(struct context *c, const struct user *user,
		  const struct session *session, bool fresh, bool with_refresh,
		  struct token_pair *out)
{
	int64_t rest = session->expires_at / 1000 - now_s(c);
	int64_t idle = c->conf->tokens_idle_ttl_days * DAY_S;

	out->expires_in = earlier(c->conf->tokens_access_ttl, rest);
	out->access = issue_access(c, user, session, fresh, now_s(c) + out->expires_in);
	out->refresh = with_refresh ? issue_refresh(c, user, session) : NULL;
	out->refresh_expires_in = earlier(idle, rest);
}

char *tokens_issue_machine(struct context *c, const struct client_row *client,
			   const char *const *scopes, size_t n_scopes,
			   int64_t *expires_in)
{
	int64_t ttl = c->conf->clients_token_ttl;
	struct jwt_claims *claims = claims_begin(c, "access", c->conf->tokens_audience,
						 client->id, now_s(c) + ttl);

	jwt_set_text(claims, "client_id", client->id);
	jwt_set_text(claims, "scope", text_join(c->arena, scopes, n_scopes, " "));
	jwt_set_integer(claims, "rev", client->rev);
	*expires_in = ttl;
	return sign(c, KEY_ACCESS, "at+jwt", claims);
}

static bool check(struct context *c, enum key_use use, const char *typ, const char *aud,
		  const char *token, const struct jwt_claims **claims)
{
	struct jwt_key keys[KEYS_VERIFYING_MAX];
	size_t n = keys_verifying(c->keys, use, c->now_ms, keys, COUNT(keys));
	const struct jwt_expect expect = {
		.typ = typ,
		.iss = c->conf->web_public_url,
		.aud = aud,
		.token_use = key_use_name(use),
		.now_s = now_s(c),
	};

	return jwt_check(c->arena, keys, n, &expect, token, claims);
}

static bool uuid_claim(const struct jwt_claims *claims, const char *name,
		       const char **out)
{
	const char *value = jwt_text(claims, name);

	if (!value || !text_is_uuid(value))
		return false;
	*out = value;
	return true;
}

static bool read_user(const struct jwt_claims *claims, struct token_claims *out)
{
	out->kind = TOKEN_USER;
	return uuid_claim(claims, "sid", &out->id) &&
	       jwt_texts(claims, "roles", &out->names, &out->n_names);
}

static bool read_machine(struct context *c, const struct jwt_claims *claims,
			 struct token_claims *out)
{
	const char *scope = jwt_text(claims, "scope");

	out->kind = TOKEN_MACHINE;
	return scope && uuid_claim(claims, "jti", &out->id) &&
	       client_scopes_parse(c->arena, scope, &out->names, &out->n_names);
}

static bool read_access(struct context *c, const char *token, struct token_claims *out)
{
	const struct jwt_claims *claims;

	return check(c, KEY_ACCESS, "at+jwt", c->conf->tokens_audience, token, &claims) &&
	       uuid_claim(claims, "sub", &out->subject) &&
	       jwt_integer(claims, "rev", &out->rev) &&
	       jwt_integer(claims, "iat", &out->issued_s) &&
	       jwt_integer(claims, "exp", &out->expires_s) &&
	       (jwt_text(claims, "sid") ? read_user(claims, out)
					: read_machine(c, claims, out));
}

static bool read_refresh(struct context *c, const char *token, struct token_claims *out)
{
	const struct jwt_claims *claims;

	out->kind = TOKEN_REFRESH;
	return check(c, KEY_REFRESH, "JWT", AUD_REFRESH, token, &claims) &&
	       uuid_claim(claims, "sid", &out->id) &&
	       uuid_claim(claims, "sub", &out->subject) &&
	       jwt_integer(claims, "iat", &out->issued_s) &&
	       jwt_integer(claims, "exp", &out->expires_s) &&
	       jwt_integer(claims, "gen", &out->gen) && out->gen > 0 &&
	       out->gen <= INT32_MAX;
}

/* As `read` finds it, or as it was found before. */
static bool check_once(struct context *c, const char *token, bool refresh,
		       bool (*read)(struct context *, const char *,
				    struct token_claims *),
		       struct token_claims *out)
{
	struct token_claims claims = {0};
	bool seen = c->tokens && token_cache_find(c->tokens, c->arena, token, &claims) &&
		    (claims.kind == TOKEN_REFRESH) == refresh;

	if (seen ? claims.expires_s <= now_s(c) - JWT_LEEWAY_S : !read(c, token, &claims))
		return false;
	if (!seen && c->tokens)
		token_cache_add(c->tokens, token, &claims);
	*out = claims;
	return true;
}

bool tokens_check_access(struct context *c, const char *token, struct token_claims *out)
{
	return check_once(c, token, false, read_access, out);
}

bool tokens_check_refresh(struct context *c, const char *token, struct token_claims *out)
{
	return check_once(c, token, true, read_refresh, out);
}

static enum key_use proof_key(const char *purpose)
{
	return strcmp(purpose, CODE_RECOVERY) == 0 ? KEY_RECOVERY : KEY_REGISTRATION;
}

static const char *proof_audience(struct context *c, const char *purpose)
{
	return arena_printf(c->arena, "latchkey:%s", purpose);
}

char *tokens_issue_proof(struct context *c, const struct proof *proof)
{
	struct jwt_claims *claims =
		claims_begin(c, proof->purpose, proof_audience(c, proof->purpose),
			     proof->user_id, now_s(c) + c->conf->codes_ttl_s);

	jwt_set_text(claims, "email", proof->email);
	jwt_set_integer(claims, "epoch", proof->epoch);
	return sign(c, proof_key(proof->purpose), "JWT", claims);
}

bool tokens_check_proof(struct context *c, const char *purpose, const char *token,
			struct proof *out)
{
	const struct jwt_claims *claims;
	struct proof proof = {.purpose = purpose};

	if (!check(c, proof_key(purpose), "JWT", proof_audience(c, purpose), token,
		   &claims))
		return false;
	proof.email = jwt_text(claims, "email");
	if (!proof.email || !uuid_claim(claims, "sub", &proof.user_id) ||
	    !uuid_claim(claims, "jti", &proof.jti) ||
	    !jwt_integer(claims, "epoch", &proof.epoch))
		return false;
	*out = proof;
	return true;
}
