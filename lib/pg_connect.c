#include "lib/pg_link.h"

#include <poll.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/secret.h"
#include "lib/text.h"

/* Statements are written for the server's default isolation, whatever an administrator
 * made of it. Each finds its rows by a key: planning it anew for every value would cost
 * more than running it. */
#define SESSION                                                                          \
	"-c statement_timeout=%d -c lock_timeout=%d"                                     \
	" -c idle_in_transaction_session_timeout=%d -c timezone=UTC"                     \
	" -c plan_cache_mode=force_generic_plan"                                         \
	" -c default_transaction_isolation=read\\ committed %s"

static const char *value_of(const PQconninfoOption *option, const char *keyword)
{
	while (option->keyword && strcmp(option->keyword, keyword) != 0)
		option++;
	return option->keyword ? option->val : NULL;
}

/* Lists that name several hosts between them, one place of each for one host */
static const char *const LISTS[] = {"host", "hostaddr", "port"};

static void keep_lists(struct pg *pg, const PQconninfoOption *parsed)
{
	for (size_t i = 0; i < COUNT(LISTS); i++) {
		const char *list = value_of(parsed, LISTS[i]);

		if (!list || !strchr(list, ','))
			continue;
		pg->lists[i] = strdup(list);
		INVARIANT(pg->lists[i]);
		if (!value_of(parsed, "target_session_attrs"))
			pg->target = "read-write";
	}
}

void pg_link_init(struct pg *pg, const char *conninfo, struct breaker *breaker)
{
	/* Its message may quote a password */
	PQconninfoOption *parsed = PQconninfoParse(conninfo, NULL);
	const char *options;

	*pg = (struct pg){.call = {.breaker = breaker}};
	if (!parsed)
		return;
	pg->conninfo = strdup(conninfo);
	INVARIANT(pg->conninfo);
	options = value_of(parsed, "options");
	INVARIANT(asprintf(&pg->options, SESSION, PG_STATEMENT_MS, PG_LOCK_MS, PG_IDLE_MS,
			   options ? options : "") > 0);
	keep_lists(pg, parsed);
	PQconninfoFree(parsed);
}

void pg_link_be_patient(struct pg *pg)
{
	char *before = pg->options;

	INVARIANT(!pg->conn && !pg->patient);
	pg->patient = true;
	if (!before)
		return;
	/* A later word wins. */
	INVARIANT(asprintf(&pg->options, "%s -c statement_timeout=0 -c lock_timeout=%d",
			   before, PG_PATIENT_LOCK_MS) > 0);
	free(before);
}

void pg_link_release(struct pg *pg)
{
	pg_link_drop(pg);
	if (pg->conninfo)
		secret_wipe(pg->conninfo, strlen(pg->conninfo));
	free(pg->conninfo);
	free(pg->options);
	for (size_t i = 0; i < COUNT(pg->lists); i++)
		free(pg->lists[i]);
}

/* a,b,c becomes b,c,a */
static void rotate(char *list)
{
	size_t len = strlen(list), first = strcspn(list, ",");
	char *head = strndup(list, first);

	INVARIANT(head && first < len);
	memmove(list, list + first + 1, len - first - 1);
	list[len - first - 1] = ',';
	memcpy(list + len - first, head, first);
	free(head);
}

size_t pg_link_hosts(const struct pg *pg)
{
	const char *list = pg->lists[0] ? pg->lists[0] : pg->lists[1];
	size_t n = 1;

	while (list && (list = strchr(list, ',')) != NULL) {
		list++;
		n++;
	}
	return n;
}

void pg_link_next_host(struct pg *pg)
{
	for (size_t i = 0; i < COUNT(pg->lists); i++)
		if (pg->lists[i])
			rotate(pg->lists[i]);
}

/* Called for what the server says outside of an answer. Class 57P: it shuts down, or
 * restarts after a crash of another process, which is only a warning in form. */
static void on_notice(void *data, const PGresult *notice)
{
	const char *severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *state = PQresultErrorField(notice, PG_DIAG_SQLSTATE);

	if ((severity && !strcmp(severity, "FATAL")) ||
	    (state && text_starts(state, "57P")))
		((struct pg *)data)->ending = true;
	log_debug("pg_notice", "sqlstate", state, "message",
		  PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY));
}

