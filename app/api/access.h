/* Who may use a route: the column `access` of the route table. */
#ifndef APP_API_ACCESS_H
#define APP_API_ACCESS_H

#include "app/routes.h"

/* Where a user is wanted: sets req->caller, or refuses. The other kinds are their
 * handlers' own.
 */
enum err access_require(struct request *req, enum access access) MUST_USE;

#endif
