#include "app/flow/records.h"

enum err records_sessions(struct context *c, const struct caller *caller,
			  const struct page *page, const struct session_row **rows,
			  struct page_found *found)
{
	struct session_row *list;

	if (sessions_list(c, caller->user.id, page, &list, found) != RC_OK)
		return ERR_STORE_UNAVAILABLE;
	*rows = list;
	return ERR_NONE;
}

enum err records_history(struct context *c, const struct caller *caller,
			 const struct page *page, const struct history_row **rows,
			 struct page_found *found)
{
	struct history_row *list;

	if (history_list(c, caller->user.id, page, &list, found) != RC_OK)
		return ERR_STORE_UNAVAILABLE;
	*rows = list;
	return ERR_NONE;
}
