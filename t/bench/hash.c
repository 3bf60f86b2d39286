/* How many hashes a second, by what hash_once() does: hash_kept.c or hash_ours.c.
 *
 *	PROGRAM SECONDS		one process; the bench runs one for each core at the same
 *time
 */
#include "t/bench/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	double seconds = argc == 2 ? atof(argv[1]) : 0, begin;
	int n = 0;

	if (seconds <= 0 || !hash_once()) /* the first one is not counted */
		return 1;
	begin = now();
	do {
		if (!hash_once())
			return 1;
		n++;
	} while (now() - begin < seconds);
	printf("%.3f\n", n / (now() - begin));
	return 0;
}
