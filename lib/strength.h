/* The one user of zxcvbn: how hard a password is to guess. */
#ifndef LIB_STRENGTH_H
#define LIB_STRENGTH_H

#include "lib/base.h"

/* 0 (worst) .. 4; `words` (NULL-ended) are the user's own, which count for nothing. At
 * most the first 64 bytes are looked at: the rest can only make it stronger. */
int strength_score(const char *password, const char *const *words) MUST_USE;

#endif
