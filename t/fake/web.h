/* The servers of others, in the place of lib/fetch.c: pages by their addresses, and what
 * was asked. An address that is not there is not found. */
#ifndef T_FAKE_WEB_H
#define T_FAKE_WEB_H

#include "lib/fetch.h"

struct web_page {
	const char *url, *body;
	int64_t max_age_s;
	int status; /* 0: 200 */
};

extern struct web {
	struct web_page pages[4];
	struct fetch_request asked[8]; /* with texts of its own */
	size_t n_asked;
	char texts[64 * 1024];
	size_t n_texts;
} web;

#endif
