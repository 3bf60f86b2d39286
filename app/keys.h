/* The keys of the service: a directory with `manifest` and one file a key. Which key
 *signs and which still verifies is told by the clock alone, so processes need no word
 *from each other. A line of the manifest:
 *
 *	KID USE ALG PUBLISH_AT SIGN_AT RETIRE_AT        (RFC 3339 UTC; '-': never retires)
 *
 * and the key is in KID.pem (ES256, RS256: PKCS#8) or KID.key (HS256, HMAC: 64 hex
 *digits). ALG is HMAC for code, index and secret, HS256 for refresh, registration and
 *recovery. A line may be empty or begin with '#'. */
#ifndef APP_KEYS_H
#define APP_KEYS_H

#include "lib/jwt.h"

enum key_use {
	KEY_ACCESS,
	KEY_REFRESH,
	KEY_REGISTRATION,
	KEY_RECOVERY,
	KEY_CODE,
	KEY_INDEX,
	KEY_SECRET,
	KEY_USES
};

struct keys;

/* Only keys of the uses in `needed` (a bit each, 1 << enum key_use) are read. A file that
 * this process may not read is no error, its key is then not there; nor is that of a
 * retired key. NULL: `why` says which file and what (bad form, weak, open to others, a
 * needed use without a signing key). The caller owns it; keys_free() wipes it. */
struct keys *keys_load(const char *dir, unsigned needed, char *why,
		       size_t why_size) MUST_USE;
void keys_free(struct keys **keys);
/* Has the directory's manifest changed since this was loaded? */
bool keys_changed(const struct keys *keys) MUST_USE;

/* The key of `use` with the newest sign_at that has come (real ms). Never NULL for a use
 * that keys_load() was told is needed: when all have retired since, it is the last one
 * that signed, and what it signs nobody takes. */
const struct jwt_key *keys_signing(const struct keys *keys, enum key_use use,
				   int64_t now_ms) MUST_USE;
/* All keys of `use` published and not retired, newest first; before the first of them,
 * the one that keys_signing() gives. */
size_t keys_verifying(const struct keys *keys, enum key_use use, int64_t now_ms,
		      struct jwt_key *out, size_t max) MUST_USE;
enum { KEYS_VERIFYING_MAX = 16 };
/* A key of `use` by its kid, not retired; NULL: none. */
const struct jwt_key *keys_by_kid(const struct keys *keys, enum key_use use,
				  const char *kid, int64_t now_ms) MUST_USE;

/* The JWK Set (RFC 7517 §5) of the access keys published and not retired, as one line. An
 * HS256 key has no public half: it is never in it. */
char *keys_jwks(const struct keys *keys, struct arena *arena, int64_t now_ms) MUST_USE;

const char *key_use_name(enum key_use use) MUST_USE;
bool key_use_parse(const char *name, enum key_use *out) MUST_USE;

/* For latchkeyctl: rows of the manifest, and changes to it (written aside, fsynced,
 * renamed; under flock). NULL: done; else the reason, in the arena. */
struct key_row {
	const char *kid;
	enum key_use use;
	enum jwt_alg alg;
	int64_t publish_at, sign_at, retire_at; /* real ms; retire_at 0: never */
};
const char *keys_list(struct arena *arena, const char *dir, struct key_row **rows,
		      size_t *n) MUST_USE;
/* Adds a key that signs `lead_ms` from now (at once when it is the first of its use) and
 * retires the older ones of its use `overlap_ms` after that (KEYS_STAY: never); what has
 * retired already, or would never have signed, is removed with its file. Makes the
 * directory. A key file is of mode 0640 and of the group of the key before it, else of
 * the directory. */
enum { KEYS_STAY = -1 };
const char *keys_rotate(struct arena *arena, const char *dir, enum key_use use,
			enum jwt_alg alg, int64_t now_ms, int64_t lead_ms,
			int64_t overlap_ms, const char **kid) MUST_USE;
/* Ends a key now: its row and its file are gone. Refused unless another key of its use
 * signs and is not about to retire. */
const char *keys_retire(struct arena *arena, const char *dir, const char *kid,
			int64_t now_ms) MUST_USE;

#endif
