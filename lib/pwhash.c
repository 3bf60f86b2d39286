#include "lib/pwhash.h"

#include <sodium.h>

#include "lib/clock.h"
#include "lib/pwhash_derive.h"
#include "lib/pwhash_memory.h"
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
};

/* base64 without padding: how the PHC format has bytes */
#define BASE64	     sodium_base64_VARIANT_ORIGINAL_NO_PADDING
#define DIGITS	     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
#define BASE64_OF(n) sodium_base64_ENCODED_LEN(n, BASE64) /* with the NUL */

static uint64_t hashes;
static int64_t last_ms; /* monotonic: when the last of them ended */

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

/* What is left over of the last digit's bits is zero (RFC 4648 §3.5): libsodium refuses
 * others. It takes some bytes above 127 for digits, and is not given them. */
static bool take_bytes(const char **at, size_t min, size_t max, uint8_t *out, size_t *n)
{
	size_t digits = strspn(*at, DIGITS);

	if (sodium_base642bin(out, max, *at, digits, NULL, n, NULL, BASE64) != 0 ||
	    *n < min)
		return false;
	*at += digits;
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
	    !take_bytes(&at, PHC_SALT_MIN, PHC_SALT_MAX, phc.salt, &phc.salt_len) ||
	    !take_word(&at, "$") ||
	    !take_bytes(&at, PHC_TAG_MIN, PHC_TAG_MAX, phc.tag, &phc.tag_len) || *at)
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

static char *phc_format(struct arena *arena, const struct phc *phc)
{
	char salt[BASE64_OF(PHC_SALT_MAX)], tag[BASE64_OF(PHC_TAG_MAX)];

	sodium_bin2base64(salt, sizeof salt, phc->salt, phc->salt_len, BASE64);
	sodium_bin2base64(tag, sizeof tag, phc->tag, phc->tag_len, BASE64);
	return arena_printf(arena, "$argon2id$v=19$m=%u,t=%u,p=%u$%s$%s",
			    phc->cost.memory_kib, phc->cost.passes, phc->cost.lanes, salt,
			    tag);
}

/* Memory is kept for hashes of our own cost, not for what somebody else has written. */
static bool derive(const struct pwhash_cost *ours, const struct phc *phc,
		   const char *password, size_t n, uint8_t *tag)
{
	bool derived = pwhash_derive(phc, password, n, ours->memory_kib, tag);

	hashes++;
	last_ms = clock_mono_ms();
	return derived;
}

char *pwhash_make(struct arena *arena, const struct pwhash_cost *cost,
		  const char *password)
{
	struct phc phc = {.cost = *cost, .salt_len = SALT_LEN, .tag_len = TAG_LEN};
	size_t n = strlen(password);

	INVARIANT(n <= PASSWORD_MAX);
	secret_random(phc.salt, phc.salt_len);
	return derive(cost, &phc, password, n, phc.tag) ? phc_format(arena, &phc) : NULL;
}

static bool phc_usable(const struct pwhash_cost *cost, const char *text, struct phc *out)
{
	return text && phc_parse(text, out) && is_bounded(cost, &out->cost);
}

bool pwhash_usable(const struct pwhash_cost *cost, const char *phc)
{
	struct phc stored;

	return phc_usable(cost, phc, &stored);
}

/* As much work as a real one */
static struct phc dummy_of(const struct pwhash_cost *cost)
{
	return (struct phc){
		.cost = *cost,
		.salt = "no such account",
		.salt_len = SALT_LEN,
		.tag_len = TAG_LEN,
	};
}

enum pwhash_verdict pwhash_check(const struct pwhash_cost *cost, const char *phc,
				 const char *password)
{
	size_t n = strnlen(password, PASSWORD_MAX + 1);
	bool too_long = n > PASSWORD_MAX;
	struct phc stored;
	bool usable = phc_usable(cost, phc, &stored) && !too_long;
	uint8_t tag[PHC_TAG_MAX] = {0};
	bool derived, equal;

	if (!usable)
		stored = dummy_of(cost);
	derived = derive(cost, &stored, password, too_long ? PASSWORD_MAX : n, tag);
	equal = secret_equal(tag, stored.tag, stored.tag_len);
	secret_wipe(tag, sizeof tag);
	if (!derived)
		return PWHASH_DOWN;
	return usable && equal ? PWHASH_MATCH : PWHASH_MISMATCH;
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

bool pwhash_kept_memory(void)
{
	return pwhash_derived_in_kept();
}

void pwhash_rest(int64_t unused_ms)
{
	if (clock_mono_ms() - last_ms >= unused_ms)
		pwhash_memory_free();
}
