#include "app/api/api.h"
#include "app/api/credentials.h"
#include "app/api/view.h"
#include "app/flow/sessions.h"

enum err api_token(struct request *req, struct response *res)
{
	const char *token;
	struct token_pair pair;
	enum err err = credentials_bearer(req, &token);

	if (!err)
		err = sessions_reissue(req->ctx, token, &pair);
	if (!err)
		view_tokens(req, res, &pair);
	return err;
}
