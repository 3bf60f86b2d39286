#include "app/email.h"

#include "lib/text.h"
#include "lib/unicode.h"

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define ATEXT ALNUM "!#$%&'*+/=?^_`{|}~-"

static bool local_is_dot_atom(const char *local)
{
	size_t n = strlen(local);

	if (n == 0 || n > EMAIL_LOCAL_MAX || !text_only(local, ATEXT "."))
		return false;
	return local[0] != '.' && local[n - 1] != '.' && !strstr(local, "..");
}

bool email_parse(struct arena *arena, const char *typed, struct email *out)
{
	const char *whole = text_trim(arena, typed);
	const char *at = strrchr(whole, '@');
	const char *local, *domain, *address;

	if (!at || strlen(whole) > (size_t)2 * EMAIL_MAX)
		return false;
	local = arena_dupn(arena, whole, (size_t)(at - whole));
	if (!local_is_dot_atom(local))
		return false;
	domain = unicode_domain(arena, at + 1);
	if (!domain || !strchr(domain, '.'))
		return false;
	address = arena_printf(arena, "%s@%s", local, domain);
	if (strlen(address) > EMAIL_MAX)
		return false;
	out->address = address;
	out->key = text_lower(arena, address);
	return true;
}
