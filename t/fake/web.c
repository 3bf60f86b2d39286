#include "t/fake/web.h"

#include "lib/fetch.h"
#include "t/unit/unit.h"

struct web web;

struct fetch {
	int unused;
};

struct fetch *fetch_new(void)
{
	return calloc(1, sizeof(struct fetch));
}

void fetch_free(struct fetch **fetch)
{
	free(*fetch);
	*fetch = NULL;
}

static const char *keep(const char *text)
{
	size_t n = text ? strlen(text) + 1 : 0;
	char *copy = web.texts + web.n_texts;

	if (!text)
		return NULL;
	ck_assert_uint_le(n, sizeof web.texts - web.n_texts);
	web.n_texts += n;
	return memcpy(copy, text, n);
}

bool fetch_run(struct fetch *fetch, struct arena *arena,
	       const struct fetch_request *request, struct fetch_answer *out,
	       const char **why)
{
	ck_assert_ptr_nonnull(fetch);
	ck_assert_uint_lt(web.n_asked, COUNT(web.asked));
	web.asked[web.n_asked] = *request;
	web.asked[web.n_asked].url = keep(request->url);
	web.asked[web.n_asked].form = keep(request->form);
	web.asked[web.n_asked++].authorization = keep(request->authorization);
	for (size_t i = 0; i < COUNT(web.pages) && web.pages[i].url; i++) {
		const struct web_page *page = &web.pages[i];

		if (strcmp(page->url, request->url) != 0)
			continue;
		*out = (struct fetch_answer){
			.status = page->status ? page->status : 200,
			.content_type = "",
			.body = arena_dup(arena, page->body),
			.n = strlen(page->body),
			.max_age_s = page->max_age_s,
		};
		return true;
	}
	*why = "no such name";
	return false;
}
