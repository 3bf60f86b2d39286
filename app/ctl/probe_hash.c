#include <unistd.h>

#include "app/ctl/probes.h"
#include "app/password.h"
#include "lib/clock.h"
#include "lib/pwhash.h"

enum {
	ROUNDS = 7,
	LEAST_WORK_KIB = 2 * 19456, /* memory times passes, as OWASP asks of argon2id */
	SLOW_US = 250 * 1000, /* at which people begin to notice a login */
};

#define SLOWER "; the slower way, as lanes is not 1 or libsodium does not map its memory"

static int by_size(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

/* The median of some, in microseconds; -1: no memory. */
static int64_t measure(struct ctl *ctl, const struct pwhash_cost *cost)
{
	int64_t took[ROUNDS];

	for (size_t i = 0; i < ROUNDS; i++) {
		int64_t began = clock_mono_us();

		if (!pwhash_make(ctl->context.arena, cost,
				 "correct horse battery staple"))
			return -1;
		took[i] = clock_mono_us() - began;
	}
	qsort(took, ROUNDS, sizeof *took, by_size);
	return took[ROUNDS / 2];
}

static long workers_of(const struct conf *conf)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	return conf->server_slow_workers ? (long)conf->server_slow_workers
					 : (cores > 0 ? cores : 1);
}

struct finding probe_hash(struct ctl *ctl)
{
	const struct conf *conf = ctl->context.conf;
	const struct pwhash_cost cost = password_cost(conf);
	long workers = workers_of(conf);
	int64_t us = measure(ctl, &cost);
	long long a_second = workers * 1000000LL / (us > 0 ? us : 1);
	double ms = (double)us / 1000;
	const char *slower = pwhash_kept_memory() ? "" : SLOWER;

	if (us < 0)
		return probe_wrong(
			ctl, "there is no memory for one: lower passwords.memory_kib");
	if (conf->passwords_memory_kib * conf->passwords_passes < LEAST_WORK_KIB)
		return probe_wrong(ctl,
				   "takes %.1f ms, but is weaker than OWASP's least: "
				   "memory_kib * passes of %d",
				   ms, LEAST_WORK_KIB);
	if (us > SLOW_US)
		return probe_wrong(
			ctl,
			"takes %.1f ms, which slows every login: lower passes, "
			"or memory_kib down to 19456%s",
			ms, slower);
	return probe_ok(
		ctl,
		"takes %.1f ms: about %lld logins a second with %ld slow workers%s%s", ms,
		a_second, workers,
		us < SLOW_US / 10 ? "; there is room for more passes" : "", slower);
}
