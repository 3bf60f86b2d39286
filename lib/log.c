#include "lib/log.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/text.h"

enum {
	LINE_MAX_BYTES = PIPE_BUF, /* a write of that many to a pipe is never split */
	VALUE_MAX = 256,
	NUMBERS = 8,
};

static const struct {
	const char *name, *priority; /* sd-daemon(3): the journal takes it off the line */
} LEVELS[] = {
	{"error", "<3>"},
	{"warn", "<4>"},
	{"info", "<6>"},
	{"debug", "<7>"},
};
static const char CUT[] = ",\"cut\":\"true\"";
static const char END[] = "}\n";

static char program_name[32] = "latchkey";
static enum log_level least_level = LOG_LEVEL_INFO;
static bool to_journal;
static char request[129];
static pid_t own_pid; /* getpid(2) is a system call each time; 0: not asked yet */
static bool forks_are_told;

/* How much of `text` is shown: at most `max` bytes, and no part of a character. */
static size_t cut_len(const char *text, size_t max)
{
	size_t n = strnlen(text, max + 1), whole = max;

	if (n <= max)
		return n;
	for (int i = 0; i < 3 && ((unsigned char)text[whole] & 0xc0) == 0x80; i++)
		whole--;
	return whole;
}

static void copy_cut(char *out, size_t size, const char *text)
{
	size_t n = cut_len(text, size - 1);

	memcpy(out, text, n);
	out[n] = '\0';
}

/* systemd.exec(5): which stream is the journal's; a child's may be another one. */
static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat ours;
	char text[64];

	if (!stream || fstat(STDERR_FILENO, &ours))
		return false;
	(void)snprintf(text, sizeof text, "%ju:%ju", (uintmax_t)ours.st_dev,
		       (uintmax_t)ours.st_ino);
	return strcmp(stream, text) == 0;
}

static void forget_pid(void)
{
	own_pid = 0;
}

void log_open(const char *program, enum log_level least)
{
	if (!forks_are_told)
		forks_are_told = !pthread_atfork(NULL, NULL, forget_pid);
	copy_cut(program_name, sizeof program_name, program);
	least_level = least;
	to_journal = is_journal();
}

void log_request(const char *request_id)
{
	copy_cut(request, sizeof request, request_id ? request_id : "");
}

static void put_pair(struct buf *line, const char *name, const char *value)
{
	char shown[VALUE_MAX + 1];

	copy_cut(shown, sizeof shown, value);
	buf_puts(line, ",");
	buf_put_json(line, name);
	buf_puts(line, ":");
	buf_put_json(line, shown);
}

static void put_head(struct buf *line, enum log_level level, const char *event)
{
	char now[CLOCK_TEXT_SIZE];

	clock_format(clock_real_ms(), now);
	if (!own_pid || !forks_are_told)
		own_pid = getpid();
	if (to_journal)
		buf_puts(line, LEVELS[level].priority);
	buf_puts(line, "{\"time\":");
	buf_put_json(line, now);
	put_pair(line, "level", LEVELS[level].name);
	put_pair(line, "program", program_name);
	buf_printf(line, ",\"pid\":%d", (int)own_pid);
	put_pair(line, "event", event);
	if (*request)
		put_pair(line, "request_id", request);
}

/* A pair that does not fit is left out whole, and the line says so. */
static void put_pairs(struct buf *line, va_list pairs)
{
	const char *name;

	while ((name = va_arg(pairs, const char *))) {
		const char *value = va_arg(pairs, const char *);
		size_t before = line->len;

		if (!value)
			continue;
		put_pair(line, name, value);
		if (!line->cut)
			continue;
		line->len = before;
		break;
	}
}

/* There is nobody to tell when the log cannot be written. */
static void write_all(const char *bytes, size_t n)
{
	while (n) {
		ssize_t wrote = write(STDERR_FILENO, bytes, n);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return;
		bytes += wrote;
		n -= (size_t)wrote;
	}
}

void log_event(enum log_level level, const char *event, ...)
{
	char memory[LINE_MAX_BYTES + 1];
	struct buf line;
	va_list pairs;
	int saved = errno;
	bool cut;

	if (level > least_level)
		return;
	buf_init(&line, memory, sizeof memory - sizeof CUT - sizeof END);
	put_head(&line, level, event);
	va_start(pairs, event);
	put_pairs(&line, pairs);
	va_end(pairs);

	cut = line.cut;
	line.max = sizeof memory;
	line.cut = false;
	if (cut)
		buf_puts(&line, CUT);
	buf_puts(&line, END);
	write_all(line.at, line.len);
	errno = saved;
}

const char *log_number(int64_t n)
{
	static char ring[NUMBERS][24];
	static unsigned next;
	char *at = ring[next++ % NUMBERS];

	(void)snprintf(at, sizeof ring[0], "%" PRId64, n);
	return at;
}
