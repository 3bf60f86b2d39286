#include <unistd.h>

#include "app/ctl/who.h"
#include "app/password.h"
#include "app/username.h"
#include "lib/pwhash.h"
#include "lib/text.h"

static const char *const flaws[] = {
	[PASSWORD_TOO_SHORT] = "the password is shorter than 8 characters",
	[PASSWORD_TOO_LONG] = "the password is longer than 256 characters",
	[PASSWORD_TOO_WEAK] = "the password is too easy to guess",
	[PASSWORD_HAS_CONTROL] = "the password has control characters",
};

/* The first line of standard input, without its end; NULL: none, too long, or not text.
 */
static char *read_password(struct arena *arena)
{
	enum { SIZE = PASSWORD_BYTES_MAX + 2 };
	char *line = arena_alloc(arena, SIZE);
	size_t have = 0;
	ssize_t got;

	while (have < SIZE - 1 && !memchr(line, '\n', have) &&
	       (got = read(STDIN_FILENO, line + have, SIZE - 1 - have)) > 0)
		have += (size_t)got;
	if (!have || (have == SIZE - 1 && !memchr(line, '\n', have)) ||
	    memchr(line, '\0', have))
		return NULL;
	line[strcspn(line, "\n")] = '\0';
	return text_is_utf8(line, strlen(line)) ? password_normal(arena, line) : NULL;
}

static enum ctl_exit hash_password(struct ctl *ctl, struct admin_user_new *user)
{
	const struct conf *conf = ctl->context.conf;
	const struct pwhash_cost cost = password_cost(conf);
	struct arena *arena = ctl->context.arena;
	const char *password = read_password(arena);
	enum password_flaw flaw;

	if (!password)
		return out_refuse(ctl,
				  "no password of at most %d bytes of UTF-8 came on "
				  "standard input",
				  PASSWORD_BYTES_MAX);
	flaw = password_judge(arena, conf, password, user->email.address, user->username);
	if (flaw != PASSWORD_FINE)
		return out_refuse(ctl, "%s", flaws[flaw]);
	user->hash = pwhash_make(arena, &cost, password);
	if (!user->hash)
		return out_refuse(ctl, "there is no memory to hash the password");
	return CTL_DONE;
}

static enum ctl_exit take_options(struct ctl *ctl, struct admin_user_new *user)
{
	const char *email = ctl->option[CTL_EMAIL];

	user->username = ctl->option[CTL_USERNAME];
	user->email_verified = ctl->option[CTL_VERIFIED];
	if (!email) {
		out_refuse(ctl, "--email is needed");
		return CTL_USAGE;
	}
	if (!email_parse(ctl->context.arena, email, &user->email))
		return out_refuse(ctl, "'%s' is no e-mail address", email);
	if (user->username && !username_valid(user->username))
		return out_refuse(ctl,
				  "'%s' is no user name: 3 to 32 letters, digits, '.', "
				  "'_', '-', beginning with a letter or digit",
				  user->username);
	return CTL_DONE;
}

static enum ctl_exit refuse_taken(struct ctl *ctl, enum users_conflict conflict)
{
	return out_refuse(ctl, conflict == USERS_USERNAME_TAKEN
				       ? "this user name is already in use"
				       : "this e-mail address already has an account");
}

enum ctl_exit ctl_user_create(struct ctl *ctl)
{
	struct admin_user_new user = {0};
	enum users_conflict conflict;
	const char *id = NULL;
	enum ctl_exit end = take_options(ctl, &user);

	if (end == CTL_DONE && ctl->option[CTL_PASSWORD_STDIN])
		end = hash_password(ctl, &user);
	if (end != CTL_DONE)
		return end;
	switch (admin_users_create(&ctl->context, &user, &id, &conflict)) {
	case RC_OK:
		break;
	case RC_CONFLICT:
		return refuse_taken(ctl, conflict);
	case RC_NONE:
	case RC_DOWN:
		return out_down(ctl);
	}
	const struct out_cell cells[] = {OUT_TEXT("id", 0, id),
					 OUT_TEXT("email", 0, user.email.address),
					 OUT_TEXT("username", 0, user.username)};

	out_record(ctl, cells, COUNT(cells));
	return CTL_DONE;
}
