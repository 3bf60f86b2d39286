/* The manifest of the key directory: for app/keys.c, which reads it, and app/keys_edit.c,
 * which changes it. app/keys.h has its form. */
#ifndef APP_KEYS_MANIFEST_H
#define APP_KEYS_MANIFEST_H

#include <sys/stat.h>

#include "app/keys.h"

enum { KEY_ROWS_MAX = 128, KEY_KID_MAX = 64 };

struct manifest {
	size_t n;
	struct key_row rows[KEY_ROWS_MAX];
	struct stat file; /* as it was when it was read; all zero: there was none */
};

/* Of the file "DIR/manifest". NULL: read. Else the reason, in the arena; `*is_missing` is
 * whether there is no such file. */
const char *manifest_read(struct arena *arena, const char *dir, struct manifest *out,
			  bool *is_missing) MUST_USE;
char *manifest_text(struct arena *arena, const struct manifest *manifest) MUST_USE;
/* Is it the same file with the same content? */
bool manifest_same(const struct stat *a, const struct stat *b) MUST_USE;

bool key_use_takes(enum key_use use, enum jwt_alg alg) MUST_USE;
/* KID.pem or KID.key */
char *key_file_name(struct arena *arena, const struct key_row *row) MUST_USE;
bool key_row_retired(const struct key_row *row, int64_t now_ms) MUST_USE;

#endif
