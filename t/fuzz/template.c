/* Letters as an administrator may write them: app/template.c, lib/mime.c. The first byte
 * says whether the letter has a code; the rest is the file. */
#include "app/template.h"

#include <sys/mman.h>
#include <unistd.h>

#include "lib/mime.h"
#include "t/fuzz/fuzz.h"

/* Quoted-printable (RFC 2045 §6.7) as a reader undoes it */
static char *undo(struct arena *arena, const char *body)
{
	char *text = arena_alloc(arena, strlen(body) + 1), *to = text;

	for (const char *line = body; *line;) {
		size_t n = strcspn(line, "\r");

		INVARIANT(n <= 76 && (!line[n] || line[n + 1] == '\n'));
		for (size_t i = 0; i < n; i++) {
			unsigned code;

			if (line[i] == '=' && i + 1 == n)
				break;
			if (line[i] != '=') {
				*to++ = line[i];
				continue;
			}
			INVARIANT(sscanf(line + i + 1, "%2X", &code) == 1);
			*to++ = (char)code;
			i += 2;
		}
		if (line[n] && (n == 0 || line[n - 1] != '='))
			*to++ = '\n';
		line += n + (line[n] ? 2 : 0);
	}
	return text;
}

static const char *load(struct arena *arena, const uint8_t *bytes, size_t n,
			bool with_code)
{
	int fd = memfd_create("letter", MFD_CLOEXEC);
	const char *why = NULL, *text;

	INVARIANT(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
	text = template_load(arena, arena_printf(arena, "/proc/self/fd/%d", fd),
			     with_code, &why);
	close(fd);
	INVARIANT((text != NULL) == (why == NULL));
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const char *const VALUES[VALUE_COUNT] = {
		[VALUE_SERVICE] = "a service",	 [VALUE_URL] = "https://a.example",
		[VALUE_USERNAME] = "ann",	 [VALUE_IP] = "192.0.2.1",
		[VALUE_USER_AGENT] = "\xd1\x8f", [VALUE_TIME] = "now",
		[VALUE_PROVIDER] = "{code}",	 [VALUE_CODE] = "ABCD-EFGH",
		[VALUE_MINUTES] = "10 minutes"};
	struct arena *arena = fuzz_arena();
	bool with_code = n && *bytes % 2;
	const char *text = load(arena, bytes + (n > 0), n - (n > 0), with_code);
	struct buf filled, body;

	if (!text)
		return 0;
	INVARIANT(strlen(text) <= TEMPLATE_MAX && text_is_utf8(text, strlen(text)));
	INVARIANT(!with_code || strstr(text, "{code}"));
	INVARIANT(with_code || !strstr(text, "{code}"));
	buf_init(&filled, arena_alloc(arena, TEMPLATE_FILLED_SIZE), TEMPLATE_FILLED_SIZE);
	template_fill(&filled, text, VALUES);
	buf_init(&body, arena_alloc(arena, 4 * TEMPLATE_FILLED_SIZE),
		 4 * TEMPLATE_FILLED_SIZE);
	mime_put_body(&body, filled.at);
	INVARIANT(!filled.cut && !body.cut);
	INVARIANT(strcmp(undo(arena, body.at), filled.at) == 0);
	INVARIANT(!with_code || strstr(filled.at, VALUES[VALUE_CODE]));
	return 0;
}
