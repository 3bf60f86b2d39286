/* A key directory under /tmp for each test, and what the tests do in it. */
#ifndef T_FAKE_KEY_DIR_H
#define T_FAKE_KEY_DIR_H

#include <check.h>
#include <sys/stat.h>

#include "app/keys.h"

enum { ALL = (1U << KEY_USES) - 1, SECOND = 1000, NOBODY = 65534 };
enum { LEEWAY = JWT_LEEWAY_S * SECOND }; /* how far a clock may be put back */

extern struct arena *arena;
extern struct keys *keys; /* the last ones loaded */
extern char dir[], why[256];
extern int64_t now; /* real ms, as the test began */

char *key_dir_path(const char *name);
const char *key_dir_rotate(enum key_use use, enum jwt_alg alg, int64_t at, int64_t lead,
			   int64_t overlap);
void key_dir_make_all(void); /* a key for each use */
void key_dir_load(unsigned needed);
/* Loading them is refused, and these words are in the reason. */
void key_dir_refused(unsigned needed, const char *words);
void key_dir_write(const char *name, const char *text, mode_t mode);
struct stat key_dir_stat(const char *name);
bool key_dir_has(const char *name);

int key_dir_run(const char *name, const TTest *const *tests, size_t n);

#endif
