/* Names of roles, in one place. */
#ifndef APP_ROLE_NAME_H
#define APP_ROLE_NAME_H

#include "lib/arena.h"

enum {
	ROLE_NAME_MAX = 80,
	ROLE_DESCRIPTION_MAX = 255, /* code points */
	ROLE_NAMES_MAX = 1536, /* bytes of all the names that one user has */
};

/* 1..80 ASCII letters, digits, '.', '_', ':', '-', beginning with a letter or digit. */
bool role_name_valid(const char *name) MUST_USE;
/* The case-folded form, which is unique. */
char *role_name_key(struct arena *arena, const char *name) MUST_USE;

#endif
