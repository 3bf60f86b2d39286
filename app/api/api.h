/* The handlers of the route table: JSON and headers to a flow and back. */
#ifndef APP_API_API_H
#define APP_API_API_H

#include "app/response.h"

enum err api_register(struct request *req, struct response *res) MUST_USE;
bool api_register_hashes(const struct request *req) MUST_USE;
enum err api_login(struct request *req, struct response *res) MUST_USE;
enum err api_token(struct request *req, struct response *res) MUST_USE;
enum err api_password(struct request *req, struct response *res) MUST_USE;
bool api_password_hashes(const struct request *req) MUST_USE;
enum err api_me(struct request *req, struct response *res) MUST_USE;
enum err api_verify(struct request *req, struct response *res) MUST_USE;
enum err api_jwks(struct request *req, struct response *res) MUST_USE;
enum err api_health_live(struct request *req, struct response *res) MUST_USE;
enum err api_health_ready(struct request *req, struct response *res) MUST_USE;

#endif
