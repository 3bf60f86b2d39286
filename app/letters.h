/* The letters: what they say, and the whole message as it goes over the wire. */
#ifndef APP_LETTERS_H
#define APP_LETTERS_H

#include "lib/arena.h"

enum letter {
#define LETTER(id, name, subject, template, purpose) LETTER_##id,
#include "app/letters.def"
#undef LETTER
	LETTER_COUNT
};

const char *letter_name(enum letter letter) MUST_USE;
bool letter_by_name(const char *name, enum letter *out) MUST_USE;
/* Of the code that it carries (app/code.h); NULL: it carries none. */
const char *letter_purpose(enum letter letter) MUST_USE;

struct letters;

/* Reads all templates. NULL: `*why` says which file and what is wrong with it. All of it
 * lives in `arena`. */
const struct letters *letters_load(struct arena *arena, const char *dir,
				   const char **why) MUST_USE;

/* What a letter can tell. Values are user text as far as this goes: control bytes and
 * what is not UTF-8 become '?', and what is long is cut. NULL: not known. */
struct letter_facts {
	const char *id; /* makes the Message-ID, the same whenever it is sent */
	int64_t created_ms; /* real; makes Date and {time} */
	const char *from; /* bare addresses of visible ASCII */
	const char *to;
	const char *service, *url;
	const char *code; /* as code_pretty() gives it */
	int64_t minutes; /* that the code is still good for */
	const char *username, *ip, *user_agent;
	const char *provider; /* of social logins, its name */
};

/* Headers and body (RFC 5322, 2045, 2047), CRLF lines of at most 76 bytes of body. */
const char *letter_render(struct arena *arena, const struct letters *letters,
			  enum letter letter, const struct letter_facts *facts) MUST_USE;

#endif
