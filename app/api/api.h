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
enum err api_auth_register(struct request *req, struct response *res) MUST_USE;
enum err api_auth_login(struct request *req, struct response *res) MUST_USE;
enum err api_auth_refresh(struct request *req, struct response *res) MUST_USE;
enum err api_logout(struct request *req, struct response *res) MUST_USE;
enum err api_logout_all(struct request *req, struct response *res) MUST_USE;
enum err api_verify(struct request *req, struct response *res) MUST_USE;
enum err api_verify_email(struct request *req, struct response *res) MUST_USE;
enum err api_me(struct request *req, struct response *res) MUST_USE;
enum err api_me_change(struct request *req, struct response *res) MUST_USE;
enum err api_me_delete(struct request *req, struct response *res) MUST_USE;
enum err api_change_password(struct request *req, struct response *res) MUST_USE;
enum err api_email(struct request *req, struct response *res) MUST_USE;
enum err api_email_confirm(struct request *req, struct response *res) MUST_USE;
enum err api_login_history(struct request *req, struct response *res) MUST_USE;
enum err api_sessions(struct request *req, struct response *res) MUST_USE;
enum err api_session_end(struct request *req, struct response *res) MUST_USE;
enum err api_roles(struct request *req, struct response *res) MUST_USE;
enum err api_role_create(struct request *req, struct response *res) MUST_USE;
enum err api_role(struct request *req, struct response *res) MUST_USE;
enum err api_role_change(struct request *req, struct response *res) MUST_USE;
enum err api_role_delete(struct request *req, struct response *res) MUST_USE;
enum err api_role_assign(struct request *req, struct response *res) MUST_USE;
enum err api_role_revoke(struct request *req, struct response *res) MUST_USE;
enum err api_role_check(struct request *req, struct response *res) MUST_USE;
enum err api_roles_of_user(struct request *req, struct response *res) MUST_USE;
enum err api_users(struct request *req, struct response *res) MUST_USE;
enum err api_user(struct request *req, struct response *res) MUST_USE;
enum err api_user_change(struct request *req, struct response *res) MUST_USE;
/* Of a path that shares its nginx location with one that does not hash */
bool api_always_hashes(const struct request *req) MUST_USE;
enum err api_social_login(struct request *req, struct response *res) MUST_USE;
enum err api_social_begin(struct request *req, struct response *res) MUST_USE;
/* Of a callback: what an outside worker does of it, and the fast one after it */
enum err api_social_identify(struct request *req, struct response *res) MUST_USE;
enum err api_social_finish(struct request *req, struct response *res) MUST_USE;
enum err api_social_exchange(struct request *req, struct response *res) MUST_USE;
enum err api_social_accounts(struct request *req, struct response *res) MUST_USE;
enum err api_social_unlink(struct request *req, struct response *res) MUST_USE;
enum err api_oauth_token(struct request *req, struct response *res) MUST_USE;
enum err api_oauth_introspect(struct request *req, struct response *res) MUST_USE;
enum err api_oauth_revoke(struct request *req, struct response *res) MUST_USE;
enum err api_oauth_metadata(struct request *req, struct response *res) MUST_USE;
enum err api_jwks(struct request *req, struct response *res) MUST_USE;
enum err api_metrics(struct request *req, struct response *res) MUST_USE;
enum err api_health_live(struct request *req, struct response *res) MUST_USE;
enum err api_health_ready(struct request *req, struct response *res) MUST_USE;

#endif
