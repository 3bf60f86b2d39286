#include "app/api/api.h"
#include "app/api/view.h"

enum err api_me(struct request *req, struct response *res)
{
	view_user(req, res, 200, req->user);
	return ERR_NONE;
}
