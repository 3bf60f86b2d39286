/* What the tests of the flows share: a world, and the ways to get somewhere in it. */
#ifndef T_UNIT_FLOWS_H
#define T_UNIT_FLOWS_H

#include "app/code.h"
#include "app/flow/account.h"
#include "app/flow/address.h"
#include "app/flow/login.h"
#include "app/flow/recover.h"
#include "app/flow/register.h"
#include "app/flow/sessions.h"
#include "t/fake/world.h"
#include "t/unit/unit.h"

#define PASSWORD  "correct horse battery"
#define PASSWORD2 "another fine password"

static struct context *c;
static struct proof_asked asked;
static struct token_pair pair;
static struct user user;
static struct caller caller;
static const char *token;

static inline void setup(void)
{
	c = world_new();
}

static inline struct email email(const char *typed)
{
	struct email out;

	ck_assert(email_parse(c->arena, typed, &out));
	return out;
}

/* As the letter of the last step 1 has it */
static inline const char *code_of(const char *purpose, const char *address)
{
	const struct jwt_key *key = keys_signing(c->keys, KEY_CODE, c->now_ms);
	char code[CODE_SIZE];

	code_derive(key, purpose, email(address).key, world_last_letter()->nonce, code);
	return arena_dup(c->arena, code);
}

static inline const char *registration_token(const char *address)
{
	struct email to = email(address);

	ck_assert_int_eq(register_ask(c, &to, &asked), ERR_NONE);
	ck_assert_int_eq(
		register_prove(c, &to, code_of(CODE_REGISTRATION, address), &token),
		ERR_NONE);
	return token;
}

static inline enum err finish(const char *with, const char *username,
			      const char *password)
{
	return register_finish(c, &(struct proof_finish){with, username, password},
			       &user);
}

static inline void make_user(const char *address, const char *username)
{
	ck_assert_int_eq(finish(registration_token(address), username, PASSWORD),
			 ERR_NONE);
}

static inline const char *recovery_token(const char *address)
{
	struct email to = email(address);

	ck_assert_int_eq(recover_ask(c, &to, &asked), ERR_NONE);
	ck_assert_int_eq(recover_prove(c, &to, code_of(CODE_RECOVERY, address), &token),
			 ERR_NONE);
	return token;
}

static inline enum err recover(const char *with, const char *username,
			       const char *password)
{
	return recover_finish(c, &(struct proof_finish){with, username, password}, &user);
}

static inline enum err sign_in(const char *name, const char *password)
{
	return login(c, &(struct login){name, password, "basic"}, &pair);
}

/* As every request with a token does; `caller` is who it is. */
static inline enum err who(const char *access)
{
	return sessions_authenticate(c, access, &caller);
}

/* As /auth/verify does it */
static inline enum err verify_token(const char *access)
{
	struct token_claims claims;

	return tokens_check_access(c, access, &claims)
		       ? sessions_verify(c, &claims, &caller)
		       : ERR_TOKEN_REFUSED;
}

/* An account with that password, logged in: `pair` and `caller`. */
static inline void arrive(const char *address, const char *username)
{
	make_user(address, username);
	ck_assert_int_eq(sign_in(username, PASSWORD), ERR_NONE);
	ck_assert_int_eq(who(pair.access), ERR_NONE);
}

/* An account of its own making, its address not yet proven. */
static inline enum err sign_up(const char *address, const char *username)
{
	const struct account_new in = {email(address), username, PASSWORD};

	return account_register(c, &in, &user);
}

/* From now on the accessor answers this, whatever is in the world. */
static inline void tell(const char *accessor, enum rc rc)
{
	world.told = accessor;
	world.told_rc = rc;
}

/* What the answer of a store makes of an answer to a client. */
struct told {
	const char *accessor;
	enum rc rc;
	enum err err;
};

#endif
