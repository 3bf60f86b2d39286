/* Requests in a loop, as nginx sends them, but straight to the sockets of the pools.
 *
 *	load DIRECTORY CYCLES < PLAN
 *
 * PLAN, its fields separated by tabs:
 *	step SOCKET STATUSES METHOD URI AUTHORIZATION COOKIE TYPE BODY CAPTURES
 *	slot NAME=VALUE ...
 *
 * Each slot is a thread and a client: it sends the steps in their order, again and again,
 * until all of them together have done CYCLES. A <NAME> in a field stands for the slot's
 * value of that name; <n> is another one in each cycle. A capture NAME:PREFIX gives NAME
 * what follows PREFIX in the answer. A worker's hand-over is followed. What is answered
 *503 is asked again.
 *
 * Says for each step, a line each: its answers as expected, others, and how often 503. */
#include <err.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
	STEPS_MAX = 32,
	SLOTS_MAX = 256,
	VALUES_MAX = 16,
	NAME_SIZE = 16,
	VALUE_SIZE = 2048,
	TEXT_SIZE = 8192,
	ANSWER_SIZE = 1 << 17,
	TRIES = 1000, /* for one answer that is not 503 */
	WRONG_MAX = 200, /* then it ends: something is amiss */
	PAUSE_NS = 20000000,
};

/* https://fastcgi-archives.github.io/FastCGI_Specification.html §8 */
enum { FCGI_BEGIN = 1, FCGI_END = 3, FCGI_PARAMS = 4, FCGI_STDIN = 5, FCGI_STDOUT = 6 };
enum { FCGI_HEADER = 8, FCGI_RESPONDER = 1 };

enum field {
	SOCKET,
	STATUSES,
	METHOD,
	URI,
	AUTHORIZATION,
	COOKIE,
	TYPE,
	BODY,
	CAPTURES,
	FIELDS
};

struct step {
	char *field[FIELDS];
	atomic_long good, wrong, busy;
};

struct value {
	char name[NAME_SIZE], text[VALUE_SIZE];
};

struct slot {
	int number;
	struct value values[VALUES_MAX];
	size_t n_values;
	pthread_t thread;
	/* The request and its answer as they go over the wire */
	char out[4 * TEXT_SIZE], in[ANSWER_SIZE];
	size_t out_len, in_len;
};

static struct step steps[STEPS_MAX];
static struct slot *slots[SLOTS_MAX];
static size_t n_steps, n_slots;
static const char *directory;
static atomic_long cycles_left, wrong;

static struct value *value_of(struct slot *slot, const char *name, size_t n)
{
	for (size_t i = 0; i < slot->n_values; i++)
		if (strlen(slot->values[i].name) == n &&
		    memcmp(slot->values[i].name, name, n) == 0)
			return &slot->values[i];
	return NULL;
}

static void set(struct slot *slot, const char *name, size_t name_n, const char *text,
		size_t n)
{
	struct value *value = value_of(slot, name, name_n);

	if (!value) {
		if (slot->n_values == VALUES_MAX || name_n >= NAME_SIZE)
			errx(1, "too many values, or the name is too long: %s", name);
		value = &slot->values[slot->n_values++];
		memcpy(value->name, name, name_n);
	}
	if (n >= VALUE_SIZE)
		errx(1, "%s is too long", value->name);
	memcpy(value->text, text, n);
	value->text[n] = '\0';
}

/* `text` with its <NAME>s filled in; `out` has TEXT_SIZE bytes. */
static const char *fill(struct slot *slot, const char *text, char *out)
{
	size_t at = 0;

	while (*text) {
		const char *end = *text == '<' ? strchr(text, '>') : NULL;
		struct value *value =
			end ? value_of(slot, text + 1, (size_t)(end - text - 1)) : NULL;
		const char *from = value ? value->text : text;
		size_t n = value ? strlen(from) : 1;

		if (at + n >= TEXT_SIZE)
			errx(1, "a field is too long");
		memcpy(out + at, from, n);
		at += n;
		text = value ? end + 1 : text + 1;
	}
	out[at] = '\0';
	return out;
}

static void put(struct slot *slot, const void *bytes, size_t n)
{
	if (slot->out_len + n > sizeof slot->out)
		errx(1, "a request is too long");
	memcpy(slot->out + slot->out_len, bytes, n);
	slot->out_len += n;
}

static void put_header(struct slot *slot, int type, size_t n)
{
	const unsigned char header[FCGI_HEADER] = {
		1, (unsigned char)type, 0, 1, (unsigned char)(n >> 8), (unsigned char)n};

	put(slot, header, sizeof header);
}

