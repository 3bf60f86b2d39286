/* A directory under /tmp for the configuration files of each test. */
#ifndef T_FAKE_CONF_DIR_H
#define T_FAKE_CONF_DIR_H

#include <check.h>
#include <sys/stat.h>

#include "app/conf.h"

extern struct arena *arena;

void conf_dir_setup(void);
void conf_dir_teardown(void);
const char *conf_dir_path(const char *name);
/* Gives the path. conf.d/NAME makes that directory too. */
const char *conf_dir_write(const char *name, mode_t mode, const char *text);
/* `text` as main.conf; it must be taken. */
const struct conf *conf_dir_load(const char *text);
/* What is said about it, behind the path of main.conf; it must be refused. */
const char *conf_dir_refusal(const char *text);

#endif
