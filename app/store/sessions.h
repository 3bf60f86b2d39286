/* Sessions: what a login opens, what each token of a user hangs on. */
#ifndef APP_STORE_SESSIONS_H
#define APP_STORE_SESSIONS_H

#include "app/page.h"
#include "app/store/users.h"

struct session {
	const char *id;
	int64_t gen; /* of the current refresh token */
	int64_t created_at, expires_at, last_used_at;
	const char *method; /* of the login: "password", "basic", "social:NAME" */
};

/* Of a browser's session: its id, made before, and the keyed hash of the cookie's secret
 * with the key's kid. */
struct session_cookie {
	const char *session_id, *hex, *kid;
};

/* Opens a session for a user of that very epoch, with its history entry, notes the
 * client's prefix and device as known, and queues the letter about a new device: one
 * statement. RC_NONE: the user is gone, inactive or of
 * another epoch by now. `cookie`: NULL, it is not a browser's. */
enum rc sessions_open(struct context *c, const struct user *user, const char *method,
		      const char *device_type, const struct session_cookie *cookie,
		      struct session *out) MUST_USE;

/* The question of every request with a user's token: does the session live, and whose is
 * it? `*login_at` (real ms) is when it was opened. RC_NONE: it does not live. */
enum rc sessions_user(struct context *c, const char *session_id, struct user *out,
		      int64_t *login_at) MUST_USE;

/* RC_NONE: no such living session of that user. `reason` is for the audit trail. */
enum rc sessions_end(struct context *c, const char *user_id, const char *session_id,
		     const char *reason) MUST_USE;
/* Raises the user's epoch: every session is over. RC_NONE: the user is gone. */
enum rc sessions_end_all(struct context *c, const char *user_id) MUST_USE;

struct session_row {
	const char *id, *user_agent, *ip, *device_type;
	int64_t created_at, last_used_at; /* real ms */
};

/* The living ones, newest first. */
enum rc sessions_list(struct context *c, const char *user_id, const struct page *page,
		      struct session_row **out, struct page_found *found) MUST_USE;

enum session_verdict {
	SESSION_ENDED, /* also: unused too long, user inactive or of another epoch,
			  unknown */
	SESSION_CURRENT, /* the generation given is the current one */
	SESSION_GRACE, /* spent a moment ago: the current pair once more */
	SESSION_AHEAD, /* newer than the row (after a restore): refused, nothing ends */
	SESSION_REUSE, /* spent before that: the session is ended by this very statement
			*/
};

/* Judges generation `gen` of a refresh token, rotates to the next one when it is current
 * and `rotates`, ends the session on reuse (with its audit entry and letter), each in one
 * statement that locks the row. `session` and `user` are set for CURRENT and GRACE;
 * session->gen is the generation after the statement. */
enum rc sessions_refresh(struct context *c, const char *session_id, int64_t gen,
			 bool rotates, enum session_verdict *verdict,
			 struct session *session, struct user *user) MUST_USE;

/* Judges as it would, and changes nothing. */
enum rc sessions_look(struct context *c, const char *session_id, int64_t gen,
		      enum session_verdict *verdict, struct session *session,
		      struct user *user) MUST_USE;

#endif
