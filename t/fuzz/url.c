/* Addresses and ages as others write them: lib/url.c, lib/fetch_age.c,
 * redis_place_read(). */
#include "lib/url.h"

#include <arpa/inet.h>

#include "lib/fetch_age.h"
#include "lib/redis.h"
#include "t/fuzz/fuzz.h"

/* A sound one stays so with more in its query, which is then read as it was meant. */
static void extend(struct arena *arena, const char *url, const char *text)
{
	const struct url_pair pairs[] = {{"state", text}, {"none", NULL}};
	const char *longer = url_with(arena, url, pairs, COUNT(pairs));
	const char *value = strrchr(longer, '=') + 1;
	char *decoded;

	INVARIANT(url_is_sound(longer) && text_starts(longer, url));
	if (text_is_utf8(text, strlen(text)))
		INVARIANT(text_form_decode(arena, value, strlen(value), &decoded) &&
			  strcmp(decoded, text) == 0);
}

static void judge(struct arena *arena, const char *text)
{
	const char *host = url_after_scheme(text);

	extend(arena, "https://a.example/b?c=d", text);
	if (!url_is_sound(text)) {
		INVARIANT(!host || !url_is_authority(host));
		return;
	}
	INVARIANT(host && !strpbrk(text, " \t\r\n\"<>\\^`{|}#"));
	INVARIANT(!memchr(host, '@', strcspn(host, "/?")));
	extend(arena, text, "a b&c=d#e");
}

static void judge_place(struct arena *arena, const char *text)
{
	struct redis_place place;
	uint8_t address[sizeof(struct in6_addr)];

	if (!redis_place_read(text, &place))
		return;
	INVARIANT(place.port >= 1 && place.port <= UINT16_MAX);
	INVARIANT(inet_pton(strchr(place.host, ':') ? AF_INET6 : AF_INET, place.host,
			    address) == 1);
	INVARIANT(strstr(text, arena_dup(arena, place.host)));
}

static void judge_age(struct arena *arena, const char *text)
{
	int64_t age = fetch_age_of(text);
	const char *stricter = arena_printf(arena, "%s, no-store", text);

	INVARIANT(age >= FETCH_NO_AGE && age <= INT64_C(1) << 31);
	INVARIANT(age <= 0 || strcasestr(text, "max-age="));
	INVARIANT(fetch_age_of(stricter) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena *arena = fuzz_arena();
	const char *text = fuzz_text(arena, bytes, n);

	judge(arena, text);
	judge_place(arena, text);
	judge_age(arena, text);
	return 0;
}
