/* What users may read of their own records. */
#ifndef APP_FLOW_RECORDS_H
#define APP_FLOW_RECORDS_H

#include "app/flow/sessions.h"
#include "app/store/history.h"

enum err records_sessions(struct context *c, const struct caller *caller,
			  const struct page *page, const struct session_row **rows,
			  struct page_found *found) MUST_USE;
enum err records_history(struct context *c, const struct caller *caller,
			 const struct page *page, const struct history_row **rows,
			 struct page_found *found) MUST_USE;

#endif