static void put_length(struct slot *slot, size_t n)
{
	const unsigned char bytes[4] = {(unsigned char)(n >> 24 | 0x80),
					(unsigned char)(n >> 16), (unsigned char)(n >> 8),
					(unsigned char)n};

	put(slot, bytes, sizeof bytes);
}

static void put_param(struct slot *slot, const char *name, const char *value)
{
	put_length(slot, strlen(name));
	put_length(slot, strlen(value));
	put(slot, name, strlen(name));
	put(slot, value, strlen(value));
}

static void put_params(struct slot *slot, const struct step *step, size_t body_n)
{
	char uri[TEXT_SIZE], text[TEXT_SIZE], number[32];
	struct timespec now;
	char *query;

	fill(slot, step->field[URI], uri);
	put_param(slot, "REQUEST_METHOD", step->field[METHOD]);
	put_param(slot, "REQUEST_URI", uri);
	query = strchr(uri, '?');
	if (query)
		*query++ = '\0';
	put_param(slot, "DOCUMENT_URI", uri);
	put_param(slot, "QUERY_STRING", query ? query : "");
	put_param(slot, "CONTENT_TYPE", step->field[TYPE]);
	snprintf(number, sizeof number, "%zu", body_n);
	put_param(slot, "CONTENT_LENGTH", body_n ? number : "");
	put_param(slot, "REMOTE_ADDR", "127.0.0.1");
	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(number, sizeof number, "%ld.%03ld", (long)now.tv_sec,
		 now.tv_nsec / 1000000);
	put_param(slot, "LATCHKEY_SENT", number);
	put_param(slot, "LATCHKEY_BASE", "/api/v1");
	put_param(slot, "HTTP_USER_AGENT", "load/1");
	if (*step->field[AUTHORIZATION])
		put_param(slot, "HTTP_AUTHORIZATION",
			  fill(slot, step->field[AUTHORIZATION], text));
	if (*step->field[COOKIE])
		put_param(slot, "HTTP_COOKIE", fill(slot, step->field[COOKIE], text));
}

static void build(struct slot *slot, const struct step *step)
{
	static const unsigned char begin[8] = {0, FCGI_RESPONDER};
	char body[TEXT_SIZE];
	size_t body_n = strlen(fill(slot, step->field[BODY], body)), at, n;

	slot->out_len = 0;
	put_header(slot, FCGI_BEGIN, sizeof begin);
	put(slot, begin, sizeof begin);
	at = slot->out_len;
	put_header(slot, FCGI_PARAMS, 0);
	put_params(slot, step, body_n);
	n = slot->out_len - at - FCGI_HEADER;
	slot->out[at + 4] = (char)(n >> 8);
	slot->out[at + 5] = (char)n;
	put_header(slot, FCGI_PARAMS, 0);
	if (body_n) {
		put_header(slot, FCGI_STDIN, body_n);
		put(slot, body, body_n);
	}
	put_header(slot, FCGI_STDIN, 0);
}

static int dial(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%s/%s.sock", directory,
		 name);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
		err(1, "%s", address.sun_path);
	return fd;
}

/* The records of the answer become its text, in place. False: it is not whole. */
static bool unpack(struct slot *slot)
{
	size_t from = 0, to = 0;

	while (from + FCGI_HEADER <= slot->in_len) {
		const unsigned char *header = (unsigned char *)slot->in + from;
		size_t n = (size_t)header[4] << 8 | header[5], padding = header[6];
		int type = header[1];

		from += FCGI_HEADER;
		if (from + n > slot->in_len)
			return false;
		if (type == FCGI_STDOUT) {
			memmove(slot->in + to, slot->in + from, n);
			to += n;
		}
		from += n + padding;
		if (type == FCGI_END) {
			slot->in[to] = '\0';
			return true;
		}
	}
	return false;
}

/* The status of the answer, whose text is in slot->in; 0: there was none. */
static int ask(struct slot *slot, const char *name)
{
	int fd = dial(name), status = 0;
	ssize_t n;

	slot->in_len = 0;
	if (send(fd, slot->out, slot->out_len, MSG_NOSIGNAL) == (ssize_t)slot->out_len)
		while ((n = recv(fd, slot->in + slot->in_len,
				 sizeof slot->in - slot->in_len, 0)) > 0)
			slot->in_len += (size_t)n;
	close(fd);
	if (!unpack(slot))
		return 0;
	return sscanf(slot->in, "Status: %d", &status) == 1 ? status : 200;
}

