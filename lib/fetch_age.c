#include "lib/fetch_age.h"

#include <strings.h>

static const int64_t AGE_MAX = INT64_C(1) << 31; /* RFC 9111 §1.2.2 */

static bool is_word(const char *text, size_t n, const char *word)
{
	return n == strlen(word) && strncasecmp(text, word, n) == 0;
}

/* Digits, perhaps in quotes; 0 for anything else. */
static int64_t seconds(const char *text, size_t n)
{
	int64_t out = 0;

	if (n >= 2 && text[0] == '"' && text[n - 1] == '"') {
		text++;
		n -= 2;
	}
	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return 0;
		out = out * 10 + (text[i] - '0');
		if (out > AGE_MAX)
			out = AGE_MAX;
	}
	return out;
}

static int64_t of_directive(const char *text, size_t n)
{
	const char *equals = memchr(text, '=', n);
	size_t name_len = equals ? (size_t)(equals - text) : n;

	if (is_word(text, name_len, "no-store") || is_word(text, name_len, "no-cache"))
		return 0;
	if (!is_word(text, name_len, "max-age"))
		return FETCH_NO_AGE;
	return equals ? seconds(equals + 1, n - name_len - 1) : 0;
}

int64_t fetch_age_less(int64_t a, int64_t b)
{
	if (a == FETCH_NO_AGE)
		return b;
	return b == FETCH_NO_AGE || a < b ? a : b;
}

int64_t fetch_age_of(const char *cache_control)
{
	int64_t age = FETCH_NO_AGE;
	const char *at = cache_control;

	while (*(at += strspn(at, ", \t"))) {
		size_t n = strcspn(at, ", \t");

		age = fetch_age_less(age, of_directive(at, n));
		at += n;
	}
	return age;
}
