/* Faults put here on purpose: t/analyze/exceptions expects each to be found, so an
 * analyser that no longer looks, or takes INVARIANT() and CLEANUP() for what they are
 * not, is told. Part of no program. */
#include <fcntl.h>
#include <unistd.h>

#include "lib/base.h"

int planted_null(int wanted);
int planted_leak(const char *path);
int planted_after_free(void);
int planted_none(const char *path, const int *wanted);

static void close_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

int planted_null(int wanted)
{
	const int *nothing = NULL;

	return wanted > 1 ? *nothing : 0;
}

int planted_leak(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	FILE *file = fopen(path, "re");

	if (fd < 0 || !file)
		return -1;
	return fgetc(file);
}

int planted_after_free(void)
{
	char *text = malloc(2);

	if (!text)
		return 0;
	text[0] = 'a';
	free(text);
	return text[0];
}

/* Nothing is wrong here. */
int planted_none(const char *path, const int *wanted)
{
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);

	INVARIANT(wanted);
	return fd < 0 ? -1 : *wanted;
}
