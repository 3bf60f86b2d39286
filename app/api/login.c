#include "app/flow/login.h"

#include "app/api/api.h"
#include "app/api/credentials.h"
#include "app/api/view.h"

enum err api_login(struct request *req, struct response *res)
{
	struct login in = {.method = "basic"};
	struct token_pair pair;
	enum err err;

	if (!credentials_basic(req, &in.name, &in.password))
		return ERR_INVALID_CREDENTIALS;
	err = login(req->ctx, &in, &pair);
	if (!err)
		view_tokens(req, res, &pair);
	return err;
}