/* With whom it was left, in place of nginx */
static int ask_whole(struct slot *slot, const char *name)
{
	int status = ask(slot, name);

	if (status && strstr(slot->in, "X-Accel-Redirect: @latchkey_slow"))
		return ask(slot, "slow");
	if (status && strstr(slot->in, "X-Accel-Redirect: @latchkey_social"))
		return ask(slot, "fast");
	return status;
}

/* "NAME:PREFIX NAME:PREFIX"; a ~ in a prefix is a blank. */
static bool capture(struct slot *slot, const char *captures)
{
	char copy[TEXT_SIZE], *rest = copy;

	snprintf(copy, sizeof copy, "%s", captures);
	for (char *word; (word = strsep(&rest, " ")) && *word;) {
		char *prefix = strchr(word, ':'), *found;

		*prefix++ = '\0';
		for (char *c = prefix; *c; c++)
			*c = *c == '~' ? ' ' : *c;
		found = strstr(slot->in, prefix);
		if (!found)
			return false;
		found += strlen(prefix);
		set(slot, word, strlen(word), found, strcspn(found, "\"&; \r\n"));
	}
	return true;
}

static bool expected(const struct step *step, int status)
{
	char text[16];

	snprintf(text, sizeof text, "%d", status);
	return strstr(step->field[STATUSES], text) != NULL;
}

static bool do_step(struct slot *slot, struct step *step)
{
	int status = 0;

	for (int i = 0; i < TRIES; i++) {
		build(slot, step);
		status = ask_whole(slot, step->field[SOCKET]);
		if (status != 503 || expected(step, status))
			break;
		atomic_fetch_add(&step->busy, 1);
		nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
	}
	if (expected(step, status) && capture(slot, step->field[CAPTURES])) {
		atomic_fetch_add(&step->good, 1);
		return true;
	}
	atomic_fetch_add(&step->wrong, 1);
	if (atomic_fetch_add(&wrong, 1) < 3)
		warnx("%s %s: %d, not %s: %.600s", step->field[METHOD], step->field[URI],
		      status, step->field[STATUSES], status ? slot->in : "no answer");
	return false;
}

static void *work(void *arg)
{
	struct slot *slot = arg;
	char name[32];

	while (atomic_load(&wrong) < WRONG_MAX) {
		long left = atomic_fetch_sub(&cycles_left, 1);

		if (left <= 0)
			break;
		snprintf(name, sizeof name, "p%ds%dc%lx", (int)getpid(), slot->number,
			 left);
		set(slot, "n", 1, name, strlen(name));
		for (size_t i = 0; i < n_steps && do_step(slot, &steps[i]); i++)
			;
	}
	return NULL;
}

static void read_step(char *line)
{
	struct step *step = &steps[n_steps++];

	if (n_steps > STEPS_MAX)
		errx(1, "too many steps");
	for (int i = 0; i < FIELDS; i++) {
		char *field = strsep(&line, "\t");

		if (!field || !(step->field[i] = strdup(field)))
			errx(1, "step %zu has no field %d", n_steps, i);
	}
}

static void read_slot(char *line)
{
	struct slot *slot = calloc(1, sizeof *slot);

	if (!slot || n_slots == SLOTS_MAX)
		errx(1, "too many slots");
	slot->number = (int)n_slots;
	slots[n_slots++] = slot;
	for (char *pair; (pair = strsep(&line, "\t")) && *pair;) {
		char *text = strchr(pair, '=');

		if (!text)
			errx(1, "not NAME=VALUE: %s", pair);
		set(slot, pair, (size_t)(text - pair), text + 1, strlen(text + 1));
	}
}

static void read_plan(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	while ((n = getline(&line, &size, stdin)) > 0) {
		char *rest = line, *kind;

		line[n - 1] = '\0';
		kind = strsep(&rest, "\t");
		if (strcmp(kind, "step") == 0)
			read_step(rest);
		else if (strcmp(kind, "slot") == 0)
			read_slot(rest);
		else
			errx(1, "neither step nor slot: %s", kind);
	}
	free(line);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		errx(2, "usage: load DIRECTORY CYCLES < PLAN");
	directory = argv[1];
	atomic_init(&cycles_left, atol(argv[2]));
	read_plan();
	for (size_t i = 0; i < n_slots; i++)
		if (pthread_create(&slots[i]->thread, NULL, work, slots[i]) != 0)
			errx(1, "no thread");
	for (size_t i = 0; i < n_slots; i++) {
		pthread_join(slots[i]->thread, NULL);
		free(slots[i]);
	}
	for (size_t i = 0; i < n_steps; i++)
		printf("%ld\t%ld\t%ld\n", steps[i].good, steps[i].wrong, steps[i].busy);
	return 0;
}
