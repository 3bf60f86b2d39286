/* Password hashes that a database or another system has: lib/pwhash.c, lib/foreign.c. */
#include "lib/foreign.h"
#include "lib/pwhash.h"
#include "t/fuzz/fuzz.h"

static const struct pwhash_cost OURS = {.memory_kib = 64, .passes = 2, .lanes = 1};

/* Cheap enough to be done for each input */
enum { CHEAP_KIB = 64, CHEAP_PASSES = 2 };

/* scanf(3): base64, skipped */
#define BYTES "%*[ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/]"
#define FORM  "$argon2id$v=19$m=%9u,t=%9u,p=%9u$%n" BYTES "%n$" BYTES "%n"

/* The same form read by other means: what is usable is bounded. */
static void is_bounded(const char *phc, unsigned *memory, unsigned *passes)
{
	unsigned lanes;
	int head = 0, salt = 0, end = 0;

	INVARIANT(sscanf(phc, FORM, memory, passes, &lanes, &head, &salt, &end) == 3);
	INVARIANT(end && !phc[end]);
	INVARIANT(salt - head >= 11 && salt - head <= 86); /* of 8 to 64 bytes */
	INVARIANT(end - salt - 1 >= 22 && end - salt - 1 <= 86); /* of 16 to 64 */
	INVARIANT(lanes >= 1 && lanes <= 16 && *passes >= 1 && *passes <= 64);
	INVARIANT(*memory >= 8 * lanes && *memory <= 256 * 1024);
	INVARIANT((uint64_t)*memory * *passes <= 2 * 1024 * 1024);
}

static void judge_ours(const char *phc)
{
	uint64_t before = pwhash_count();
	unsigned memory, passes;

	if (!pwhash_usable(&OURS, phc)) {
		INVARIANT(!pwhash_is_current(&OURS, phc));
		return;
	}
	is_bounded(phc, &memory, &passes);
	INVARIANT(!foreign_known(phc));
	if (pwhash_is_current(&OURS, phc))
		INVARIANT(memory == OURS.memory_kib && passes == OURS.passes);
	if (memory > CHEAP_KIB || passes > CHEAP_PASSES)
		return;
	/* What is usable costs one hash, and libargon2 understands it, too */
	INVARIANT(pwhash_check(&OURS, phc, "a password") != PWHASH_DOWN);
	INVARIANT(pwhash_count() == before + 1);
}

/* Those of LDAP take microseconds, the others what their hash says. */
static void judge_foreign(const char *hash)
{
	if (!foreign_known(hash)) {
		INVARIANT(foreign_check(hash, "a password") == PWHASH_MISMATCH);
		return;
	}
	INVARIANT(strlen(hash) <= 512 && !pwhash_usable(&OURS, hash));
	if (text_starts(hash, "{SSHA"))
		INVARIANT(foreign_check(hash, "a password") != PWHASH_DOWN);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	const char *text = fuzz_text(fuzz_arena(), bytes, n);

	judge_ours(text);
	judge_foreign(text);
	return 0;
}
