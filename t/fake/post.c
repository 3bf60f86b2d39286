#include "t/fake/post.h"

#include "app/keys.h"

struct post post;

static enum rc settle(const char *how, const char *id, int64_t attempts,
		      const char *error)
{
	if (post.down)
		return RC_DOWN;
	post.settled = how;
	post.attempts = attempts;
	snprintf(post.id, sizeof post.id, "%s", id);
	snprintf(post.error, sizeof post.error, "%s", error ? error : "");
	return post.lost ? RC_NONE : RC_OK;
}

enum rc outbox_claim(struct context *c UNUSED, int64_t lease_s UNUSED, bool fresh_only,
		     struct outbox_letter *out)
{
	post.fresh_only = fresh_only;
	if (!post.waiting)
		return RC_NONE;
	post.waiting = false;
	*out = post.row;
	return RC_OK;
}

enum rc outbox_remove(struct context *c UNUSED, const char *id)
{
	return settle("remove", id, 0, NULL);
}

enum rc outbox_retry(struct context *c UNUSED, const struct outbox_claimed *claim,
		     int64_t delay_ms, const char *error)
{
	post.delay_ms = delay_ms;
	return settle("retry", claim->id, claim->attempts, error);
}

enum rc outbox_bury(struct context *c UNUSED, const struct outbox_claimed *claim,
		    const char *error)
{
	return settle("bury", claim->id, claim->attempts, error);
}

enum rc outbox_expire(struct context *c UNUSED, const struct outbox_claimed *claim)
{
	return settle("expire", claim->id, claim->attempts, NULL);
}

bool smtp_address_ok(const char *address)
{
	return strlen(address) <= SMTP_ADDRESS_MAX && !strpbrk(address, "\r\n <>");
}

enum smtp_verdict smtp_send(const struct smtp_server *server UNUSED,
			    const char *from UNUSED, const char *to, const char *message,
			    char *why, size_t why_size)
{
	post.sent++;
	snprintf(post.to, sizeof post.to, "%s", to);
	snprintf(post.message, sizeof post.message, "%s", message);
	snprintf(why, why_size, "%s", post.why ? post.why : "");
	return post.verdict;
}

const struct jwt_key *keys_by_kid(const struct keys *keys UNUSED, enum key_use use,
				  const char *kid, int64_t now_ms UNUSED)
{
	static const uint8_t secret[32] = {1};
	static struct jwt_key key;

	key = (struct jwt_key){kid, JWT_HS256, secret, sizeof secret, NULL};
	return use == KEY_CODE && post.kid && strcmp(kid, post.kid) == 0 ? &key : NULL;
}
