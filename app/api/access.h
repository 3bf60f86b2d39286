/* Who may use a route: the column `access` of the route table. */
#ifndef APP_API_ACCESS_H
#define APP_API_ACCESS_H

#include "app/routes.h"

/* Where a user or a machine is wanted: sets req->caller or req->machine, or refuses. The
 * other kinds are their handlers' own.
 */
enum err access_require(struct request *req, const struct route *route) MUST_USE;

#endif
