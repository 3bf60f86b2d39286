/* How files become a struct conf: for conf_load(). */
#ifndef APP_CONF_FILE_H
#define APP_CONF_FILE_H

#include "app/setting.h"

/* Lays one file over `conf`. NULL: done; else "FILE:LINE: section.key: reason". */
const char *conf_file_read(struct arena *arena, struct conf *conf,
			   const char *path) MUST_USE;

/* Room for the sections of one kind that repeats; none is there yet. */
void conf_named_init(struct arena *arena, struct conf *conf,
		     const struct setting_section *section);
/* The struct of [section name]; where it is new, with the defaults. NULL: `*why` says
 * what is wrong with the name. */
void *conf_named_enter(struct arena *arena, struct conf *conf,
		       const struct setting_section *section, const char *name,
		       const char **why) MUST_USE;

#endif
