/* User names, in one place. */
#ifndef APP_USERNAME_H
#define APP_USERNAME_H

#include "lib/arena.h"

enum { USERNAME_MIN = 3, USERNAME_MAX = 32 };

/* 3..32 ASCII letters, digits, '.', '_', '-', beginning with a letter or digit. */
bool username_valid(const char *name) MUST_USE;
/* The case-folded form, which is unique. */
char *username_key(struct arena *arena, const char *name) MUST_USE;

#endif
