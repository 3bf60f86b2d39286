/* The configuration: one struct made from app/conf.def, and in it one for each [issuer
 * NAME] and [provider NAME], made from app/issuer.def and app/provider.def. Text that is
 * not set is empty. So is a secret, except one of [mail] or [provider NAME] in a file
 * that this process may not read: it is NULL, and who needs it refuses to start. */
#ifndef APP_CONF_H
#define APP_CONF_H

#include "lib/arena.h"
#include "lib/redis.h"

struct words {
	size_t n;
	const char *const *at;
};

/* The rows of a definition file as members of a struct; MEMBER() names them. */
#define SECTION(section, prose)
#define NUMBER(section, key, initial, min, max, prose) int64_t MEMBER(section, key);
#define TEXT(section, key, initial, max, prose)	       const char *MEMBER(section, key);
#define FLAG(section, key, initial, prose)	       bool MEMBER(section, key);
#define CHOICE(section, key, initial, words, prose)    const char *MEMBER(section, key);
#define SECRET(section, key, max, prose)	       const char *MEMBER(section, key);
#define WORDS(section, key, initial, max, prose)       struct words MEMBER(section, key);

#define MEMBER(section, key) key
struct issuer_conf {
	const char *name; /* of [issuer NAME] */
#include "app/issuer.def"
};

struct provider_conf {
	const char *name; /* of [provider NAME] */
#include "app/provider.def"
};
#undef MEMBER

#define MEMBER(section, key) section##_##key
struct conf {
#include "app/conf.def"
	/* As first seen in the files */
	size_t n_issuers;
	const struct issuer_conf *issuers;
	size_t n_providers;
	const struct provider_conf *providers;
};
#undef MEMBER

#undef SECTION
#undef NUMBER
#undef TEXT
#undef FLAG
#undef CHOICE
#undef SECRET
#undef WORDS

/* Reads FILE, then every FILE's directory conf.d/NAME.conf in order of names. NULL:
 * `*why` is "FILE:LINE: section.key: reason". All of it lives in `arena`. A NULL `path`
 * gives the defaults. */
const struct conf *conf_load(struct arena *arena, const char *path,
			     const char **why) MUST_USE;
/* --config, else LATCHKEY_CONF, else /etc/latchkey/latchkey.conf */
const char *conf_path(const char *option) MUST_USE;
/* libpq's string for a connection: `base`, one of database_fast … _owner, with the
 * password where one is set. `base` itself, or in the arena. */
const char *conf_conninfo(struct arena *arena, const struct conf *conf,
			  const char *base) MUST_USE;
/* Where Redis is, by the settings. */
struct redis_server conf_redis(const struct conf *conf) MUST_USE;
/* The commented file with every default, as conf/latchkey.conf holds it. */
char *conf_sample(struct arena *arena) MUST_USE;
/* The settings as a list in mdoc(7), as doc/latchkey.conf.5 holds it. */
char *conf_manual(struct arena *arena) MUST_USE;

#endif
