#include "app/keys.h"

#include <errno.h>
#include <unistd.h>

#include "app/keys_manifest.h"
#include "lib/clock.h"
#include "lib/json.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "lib/text.h"

enum {
	ARENA_BYTES = 1 << 20,
	SCRATCH_BYTES = 4 << 20,
	PEM_MAX = 8192, /* bytes; RSA of 8192 bits takes 6400 */
	HEX_MAX = 2 * JWT_SECRET_LEN_MIN,
	/* When the manifest changed while the keys were read: only then is it tried
	 * again. No lock, for who holds it could be stopped. */
	RELOADS = 20,
	DIFFERENT_BYTES_MIN = 12, /* 32 random bytes have fewer once in 10^24 times */
};

struct entry {
	struct key_row row;
	struct jwt_key key;
	struct crypto_key *pair; /* of ES256, RS256: what key.pair points to */
};

/* Lies in its own arena. */
struct keys {
	struct arena *arena;
	const char *manifest_path;
	struct stat manifest;
	size_t n;
	struct entry at[KEY_ROWS_MAX]; /* newest first */
};

void keys_free(struct keys **keys)
{
	struct arena *arena;

	if (!*keys)
		return;
	for (size_t i = 0; i < (*keys)->n; i++)
		crypto_key_free(&(*keys)->at[i].pair);
	arena = (*keys)->arena;
	*keys = NULL;
	arena_free(&arena);
}

/* A password typed in, a sample, one digit all along: not what a generator makes. */
static bool looks_random(const uint8_t *bytes, size_t n)
{
	bool seen[256] = {false};
	int different = 0;

	for (size_t i = 0; i < n; i++) {
		different += !seen[bytes[i]];
		seen[bytes[i]] = true;
	}
	return different >= DIFFERENT_BYTES_MIN;
}

static const char *take_secret(struct keys *keys, struct entry *entry, const char *text)
{
	uint8_t *bytes;
	size_t n;

	if (!text_unhex(keys->arena, text, &bytes, &n) || n != JWT_SECRET_LEN_MIN)
		return "not 64 hex digits";
	if (!looks_random(bytes, n))
		return "not random: let latchkeyctl key rotate make it";
	entry->key.secret = bytes;
	entry->key.secret_len = n;
	return NULL;
}

static const char *take_pair(struct entry *entry, const char *text)
{
	enum crypto_kind kind = entry->row.alg == JWT_ES256 ? CRYPTO_P256 : CRYPTO_RSA;

	if (!text_starts(text, "-----BEGIN PRIVATE KEY-----"))
		return "not a private key in PKCS#8";
	entry->pair = crypto_key_parse(text, strlen(text));
	entry->key.pair = entry->pair;
	if (!entry->pair)
		return "not a P-256 key nor an RSA key of 2048 bits or more";
	return crypto_key_kind(entry->pair) == kind ? NULL
						    : "not of its algorithm's kind";
}

/* Two uses with one secret would take each other's tokens. */
static const char *refuse_shared(const struct keys *keys, const struct entry *entry)
{
	for (size_t i = 0; entry->key.secret && i < keys->n; i++)
		if (keys->at[i].key.secret &&
		    secret_equal(keys->at[i].key.secret, entry->key.secret,
				 entry->key.secret_len))
			return "the same secret as another key's";
	return NULL;
}

static struct entry *insert(struct keys *keys, const struct entry *entry)
{
	size_t at = keys->n++;

	for (; at > 0 && keys->at[at - 1].row.sign_at <= entry->row.sign_at; at--)
		keys->at[at] = keys->at[at - 1];
	keys->at[at] = *entry;
	return &keys->at[at];
}

/* NULL: it is there, or it is not for us to read. */
static const char *load_key(struct keys *keys, struct arena *scratch, const char *dir,
			    const struct key_row *row)
{
	char *path = arena_printf(scratch, "%s/%s", dir, key_file_name(scratch, row)),
	     *text;
	struct entry entry = {.row = *row};
	const char *why;

	if (eaccess(path, R_OK) != 0 && errno == EACCES) {
		log_warn("key_not_readable", "kid", row->kid);
		return NULL;
	}
	text = secret_load(scratch, path, row->alg == JWT_HS256 ? HEX_MAX + 1 : PEM_MAX,
			   &why);
	if (!text)
		return arena_printf(scratch, "%s: %s", path, why);
	entry.row.kid = arena_dup(keys->arena, row->kid);
	entry.key.kid = entry.row.kid;
	entry.key.alg = row->alg;
	why = row->alg == JWT_HS256 ? take_secret(keys, &entry, text)
				    : take_pair(&entry, text);
	if (!why)
		why = refuse_shared(keys, &entry);
	(void)insert(keys, &entry);
	return why ? arena_printf(scratch, "%s: %s", path, why) : NULL;
}

static bool has_signer(const struct keys *keys, enum key_use use, int64_t now_ms)
{
	for (size_t i = 0; i < keys->n; i++)
		if (keys->at[i].row.use == use && keys->at[i].row.sign_at <= now_ms &&
		    !key_row_retired(&keys->at[i].row, now_ms))
			return true;
	return false;
}

