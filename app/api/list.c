#include "app/api/list.h"

#include "app/api/input.h"
#include "lib/text.h"

static void number(struct request *req, const char *name, int64_t max, int64_t *out)
{
	const char *text = request_parameter(req, name);

	if (text && !text_number(text, 1, max, out))
		input_problem(req, name, "invalid",
			      "This must be a number in its range.");
}

enum err list_page(struct request *req, struct page *out)
{
	*out = (struct page){.number = 1, .size = PAGE_SIZE};
	number(req, "page", PAGE_NUMBER_MAX, &out->number);
	number(req, "per_page", PAGE_SIZE_MAX, &out->size);
	return input_done(req);
}

void list_begin(struct request *req, struct list *out, const struct page *page,
		const struct page_found *found)
{
	struct arena *a = req->ctx->arena;

	out->body = json_object(a);
	out->items = json_add_array(a, out->body, "items");
	json_add_integer(a, out->body, "page", page->number);
	json_add_integer(a, out->body, "per_page", page->size);
	json_add_integer(a, out->body, "total", found->total);
}

void list_end(struct request *req, struct response *res, const struct list *list)
{
	response_header(res, "Cache-Control", "no-store");
	response_json(req, res, 200, list->body);
}
