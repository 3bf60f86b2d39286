/* Runs a target's corpus, and then inputs made of it at random, without libFuzzer.
 *
 *	NAME DIRECTORY...
 *
 * The seed is fixed: what fails fails again. */
#include <fcntl.h>
#include <ftw.h>
#include <unistd.h>

#include "lib/clock.h"
#include "t/fuzz/fuzz.h"

enum { INPUTS_MAX = 1024, BYTES_MAX = 64 * 1024, RANDOM_MS = 1000, EDITS_MAX = 4 };

static struct input {
	size_t n;
	uint8_t *bytes;
} inputs[INPUTS_MAX];
static size_t n_inputs;

/* ---- the corpus ---- */

static int add(const char *path, const struct stat *st, int type, struct FTW *ftw UNUSED)
{
	struct input *input = &inputs[n_inputs];
	int fd;

	if (type != FTW_F)
		return 0;
	INVARIANT(n_inputs < INPUTS_MAX && st->st_size <= BYTES_MAX);
	*input = (struct input){(size_t)st->st_size, malloc((size_t)st->st_size + 1)};
	fd = open(path, O_RDONLY | O_CLOEXEC);
	INVARIANT(fd >= 0 && input->bytes);
	INVARIANT(read(fd, input->bytes, input->n) == (ssize_t)input->n);
	close(fd);
	n_inputs++;
	return 0;
}

/* In memory of exactly that size, so that a sanitizer sees a byte read too many */
static void run(const uint8_t *bytes, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	INVARIANT(copy);
	memcpy(copy, bytes, n);
	(void)LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

/* ---- at random ---- */

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators" */
static size_t random_below(size_t bound)
{
	static uint64_t state = 88172645463325252ULL;

	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (size_t)((state * 2685821657736338717ULL >> 32) % bound);
}

static const struct input *any_input(void)
{
	return &inputs[random_below(n_inputs)];
}

/* Part of another one in the place of `n` bytes from `at` on */
static void put(struct input *input, size_t at, size_t n, const uint8_t *with, size_t m)
{
	if (input->n - n + m > BYTES_MAX)
		return;
	memmove(input->bytes + at + m, input->bytes + at + n, input->n - at - n);
	if (m)
		memcpy(input->bytes + at, with, m);
	input->n += m - n;
}

static void edit(struct input *input)
{
	static const uint8_t TELLING[] =
		"\0\xff\x7f\x80 \t\r\n\"'\\{}[]:,.;=&%+-$/@<>0Aa";
	const struct input *other = any_input();
	size_t at = random_below(input->n + 1), n = random_below(input->n - at + 1);
	size_t from = random_below(other->n + 1), m = random_below(other->n - from + 1);

	switch (random_below(5)) {
	case 0: /* another byte */
		put(input, at, n ? 1 : 0, TELLING + random_below(sizeof TELLING), 1);
		break;
	case 1: /* another bit */
		if (at < input->n)
			input->bytes[at] ^= (uint8_t)(1 << random_below(8));
		break;
	case 2: /* part of it gone */
		put(input, at, n, NULL, 0);
		break;
	case 3: /* the end of another */
		put(input, at, input->n - at, other->bytes + from, other->n - from);
		break;
	default: /* part of another */
		put(input, at, random_below(2) ? n : 0, other->bytes + from, m);
	}
}

static size_t run_random(void)
{
	static uint8_t memory[BYTES_MAX];
	const int64_t until = clock_mono_ms() + RANDOM_MS;
	size_t count = 0;

	for (; clock_mono_ms() < until; count++) {
		const struct input *from = any_input();
		struct input input = {from->n, memory};

		memcpy(memory, from->bytes, from->n);
		for (size_t edits = 1 + random_below(EDITS_MAX); edits; edits--)
			edit(&input);
		run(input.bytes, input.n);
	}
	return count;
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	size_t count;

	for (int i = 1; i < argc; i++)
		if (nftw(argv[i], add, 8, FTW_PHYS) != 0)
			fprintf(stderr, "%s: %s: no such directory\n", name, argv[i]);
	if (n_inputs == 0) {
		fprintf(stderr, "%s: there is no corpus\n", name);
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < n_inputs; i++)
		run(inputs[i].bytes, inputs[i].n);
	count = run_random();
	printf("%s: %zu inputs of the corpus, %zu at random\n", name, n_inputs, count);
	for (size_t i = 0; i < n_inputs; i++)
		free(inputs[i].bytes);
	return EXIT_SUCCESS;
}
