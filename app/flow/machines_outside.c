/* Access tokens of trusted outside issuers: [issuer NAME] of the configuration. */
#include "app/client_secret.h"
#include "app/flow/machines.h"
#include "app/store/issuer_cache.h"
#include "lib/jwt_outside.h"
#include "lib/text.h"

/* A token is at most JWT_LEN_MAX: a scope takes two bytes of it at least. */
enum { MACHINE_ID_MAX = 200, SCOPES_MAX = JWT_LEN_MAX / 2 };

static const struct issuer_conf *issuer_of(struct context *c, const char *token)
{
	const char *iss = jwt_outside_issuer(c->arena, token, JWT_LEN_MAX);

	for (size_t i = 0; iss && i < c->conf->n_issuers; i++)
		if (strcmp(c->conf->issuers[i].issuer, iss) == 0)
			return &c->conf->issuers[i];
	return NULL;
}

/* RFC 9068 §2.1; Auth0 and others say JWT, or nothing. */
static const char *const TYPS[] = {"at+jwt", "application/at+jwt", "JWT"};

static enum jwt_outside_verdict check(struct context *c, const struct issuer_conf *issuer,
				      const struct jwk_set *keys, const char *token,
				      const struct jwt_claims **claims)
{
	const struct jwt_outside_expect expect = {
		.iss = issuer->issuer,
		.aud = issuer->audience,
		.algs = jwt_outside_algs(issuer->algorithms.at, issuer->algorithms.n),
		.typs = TYPS,
		.n_typs = COUNT(TYPS),
		.typ_optional = true,
		.now_s = c->now_ms / 1000,
		.len_max = JWT_LEN_MAX,
	};

	return jwt_outside_check(c->arena, keys, &expect, token, claims);
}

/* The key is not there: is it worth while to come again in a second? */
static enum err wish(struct context *c, const char *section, const char *issuer)
{
	bool pending = false;

	switch (issuers_wish(c, section, issuer, &pending)) {
	case RC_OK:
		return pending ? ERR_KEYS_PENDING : ERR_TOKEN_REFUSED;
	case RC_NONE: /* `outside` is yet to take the settings that we have */
		return ERR_KEYS_PENDING;
	case RC_CONFLICT:
		return ERR_TOKEN_REFUSED;
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	return ERR_INTERNAL_ERROR;
}

/* Once with the keys as they are known, and once with what PostgreSQL has by now. */
static enum err verify(struct context *c, const struct issuer_conf *issuer,
		       const char *token, const struct jwt_claims **claims)
{
	const char *section = arena_printf(c->arena, "issuer %s", issuer->name);

	for (int anew = 0; anew < 2; anew++) {
		struct issuer_known known = {0};
		enum rc rc = issuer_cache_get(c, section, issuer->issuer, anew, &known);

		if (rc == RC_DOWN)
			return ERR_STORE_UNAVAILABLE;
		switch (check(c, issuer, known.keys, token, claims)) {
		case JWT_OUTSIDE_GOOD:
			return ERR_NONE;
		case JWT_OUTSIDE_REFUSED:
			return ERR_TOKEN_REFUSED;
		case JWT_OUTSIDE_UNKNOWN_KEY:
			break;
		}
		if (known.fresh || rc == RC_NONE) /* there is nothing newer */
			break;
	}
	return wish(c, section, issuer->issuer);
}

/* What is no scope-token, not one the settings let this issuer give, or there already, is
 * left out. `room` is what out->scopes points to. */
static void add_scope(struct machine *out, const char **room, const struct words *allowed,
		      const char *scope)
{
	bool fits = allowed->n == 0;

	for (size_t i = 0; !fits && i < allowed->n; i++)
		fits = strcmp(allowed->at[i], scope) == 0;
	if (fits && client_scope_valid(scope) && !machine_may(out, scope) &&
	    out->n_scopes < SCOPES_MAX)
		room[out->n_scopes++] = scope;
}

/* `scope` (RFC 8693 §4.2) and Auth0's `permissions`, which often say the same. */
static void read_scopes(struct context *c, const struct issuer_conf *issuer,
			const struct jwt_claims *claims, struct machine *out)
{
	const char *const *permissions = NULL, *scope = jwt_text(claims, "scope");
	const char **room = arena_alloc(c->arena, SCOPES_MAX * sizeof *room);
	size_t n = 0;

	out->scopes = room;
	for (const char *at = scope ? scope : ""; *(at += strspn(at, " "));
	     at += strcspn(at, " "))
		add_scope(out, room, &issuer->scopes,
			  arena_dupn(c->arena, at, strcspn(at, " ")));
	if (jwt_texts(claims, "permissions", &permissions, &n))
		for (size_t i = 0; i < n; i++)
			add_scope(out, room, &issuer->scopes, permissions[i]);
}

/* Of the client, as the issuer calls it. It goes into headers and the audit trail, and
 * is prefixed, so that no issuer can speak of another's clients, or of ours. */
static const char *read_id(struct context *c, const struct issuer_conf *issuer,
			   const struct jwt_claims *claims)
{
	static const char *const names[] = {"client_id", "azp", "sub"};
	const char *id = NULL;

	for (size_t i = 0; !id && i < COUNT(names); i++)
		id = jwt_text(claims, names[i]);
	if (!id || !*id || strlen(id) > MACHINE_ID_MAX)
		return NULL;
	for (const char *at = id; *at; at++)
		if (*at <= ' ' || *at > '~' || *at == ',')
			return NULL;
	return arena_printf(c->arena, "%s:%s", issuer->name, id);
}

enum err machines_outside(struct context *c, const char *token, struct machine *out)
{
	const struct issuer_conf *issuer = issuer_of(c, token);
	const struct jwt_claims *claims = NULL;
	struct machine machine = {.issuer = issuer ? issuer->issuer : NULL};
	enum err err;

	if (!issuer)
		return ERR_TOKEN_REFUSED;
	err = verify(c, issuer, token, &claims);
	if (err)
		return err;
	machine.id = read_id(c, issuer, claims);
	if (!machine.id || !jwt_integer(claims, "iat", &machine.issued_s) ||
	    !jwt_integer(claims, "exp", &machine.expires_s))
		return ERR_TOKEN_REFUSED;
	read_scopes(c, issuer, claims, &machine);
	*out = machine;
	return ERR_NONE;
}

bool machines_is_outside(struct context *c, const char *token)
{
	return issuer_of(c, token) != NULL;
}
