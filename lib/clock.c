#include "lib/clock.h"

static int64_t read_ms(clockid_t id)
{
	struct timespec now;

	INVARIANT(clock_gettime(id, &now) == 0);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_real_ms(void)
{
	return read_ms(CLOCK_REALTIME);
}

int64_t clock_mono_ms(void)
{
	return read_ms(CLOCK_MONOTONIC);
}

int64_t clock_mono_us(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

void clock_sleep(int64_t ms)
{
	const struct timespec time = {ms / 1000, ms % 1000 * 1000000};

	(void)nanosleep(&time, NULL);
}

static void put_digits(char *out, int digits, int n)
{
	for (int i = digits - 1; i >= 0; i--, n /= 10)
		out[i] = (char)('0' + n % 10);
}

void clock_format(int64_t real_ms, char out[CLOCK_TEXT_SIZE])
{
	int64_t ms = (real_ms % 1000 + 1000) % 1000; /* also right before 1970 */
	time_t seconds = (time_t)((real_ms - ms) / 1000);
	struct tm tm;

	INVARIANT(gmtime_r(&seconds, &tm));
	INVARIANT(tm.tm_year >= -1900 && tm.tm_year <= 8099);
	memcpy(out, "0000-00-00T00:00:00.000Z", CLOCK_TEXT_SIZE);
	put_digits(out, 4, tm.tm_year + 1900);
	put_digits(out + 5, 2, tm.tm_mon + 1);
	put_digits(out + 8, 2, tm.tm_mday);
	put_digits(out + 11, 2, tm.tm_hour);
	put_digits(out + 14, 2, tm.tm_min);
	put_digits(out + 17, 2, tm.tm_sec);
	put_digits(out + 20, 3, (int)ms);
}

char *clock_rfc3339(struct arena *arena, int64_t real_ms)
{
	char *text = arena_alloc(arena, CLOCK_TEXT_SIZE);

	clock_format(real_ms, text);
	return text;
}

/* '0' stands for any digit, the rest for itself; nothing follows. */
static bool has_form(const char *text, const char *form)
{
	for (; *form; form++, text++) {
		bool ok = *form == '0' ? *text >= '0' && *text <= '9' : *text == *form;

		if (!ok)
			return false;
	}
	return *text == '\0';
}

static int get_digits(const char *text, int digits)
{
	int n = 0;

	for (int i = 0; i < digits; i++)
		n = n * 10 + (text[i] - '0');
	return n;
}

bool clock_parse(const char *text, int64_t *real_ms)
{
	struct tm tm, back;
	time_t seconds;
	int ms = 0;

	if (has_form(text, "0000-00-00T00:00:00.000Z"))
		ms = get_digits(text + 20, 3);
	else if (!has_form(text, "0000-00-00T00:00:00Z"))
		return false;
	tm = (struct tm){
		.tm_year = get_digits(text, 4) - 1900,
		.tm_mon = get_digits(text + 5, 2) - 1,
		.tm_mday = get_digits(text + 8, 2),
		.tm_hour = get_digits(text + 11, 2),
		.tm_min = get_digits(text + 14, 2),
		.tm_sec = get_digits(text + 17, 2),
	};
	back = tm;
	seconds = timegm(&back); /* moves the 31st of June to July: not the same again */
	if (back.tm_mon != tm.tm_mon || back.tm_mday != tm.tm_mday ||
	    back.tm_hour != tm.tm_hour || back.tm_min != tm.tm_min ||
	    back.tm_sec != tm.tm_sec)
		return false;
	*real_ms = (int64_t)seconds * 1000 + ms;
	return true;
}
