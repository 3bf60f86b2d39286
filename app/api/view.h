/* What the service's things look like in JSON. */
#ifndef APP_API_VIEW_H
#define APP_API_VIEW_H

#include "app/flow/proof.h"
#include "app/flow/roles.h"
#include "app/flow/tokens.h"
#include "app/response.h"

/* Into `body`, an empty one */
void view_put_user(struct request *req, struct json *body, const struct user *user);
void view_put_role(struct request *req, struct json *body, const struct role *role);
void view_user(struct request *req, struct response *res, int status,
	       const struct user *user);
void view_role(struct request *req, struct response *res, int status,
	       const struct role *role);
void view_tokens(struct request *req, struct response *res,
		 const struct token_pair *pair);
/* The answers to the first and second step of a proof by mail. */
void view_proof_asked(struct request *req, struct response *res,
		      const struct proof_asked *asked);
void view_proof_token(struct request *req, struct response *res, const char *token);

#endif
