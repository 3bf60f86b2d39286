#include "app/letters.h"

#include "app/code.h"
#include "app/template.h"
#include "lib/mime.h"

struct row {
	const char *name, *subject, *file, *purpose;
};

static const struct row ROWS[] = {
#define LETTER(id, name, subject, template, purpose)                                     \
	[LETTER_##id] = {name, subject, template, purpose},
#include "app/letters.def"
#undef LETTER
};

enum {
	HEADERS_SIZE = 4096,
	/* a byte becomes three at most, and 75 of those get a soft break of three */
	MESSAGE_SIZE = HEADERS_SIZE + 3 * TEMPLATE_FILLED_SIZE +
		       3 * (3 * TEMPLATE_FILLED_SIZE / 73 + 1),
	SUBJECT_SIZE = 256,
};

struct letters {
	const char *body[LETTER_COUNT];
};

const char *letter_name(enum letter letter)
{
	return ROWS[letter].name;
}

const char *letter_purpose(enum letter letter)
{
	return ROWS[letter].purpose;
}

bool letter_by_name(const char *name, enum letter *out)
{
	for (size_t i = 0; i < LETTER_COUNT; i++) {
		if (strcmp(ROWS[i].name, name) != 0)
			continue;
		*out = (enum letter)i;
		return true;
	}
	return false;
}

const struct letters *letters_load(struct arena *arena, const char *dir, const char **why)
{
	struct letters *letters = arena_alloc(arena, sizeof *letters);

	for (size_t i = 0; i < LETTER_COUNT; i++) {
		const char *path = arena_printf(arena, "%s/%s", dir, ROWS[i].file);
		const char *wrong = NULL;

		letters->body[i] =
			template_load(arena, path, ROWS[i].purpose != NULL, &wrong);
		if (!letters->body[i]) {
			*why = arena_printf(arena, "%s: %s", path, wrong);
			return NULL;
		}
	}
	return letters;
}

static const char *time_words(struct arena *arena, int64_t real_ms)
{
	time_t seconds = (time_t)(real_ms / 1000);
	struct tm tm;
	char text[64];

	INVARIANT(gmtime_r(&seconds, &tm));
	INVARIANT(strftime(text, sizeof text, "%d %B %Y, %H:%M UTC", &tm));
	return arena_dup(arena, text[0] == '0' ? text + 1 : text);
}

static const char *known(const char *value)
{
	return value && *value ? value : "unknown";
}

static void values_make(struct arena *arena, const struct letter_facts *facts,
			const char *values[VALUE_COUNT])
{
	values[VALUE_SERVICE] = facts->service;
	values[VALUE_URL] = facts->url;
	values[VALUE_USERNAME] = facts->username ? facts->username : facts->to;
	values[VALUE_IP] = known(facts->ip);
	values[VALUE_USER_AGENT] = known(facts->user_agent);
	values[VALUE_PROVIDER] = known(facts->provider);
	values[VALUE_TIME] = time_words(arena, facts->created_ms);
	values[VALUE_CODE] = facts->code;
	values[VALUE_MINUTES] =
		arena_printf(arena, "%lld minute%s", (long long)facts->minutes,
			     facts->minutes == 1 ? "" : "s");
	for (size_t i = 0; i < VALUE_COUNT; i++)
		if (values[i])
			values[i] = template_tame(arena, (enum value)i, values[i]);
}

static void put_headers(struct arena *arena, struct buf *buf,
			const struct letter_facts *facts, const char *service,
			const char *subject)
{
	const char *at = strrchr(facts->from, '@');

	buf_puts(buf, "Date: ");
	mime_put_date(buf, facts->created_ms);
	buf_puts(buf, "\r\nFrom: ");
	mime_put_phrase(arena, buf, service);
	buf_printf(buf, " <%s>\r\nTo: <%s>\r\nSubject: ", facts->from, facts->to);
	mime_put_text(arena, buf, subject);
	buf_printf(buf,
		   "\r\nMessage-ID: <%s@%s>\r\n"
		   "Auto-Submitted: auto-generated\r\n" /* RFC 3834 §5 */
		   "MIME-Version: 1.0\r\n"
		   "Content-Type: text/plain; charset=utf-8\r\n"
		   "Content-Transfer-Encoding: quoted-printable\r\n\r\n",
		   facts->id, at ? at + 1 : "localhost");
}

const char *letter_render(struct arena *arena, const struct letters *letters,
			  enum letter letter, const struct letter_facts *facts)
{
	const char *values[VALUE_COUNT] = {NULL};
	char subject_memory[SUBJECT_SIZE];
	struct buf subject, body, message;

	values_make(arena, facts, values);
	buf_init(&subject, subject_memory, sizeof subject_memory);
	template_fill(&subject, ROWS[letter].subject, values);
	buf_init(&body, arena_alloc(arena, TEMPLATE_FILLED_SIZE), TEMPLATE_FILLED_SIZE);
	template_fill(&body, letters->body[letter], values);
	buf_init(&message, arena_alloc(arena, MESSAGE_SIZE), MESSAGE_SIZE);
	put_headers(arena, &message, facts, values[VALUE_SERVICE], subject.at);
	mime_put_body(&message, body.at);
	INVARIANT(!subject.cut && !body.cut && !message.cut);
	return message.at;
}
