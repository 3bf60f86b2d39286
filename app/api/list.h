/* Lists: {"items", "page", "per_page", "total"}. */
#ifndef APP_API_LIST_H
#define APP_API_LIST_H

#include "app/page.h"
#include "app/response.h"

/* From the query's page and per_page; a bad value is noted as any other bad field. */
enum err list_page(struct request *req, struct page *out) MUST_USE;

struct list {
	struct json *body, *items; /* `items` is filled between begin and end */
};

void list_begin(struct request *req, struct list *out, const struct page *page,
		const struct page_found *found);
void list_end(struct request *req, struct response *res, const struct list *list);

#endif
