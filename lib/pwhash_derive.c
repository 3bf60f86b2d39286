#include "lib/pwhash_derive.h"

#include <argon2.h>
#include <sodium.h>

#include "lib/pwhash_memory.h"

#define KIB ((size_t)1024)

static bool in_kept;

/* Not by libsodium's own verification: to it, memory that it did not get is a wrong
 * password. */
static bool by_sodium(const struct phc *phc, const char *password, size_t n,
		      uint32_t kept_kib, uint8_t *tag)
{
	int rc;

	/* Chooses the code for this processor, once */
	if (phc->cost.lanes != 1 || phc->salt_len != crypto_pwhash_argon2id_SALTBYTES ||
	    sodium_init() < 0)
		return false;
	/* It rounds down to 4 KiB; half as much is still nothing else. */
	pwhash_memory_lend(phc->cost.memory_kib * KIB / 2, kept_kib * KIB);
	rc = crypto_pwhash_argon2id(tag, phc->tag_len, password, n, phc->salt,
				    phc->cost.passes, phc->cost.memory_kib * KIB,
				    crypto_pwhash_argon2id_ALG_ARGON2ID13);
	in_kept = pwhash_memory_end();
	return rc == 0;
}

static bool by_argon2(const struct phc *phc, const char *password, size_t n, uint8_t *tag)
{
	int rc = argon2id_hash_raw(phc->cost.passes, phc->cost.memory_kib,
				   phc->cost.lanes, password, n, phc->salt, phc->salt_len,
				   tag, phc->tag_len);

	in_kept = false;
	if (rc == ARGON2_MEMORY_ALLOCATION_ERROR || rc == ARGON2_THREAD_FAIL)
		return false;
	INVARIANT(rc == ARGON2_OK);
	return true;
}

bool pwhash_derive(const struct phc *phc, const char *password, size_t n,
		   uint32_t kept_kib, uint8_t *tag)
{
	return by_sodium(phc, password, n, kept_kib, tag) ||
	       by_argon2(phc, password, n, tag);
}

bool pwhash_derived_in_kept(void)
{
	return in_kept;
}
