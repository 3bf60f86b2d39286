#include "lib/pwhash.h"

#include <argon2.h>

#include "lib/secret.h"
#include "lib/text.h"

enum {
	SALT_LEN = 16,
	TAG_LEN = 32,
	PASSWORD_MAX = 1024,
	/* What a stored hash may ask for, whoever wrote it. Memory and work (KiB x
	 * passes) may also be four times those of our own cost. */
	MEMORY_MAX_KIB = 256 * 1024,
	WORK_MAX_KIB = 2 * 1024 * 1024,
	COST_GROWTH = 4,
	PASSES_MAX = 64,
	LANES_MAX = 16,
	STORED_SALT_MIN = 8,
	STORED_SALT_MAX = 64,
	STORED_TAG_MIN = 16,
	STORED_TAG_MAX = 64,
};

static uint64_t hashes;

struct phc {
	struct pwhash_cost cost;
	size_t salt_len, tag_len;
};

static bool take_word(const char **at, const char *word)
{
	if (!text_starts(*at, word))
		return false;
	*at += strlen(word);
	return true;
}

/* A decimal without leading zeros, as the PHC format has it */
static bool take_number(const char **at, uint32_t *out)
{
	size_t digits = strspn(*at, "0123456789");
	uint32_t n = 0;

	if (digits == 0 || digits > 9 || **at == '0')
		return false;
	for (size_t i = 0; i < digits; i++)
		n = n * 10 + (uint32_t)((*at)[i] - '0');
	*at += digits;
	*out = n;
	return true;
}

/* base64 without padding (RFC 4648 §4), the bits left over zero (§3.5) */
static bool take_bytes(const char **at, size_t min, size_t max, size_t *n)
{
	static const char DIGITS[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789+/";
	static const char *const LAST[] = {DIGITS, "", "AQgw", "AEIMQUYcgkosw048"};
	size_t digits = strspn(*at, DIGITS);
	size_t bytes = digits * 3 / 4;

	if (digits == 0 || bytes < min || bytes > max ||
	    !strchr(LAST[digits % 4], (*at)[digits - 1]))
		return false;
	*at += digits;
	*n = bytes;
	return true;
}

static bool phc_parse(const char *text, struct phc *out)
{
	const char *at = text;
	struct phc phc;

	if (!take_word(&at, "$argon2id$v=19$m=") ||
	    !take_number(&at, &phc.cost.memory_kib) || !take_word(&at, ",t=") ||
	    !take_number(&at, &phc.cost.passes) || !take_word(&at, ",p=") ||
	    !take_number(&at, &phc.cost.lanes) || !take_word(&at, "$") ||
	    !take_bytes(&at, STORED_SALT_MIN, STORED_SALT_MAX, &phc.salt_len) ||
	    !take_word(&at, "$") ||
	    !take_bytes(&at, STORED_TAG_MIN, STORED_TAG_MAX, &phc.tag_len) || *at)
		return false;
	*out = phc;
	return true;
}

static uint64_t at_least(uint64_t bound, uint64_t other)
{
	return other > bound ? other : bound;
}

static uint64_t work(const struct pwhash_cost *cost)
{
	return (uint64_t)cost->memory_kib * cost->passes;
}

static bool is_bounded(const struct pwhash_cost *ours, const struct pwhash_cost *stored)
{
	uint64_t memory_max =
		at_least(MEMORY_MAX_KIB, (uint64_t)COST_GROWTH * ours->memory_kib);
	uint64_t work_max = at_least(WORK_MAX_KIB, COST_GROWTH * work(ours));

	return stored->passes <= PASSES_MAX && stored->lanes <= LANES_MAX &&
	       stored->memory_kib >= 8 * stored->lanes &&
	       stored->memory_kib <= memory_max && work(stored) <= work_max;
}

/* No memory, or no thread for a lane */
static bool is_shortage(int rc)
{
	return rc == ARGON2_MEMORY_ALLOCATION_ERROR || rc == ARGON2_THREAD_FAIL;
}

char *pwhash_make(struct arena *arena, const struct pwhash_cost *cost,
		  const char *password)
{
	size_t n = strlen(password);
	size_t size = argon2_encodedlen(cost->passes, cost->memory_kib, cost->lanes,
					SALT_LEN, TAG_LEN, Argon2_id);
	char *phc = arena_alloc(arena, size);
	uint8_t salt[SALT_LEN];
	int rc;

	INVARIANT(n <= PASSWORD_MAX);
	secret_random(salt, sizeof salt);
	hashes++;
	rc = argon2id_hash_encoded(cost->passes, cost->memory_kib, cost->lanes, password,
				   n, salt, sizeof salt, TAG_LEN, phc, size);
	if (is_shortage(rc))
		return NULL;
	INVARIANT(rc == ARGON2_OK);
	return phc;
}

/* As much work as a real check, and never a match */
static enum pwhash_verdict check_dummy(const struct pwhash_cost *cost,
				       const char *password, size_t n)
{
	static const uint8_t SALT[SALT_LEN] = "no such account";
	uint8_t tag[TAG_LEN];
	int rc;

	hashes++;
	rc = argon2id_hash_raw(cost->passes, cost->memory_kib, cost->lanes, password, n,
			       SALT, sizeof SALT, tag, sizeof tag);
	secret_wipe(tag, sizeof tag);
	if (is_shortage(rc))
		return PWHASH_DOWN;
	INVARIANT(rc == ARGON2_OK);
	return PWHASH_MISMATCH;
}

bool pwhash_usable(const struct pwhash_cost *cost, const char *phc)
{
	struct phc stored;

	return phc && phc_parse(phc, &stored) && is_bounded(cost, &stored.cost);
}

enum pwhash_verdict pwhash_check(const struct pwhash_cost *cost, const char *phc,
				 const char *password)
{
	size_t n = strlen(password);
	int rc;

	if (n > PASSWORD_MAX)
		return check_dummy(cost, password, PASSWORD_MAX);
	if (!pwhash_usable(cost, phc))
		return check_dummy(cost, password, n);

	rc = argon2id_verify(phc, password, n);
	if (rc != ARGON2_OK && rc != ARGON2_VERIFY_MISMATCH && !is_shortage(rc))
		return check_dummy(cost, password, n); /* refused before any work */
	hashes++;
	if (is_shortage(rc))
		return PWHASH_DOWN;
	return rc == ARGON2_OK ? PWHASH_MATCH : PWHASH_MISMATCH;
}

bool pwhash_is_current(const struct pwhash_cost *cost, const char *phc)
{
	struct phc stored;

	return phc && phc_parse(phc, &stored) &&
	       stored.cost.memory_kib == cost->memory_kib &&
	       stored.cost.passes == cost->passes && stored.cost.lanes == cost->lanes &&
	       stored.salt_len == SALT_LEN && stored.tag_len == TAG_LEN;
}

uint64_t pwhash_count(void)
{
	return hashes;
}
