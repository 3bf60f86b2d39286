#include "app/flow/passwords.h"

#include "app/password.h"
#include "app/store/attempts.h"
#include "app/store/deadline.h"
#include "lib/clock.h"
#include "lib/foreign.h"
#include "lib/log.h"

static enum err take_slot(struct context *c, const char *account, bool known_prefix)
{
	int64_t wait_s = 0;

	if (!c->conf->limits_enabled)
		return ERR_NONE;
	if (attempts_take(c, account, known_prefix, &wait_s) != RC_OK)
		return ERR_STORE_UNAVAILABLE;
	c->retry_after_s = wait_s;
	return wait_s > 0 ? ERR_TOO_MANY_ATTEMPTS : ERR_NONE;
}

/* An imported hash was made of what was typed then, in its normal form or not. A wrong
 * password costs a hash of our own as well, as it does for nobody: most foreign ones take
 * far less. */
static enum pwhash_verdict check_foreign(const struct pwhash_cost *cost, const char *hash,
					 const char *typed, const char *normal)
{
	enum pwhash_verdict verdict = foreign_check(hash, typed);

	if (verdict == PWHASH_MISMATCH && strcmp(typed, normal) != 0)
		verdict = foreign_check(hash, normal);
	return verdict == PWHASH_MISMATCH ? pwhash_check(cost, NULL, normal) : verdict;
}

static enum pwhash_verdict verify(struct context *c, const char *hash, const char *typed,
				  const char *normal)
{
	const struct pwhash_cost cost = password_cost(c->conf);

	if (!normal)
		return pwhash_check(&cost, NULL, "");
	if (hash && foreign_known(hash))
		return check_foreign(&cost, hash, typed, normal);
	return pwhash_check(&cost, hash, normal);
}

static enum pwhash_verdict check(struct context *c, const char *hash, const char *typed,
				 const char *normal)
{
	int64_t began = clock_mono_ms();
	enum pwhash_verdict verdict = verify(c, hash, typed, normal);

	deadline_extend(c, clock_mono_ms() - began);
	return verdict;
}

char *passwords_hash(struct context *c, const char *normal)
{
	const struct pwhash_cost cost = password_cost(c->conf);
	int64_t began = clock_mono_ms();
	char *hash = pwhash_make(c->arena, &cost, normal);

	deadline_extend(c, clock_mono_ms() - began);
	return hash;
}

/* Only an improvement: when it fails, the old hash is as good as before. */
static void upgrade(struct context *c, const struct user_secret *found,
		    const char *normal)
{
	const struct pwhash_cost cost = password_cost(c->conf);
	const char *hash;

	if (pwhash_is_current(&cost, found->hash))
		return;
	hash = passwords_hash(c, normal);
	if (hash && users_rehash(c, found->user.id, found->hash, hash) == RC_OK)
		log_info("password_rehashed", "user", found->user.id);
}

enum err passwords_check(struct context *c, const struct user_secret *found,
			 const char *account, const char *typed)
{
	const char *normal = password_normal(c->arena, typed);
	enum err err = take_slot(c, account, found->known_prefix);

	if (err)
		return err;
	switch (check(c, found->hash, typed, normal)) {
	case PWHASH_MATCH:
		break;
	case PWHASH_MISMATCH:
		return ERR_INVALID_CREDENTIALS;
	case PWHASH_DOWN:
		if (c->conf->limits_enabled)
			attempts_undo(c, account, found->known_prefix);
		return ERR_OVERLOADED;
	}
	if (c->conf->limits_enabled)
		attempts_give_back(c, account, found->known_prefix);
	upgrade(c, found, normal);
	return ERR_NONE;
}

enum err passwords_check_again(struct context *c, const char *user_id, const char *typed,
			       struct user *out)
{
	struct user_secret found;
	enum err err;

	switch (users_secret(c, user_id, &found)) {
	case RC_OK:
		break;
	case RC_NONE:
	case RC_CONFLICT:
		return ERR_TOKEN_REFUSED;
	case RC_DOWN:
		return ERR_STORE_UNAVAILABLE;
	}
	err = passwords_check(c, &found, user_id, typed);
	if (err == ERR_INVALID_CREDENTIALS)
		return ERR_WRONG_PASSWORD;
	if (!err)
		*out = found.user;
	return err;
}
