#include "app/username.h"

#include "lib/text.h"

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

bool username_valid(const char *name)
{
	size_t n = strlen(name);

	return n >= USERNAME_MIN && n <= USERNAME_MAX && strchr(ALNUM, name[0]) &&
	       text_only(name, ALNUM "._-");
}

char *username_key(struct arena *arena, const char *name)
{
	return text_lower(arena, name);
}