static const char *load(struct keys *keys, struct arena *scratch, const char *dir,
			unsigned needed)
{
	struct manifest *manifest = arena_alloc(scratch, sizeof *manifest);
	int64_t now_ms = clock_real_ms();
	bool is_missing;
	const char *why = manifest_read(scratch, dir, manifest, &is_missing);

	if (why)
		return why;
	keys->manifest = manifest->file;
	for (size_t i = 0; i < manifest->n; i++) {
		const struct key_row *row = &manifest->rows[i];

		if (!(needed & 1U << row->use) || key_row_retired(row, now_ms))
			continue;
		why = load_key(keys, scratch, dir, row);
		if (why)
			return why;
	}
	for (enum key_use use = 0; use < KEY_USES; use++)
		if (needed & 1U << use && !has_signer(keys, use, now_ms))
			return arena_printf(scratch,
					    "%s: no %s key that can be read signs now",
					    dir, key_use_name(use));
	return NULL;
}

/* One try. NULL: `why`, and in `*again` whether the manifest is another one by now. */
static struct keys *load_once(const char *dir, unsigned needed, char *why,
			      size_t why_size, bool *again)
{
	CLEANUP(arena_free) struct arena *scratch = arena_new(SCRATCH_BYTES);
	struct arena *arena = arena_new(ARENA_BYTES);
	struct keys *keys = arena_alloc(arena, sizeof *keys);
	const char *wrong;
	struct buf out;

	keys->arena = arena;
	keys->manifest_path = arena_printf(arena, "%s/manifest", dir);
	wrong = load(keys, scratch, dir, needed);
	if (!wrong)
		return keys;
	*again = keys->manifest.st_ino && keys_changed(keys);
	keys_free(&keys);
	buf_init(&out, why, why_size);
	buf_puts(&out, wrong);
	return NULL;
}

struct keys *keys_load(const char *dir, unsigned needed, char *why, size_t why_size)
{
	struct keys *keys = NULL;
	bool again = true;

	for (int i = 0; i < RELOADS && again && !keys; i++)
		keys = load_once(dir, needed, why, why_size, &again);
	return keys;
}

bool keys_changed(const struct keys *keys)
{
	struct stat file;

	return stat(keys->manifest_path, &file) != 0 ||
	       !manifest_same(&file, &keys->manifest);
}

const struct jwt_key *keys_signing(const struct keys *keys, enum key_use use,
				   int64_t now_ms)
{
	const struct jwt_key *fallback = NULL;
	bool has_signed = false;

	for (size_t i = 0; i < keys->n; i++) {
		const struct entry *entry = &keys->at[i];

		if (entry->row.use != use)
			continue;
		if (entry->row.sign_at <= now_ms && !key_row_retired(&entry->row, now_ms))
			return &entry->key;
		if (!has_signed)
			fallback = &entry->key;
		has_signed |= entry->row.sign_at <= now_ms;
	}
	return fallback;
}

/* The leeway that tokens have: a clock that was put back a little takes nothing back. One
 * put back to before all keys has one sign, so that one is known, too. */
static bool is_published(const struct keys *keys, const struct entry *entry,
			 enum key_use use, int64_t now_ms)
{
	return entry->row.use == use && !key_row_retired(&entry->row, now_ms) &&
	       (entry->row.publish_at <= now_ms + JWT_LEEWAY_S * 1000 ||
		&entry->key == keys_signing(keys, use, now_ms));
}

size_t keys_verifying(const struct keys *keys, enum key_use use, int64_t now_ms,
		      struct jwt_key *out, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < keys->n && n < max; i++)
		if (is_published(keys, &keys->at[i], use, now_ms))
			out[n++] = keys->at[i].key;
	return n;
}

const struct jwt_key *keys_by_kid(const struct keys *keys, enum key_use use,
				  const char *kid, int64_t now_ms)
{
	for (size_t i = 0; i < keys->n; i++) {
		const struct entry *entry = &keys->at[i];

		if (entry->row.use == use && strcmp(entry->row.kid, kid) == 0 &&
		    !key_row_retired(&entry->row, now_ms))
			return &entry->key;
	}
	return NULL;
}

static void add_jwk(struct arena *arena, struct json *list, const struct jwt_key *key)
{
	struct json *jwk = json_push_object(arena, list);
	struct crypto_jwk half;

	crypto_key_jwk(arena, key->pair, &half);
	const struct {
		const char *name, *value;
	} members[] = {
		{"kty", half.kty}, {"use", "sig"},    {"alg", jwt_alg_name(key->alg)},
		{"kid", key->kid}, {"crv", half.crv}, {"x", half.x},
		{"y", half.y},	   {"n", half.n},     {"e", half.e},
	};

	for (size_t i = 0; i < COUNT(members); i++)
		if (members[i].value)
			json_add_text(arena, jwk, members[i].name, members[i].value);
}

char *keys_jwks(const struct keys *keys, struct arena *arena, int64_t now_ms)
{
	struct json *set = json_object(arena);
	struct json *list = json_add_array(arena, set, "keys");

	for (size_t i = 0; i < keys->n; i++)
		if (keys->at[i].pair &&
		    is_published(keys, &keys->at[i], KEY_ACCESS, now_ms))
			add_jwk(arena, list, &keys->at[i].key);
	return json_print(arena, set);
}
