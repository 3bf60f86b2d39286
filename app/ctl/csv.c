#include "app/ctl/csv.h"

static const char BETWEEN[] = " \t,;";

/* `at` is behind the first quote; `*end` what follows the second. NULL: there is none. */
static char *unquote(char *at, char **end)
{
	char *field = at, *to = at;

	for (; *at; at++) {
		if (*at == '"' && *++at != '"') {
			*to = '\0';
			*end = at;
			return field;
		}
		*to++ = *at;
	}
	return NULL;
}

const char *csv_split(char *record, const char **fields, size_t max, size_t *n)
{
	char *at = record;
	size_t count = 0;

	for (;;) {
		char *field = at, *end = at + strcspn(at, ",");
		char stop;

		if (*at == '"')
			field = unquote(at + 1, &end);
		else if (memchr(at, '"', (size_t)(end - at)))
			return "has a quote inside of a field that does not begin with one";
		if (!field)
			return "has a quote without its other one";
		stop = *end;
		if (stop && stop != ',')
			return "has something behind a closing quote";
		if (count == max)
			return "has too many fields";
		*end = '\0';
		fields[count++] = field;
		if (!stop)
			break;
		at = end + 1;
	}
	*n = count;
	return NULL;
}

static size_t count_words(const char *text)
{
	size_t n = 0;

	while (*(text += strspn(text, BETWEEN))) {
		text += strcspn(text, BETWEEN);
		n++;
	}
	return n;
}

bool csv_words(struct arena *arena, const char *text, size_t max, const char *const **out,
	       size_t *n)
{
	size_t count = count_words(text);
	const char **words = arena_alloc(arena, (count + 1) * sizeof *words);

	if (count > max)
		return false;
	for (size_t i = 0; i < count; i++) {
		size_t len;

		text += strspn(text, BETWEEN);
		len = strcspn(text, BETWEEN);
		words[i] = arena_dupn(arena, text, len);
		text += len;
	}
	*out = words;
	*n = count;
	return true;
}