static void free_text(char **text)
{
	free(*text);
}

static char *first_of(const char *list)
{
	char *first;

	if (!list)
		return NULL;
	first = strndup(list, strcspn(list, ","));
	INVARIANT(first);
	return first;
}

/* To one host at a time: libpq would spend all of the time on the first that is hung. */
static PGconn *start(const struct pg *pg)
{
	CLEANUP(free_text) char *host = first_of(pg->lists[0]);
	CLEANUP(free_text) char *address = first_of(pg->lists[1]);
	CLEANUP(free_text) char *port = first_of(pg->lists[2]);
	/* A later word wins over an earlier one; `dbname` stands for all of the string.
	 * Words whose value is NULL are passed over. */
	const struct {
		const char *word, *value;
	} ROWS[] = {
		{"fallback_application_name", "latchkey"},
		{"keepalives_idle", "10"},
		{"keepalives_interval", "5"},
		{"keepalives_count", "3"},
		{"dbname", pg->conninfo},
		{"client_encoding", "UTF8"},
		{"options", pg->options},
		{"target_session_attrs", pg->target},
		{"host", host},
		{"hostaddr", address},
		{"port", port},
	};
	const char *words[COUNT(ROWS) + 1] = {NULL}, *values[COUNT(ROWS) + 1] = {NULL};

	for (size_t i = 0; i < COUNT(ROWS); i++) {
		words[i] = ROWS[i].word;
		values[i] = ROWS[i].value;
	}
	return PQconnectStartParams(words, values, 1);
}

/* True: something came of it, good or bad. False: late. */
static bool poll_connection(struct pg *pg)
{
	/* So says libpq: as if PQconnectPoll() had last asked to write */
	PostgresPollingStatusType status = PGRES_POLLING_WRITING;

	if (PQstatus(pg->conn) == CONNECTION_BAD)
		return true;
	while (status == PGRES_POLLING_READING || status == PGRES_POLLING_WRITING) {
		short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;

		if (!call_wait(&pg->call, PQsocket(pg->conn), events))
			return false;
		status = PQconnectPoll(pg->conn);
	}
	return true;
}

/* `*late` is set where there was no answer. */
static bool connect_first(struct pg *pg, bool *late)
{
	pg->conn = start(pg);
	INVARIANT(pg->conn);
	PQsetNoticeReceiver(pg->conn, on_notice, pg);
	PQsetErrorVerbosity(pg->conn, PQERRORS_TERSE); /* details quote values */
	if (!poll_connection(pg)) {
		log_warn("pg_late", "statement", "connect", "host", PQhost(pg->conn));
		*late = true;
	} else if (PQstatus(pg->conn) != CONNECTION_OK ||
		   PQsetnonblocking(pg->conn, 1) != 0) {
		pg_link_log(pg, "pg_refused", "connect");
	} else {
		return true;
	}
	pg_link_drop(pg);
	return false;
}

/* Each host has its share of the time, and what those before it left. */
static bool connect_any(struct pg *pg, bool *late)
{
	const int64_t until = pg->call.until;
	size_t n = pg_link_hosts(pg);
	bool connected = false;

	for (size_t left = n; left > 0 && !connected; left--) {
		int64_t now = clock_mono_ms();

		pg->call.until = now + (until - now) / (int64_t)left;
		connected = connect_first(pg, late);
		if (!connected)
			pg_link_next_host(pg);
	}
	pg->call.until = until;
	if (connected && n > 1)
		call_chose(&pg->call, PQhost(pg->conn), PQport(pg->conn));
	return connected;
}

bool pg_link_connect(struct pg *pg)
{
	bool late = false;

	if (!pg->conninfo) {
		call_refused(&pg->call);
		log_error("pg_conninfo_unreadable");
		return false;
	}
	if (!connect_any(pg, &late)) {
		call_refused(&pg->call);
		if (late)
			call_late(&pg->call, PG_STATEMENT_MS);
		return false;
	}
	call_connected(&pg->call);
	log_debug("pg_connected");
	return true;
}
