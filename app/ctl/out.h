/* What a command prints: lines and tables for people, or the same as JSON. Whatever could
 * steer a terminal or reorder its text is escaped, wherever it came from. */
#ifndef APP_CTL_OUT_H
#define APP_CTL_OUT_H

#include "app/ctl/ctl.h"

struct out_cell {
	const char *name; /* snake_case: the member's name, and the column's */
	int width; /* of the column */
	enum out_kind { OUT_IS_TEXT, OUT_IS_NUMBER, OUT_IS_FLAG } kind;
	const char *text; /* NULL: null in JSON, "-" for people */
	int64_t number;
};

#define OUT_TEXT(name, width, text)                                                      \
	{                                                                                \
		name, width, OUT_IS_TEXT, text, 0                                        \
	}
#define OUT_NUMBER(name, width, number)                                                  \
	{                                                                                \
		name, width, OUT_IS_NUMBER, NULL, number                                 \
	}
#define OUT_FLAG(name, width, flag)                                                      \
	{                                                                                \
		name, width, OUT_IS_FLAG, NULL, flag                                     \
	}

/* A line for people; nothing in JSON. */
void out_say(struct ctl *ctl, const char *fmt, ...) PRINTF(2, 3);
/* One thing: a line a cell, or members of the result. */
void out_record(struct ctl *ctl, const struct out_cell *cells, size_t n);
/* Many alike: out_list() names the array, then a row each under one heading. */
void out_list(struct ctl *ctl, const char *name);
void out_row(struct ctl *ctl, const struct out_cell *cells, size_t n);
/* Why not, on stderr; gives CTL_REFUSED, so that a command can return it. */
enum ctl_exit out_refuse(struct ctl *ctl, const char *fmt, ...) PRINTF(2, 3);
/* A word on stderr that changes no exit code. */
void out_warn(struct ctl *ctl, const char *fmt, ...) PRINTF(2, 3);
/* PostgreSQL did not do it; the log on stderr has said why. */
enum ctl_exit out_down(struct ctl *ctl);
/* Prints the result of --json. False: standard output did not take what was printed. */
bool out_end(struct ctl *ctl) MUST_USE;

/* `text` with C0, C1 and DEL controls, line and paragraph separators and directional
 * marks as \u00XX, and what is not UTF-8 as U+FFFD. */
char *out_escape(struct arena *arena, const char *text) MUST_USE;

#endif
