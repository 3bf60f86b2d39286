/* One page of a list. */
#ifndef APP_PAGE_H
#define APP_PAGE_H

#include "lib/base.h"

enum { PAGE_SIZE_MAX = 100, PAGE_SIZE = 10, PAGE_NUMBER_MAX = 1000000 };

struct page {
	int64_t number, size; /* from 1; a request's size is 1..PAGE_SIZE_MAX */
};

/* What came of it: `n` rows of `total` on all pages. */
struct page_found {
	size_t n;
	int64_t total;
};

#endif
