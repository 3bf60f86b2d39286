/* Cross-origin requests (Fetch, "CORS protocol"): configured origins only. */
#ifndef APP_API_CORS_H
#define APP_API_CORS_H

#include "app/response.h"

/* Adds what a page of an allowed origin needs to read this answer. */
void cors_allow(struct request *req, struct response *res);
/* The answer to OPTIONS; `methods` as in Allow. */
void cors_options(struct request *req, struct response *res, const char *methods);

/* A page of our own origin, or of an allowed one */
bool cors_origin_is_known(const struct request *req) MUST_USE;

#endif
