#include "app/role_name.h"

#include "lib/text.h"

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

bool role_name_valid(const char *name)
{
	return *name && strlen(name) <= ROLE_NAME_MAX && strchr(ALNUM, name[0]) &&
	       text_only(name, ALNUM "._:-");
}

char *role_name_key(struct arena *arena, const char *name)
{
	return text_lower(arena, name);
}
