#include "app/ctl/when.h"

#include "lib/clock.h"
#include "lib/text.h"

enum { DATE_LEN = 10, TIME_LEN = 8, FRACTION_MAX = 9, AGES_MAX = 100000 };

/* The first and the last ms of the years that can be printed in any zone */
static const int64_t EARLIEST = INT64_C(-62135596800000);
static const int64_t LATEST = INT64_C(253370764799999);

static size_t count_digits(const char *text)
{
	return strspn(text, "0123456789");
}

/* ".123456": the ms of it, and `*at` behind it */
static bool take_fraction(const char **at, int64_t *ms)
{
	size_t n;
	int64_t unit = 100;

	*ms = 0;
	if (**at != '.' && **at != ',')
		return true;
	n = count_digits(++*at);
	if (!n || n > FRACTION_MAX)
		return false;
	for (size_t i = 0; i < n; i++, unit /= 10)
		*ms += ((*at)[i] - '0') * unit;
	*at += n;
	return true;
}

static bool two_digits(const char *at, int64_t max, int64_t *out)
{
	if (count_digits(at) < 2)
		return false;
	*out = (int64_t)(at[0] - '0') * 10 + at[1] - '0';
	return *out <= max;
}

/* Z, +HH, +HHMM or +HH:MM (RFC 3339 §5.6, ISO 8601); nothing is UTC. */
static bool read_zone(const char *at, int64_t *ms)
{
	int64_t sign = *at == '-' ? -1 : 1, hours, minutes = 0;

	*ms = 0;
	if (!*at || !strcmp(at, "Z") || !strcmp(at, "z"))
		return true;
	if ((*at != '+' && *at != '-') || !two_digits(at + 1, 23, &hours))
		return false;
	at += 3;
	at += *at == ':' && at[1];
	if (*at && (!two_digits(at, 59, &minutes) || at[2]))
		return false;
	*ms = sign * (hours * 60 + minutes) * 60000;
	return true;
}

bool when_parse(struct arena *arena, const char *text, int64_t *real_ms)
{
	const char *time = "00:00:00", *rest = "";
	int64_t ms, zone, whole;

	if (strnlen(text, DATE_LEN + 1) > DATE_LEN) {
		if (!strchr("Tt ", text[DATE_LEN]))
			return false;
		time = text + DATE_LEN + 1;
		if (strnlen(time, TIME_LEN) < TIME_LEN)
			return false;
		rest = time + TIME_LEN;
	}
	if (!clock_parse(
		    arena_printf(arena, "%.*sT%.*sZ", DATE_LEN, text, TIME_LEN, time),
		    &whole) ||
	    !take_fraction(&rest, &ms) || !read_zone(rest, &zone))
		return false;
	whole += ms - zone;
	if (whole < EARLIEST || whole > LATEST)
		return false;
	*real_ms = whole;
	return true;
}

static const struct {
	char letter;
	int64_t ms;
} units[] = {
	{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}, {'w', 604800000},
};

bool when_since(struct arena *arena, const char *text, int64_t now_ms, int64_t *real_ms)
{
	size_t n = count_digits(text);
	int64_t count;

	if (!n || !text[n] || text[n + 1])
		return when_parse(arena, text, real_ms);
	if (!text_number(arena_dupn(arena, text, n), 0, AGES_MAX, &count))
		return false;
	for (size_t i = 0; i < COUNT(units); i++)
		if (units[i].letter == text[n]) {
			int64_t since = now_ms - count * units[i].ms;

			*real_ms = since > 0 ? since : 0;
			return true;
		}
	return false;
}
