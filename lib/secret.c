#include "lib/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/text.h"

void secret_wipe(void *memory, size_t n)
{
	explicit_bzero(memory, n);
}

bool secret_equal(const void *a, const void *b, size_t n)
{
	const volatile uint8_t *left = a, *right = b;
	uint8_t differs = 0;

	for (size_t i = 0; i < n; i++)
		differs |= left[i] ^ right[i];
	return differs == 0;
}

bool secret_equal_text(const char *a, const char *b)
{
	size_t n = strlen(a);

	return n == strlen(b) && secret_equal(a, b, n);
}

void secret_random(void *out, size_t n)
{
	uint8_t *at = out;

	while (n) {
		ssize_t got = getrandom(at, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		INVARIANT(got > 0);
		at += got;
		n -= (size_t)got;
	}
}

char *secret_uuid(struct arena *arena)
{
	static const uint8_t GROUPS[] = {4, 2, 2, 2, 6};
	uint8_t random[16], *from = random;
	char *text = arena_alloc(arena, 37), *to = text;

	secret_random(random, sizeof random);
	random[6] = (random[6] & 0x0f) | 0x40; /* version, RFC 9562 §5.4 */
	random[8] = (random[8] & 0x3f) | 0x80; /* variant, §4.1 */
	for (size_t i = 0; i < COUNT(GROUPS); i++) {
		if (i)
			*to++ = '-';
		to = text_put_hex(to, from, GROUPS[i]);
		from += GROUPS[i];
	}
	return text;
}

char *secret_random_hex(struct arena *arena, size_t bytes)
{
	uint8_t random[64];
	char *text;

	INVARIANT(bytes <= sizeof random);
	secret_random(random, bytes);
	text = text_hex(arena, random, bytes);
	secret_wipe(random, sizeof random);
	return text;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static const char *refuse_file(int fd, size_t max)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return strerrordesc_np(errno);
	if (!S_ISREG(st.st_mode))
		return "not a regular file";
	if (st.st_mode & (S_IROTH | S_IWOTH | S_IWGRP))
		return "others may read or write it, or its group may write it";
	if (st.st_size < 0 || (uintmax_t)st.st_size > max)
		return "too long";
	return NULL;
}

/* Up to `max` bytes; what they were said to be may have changed since. -1: errno. */
static ssize_t read_whole(int fd, char *out, size_t max)
{
	size_t have = 0;

	while (have < max) {
		ssize_t got = read(fd, out + have, max - have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (ssize_t)have;
}

char *secret_load(struct arena *arena, const char *path, size_t max, const char **why)
{
	CLEANUP(close_fd)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	const char *refused = fd < 0 ? strerrordesc_np(errno) : refuse_file(fd, max);
	ssize_t len = -1;
	char *text = NULL;

	if (!refused) {
		text = arena_alloc(arena, max + 2);
		len = read_whole(fd, text, max + 1);
		if (len < 0)
			refused = strerrordesc_np(errno);
		else if ((size_t)len > max)
			refused = "too long";
		else if (memchr(text, '\0', (size_t)len))
			refused = "it has a NUL byte";
	}
	if (refused) {
		*why = refused;
		return NULL;
	}
	if (len > 0 && text[len - 1] == '\n')
		text[len - 1] = '\0';
	return text;
}
