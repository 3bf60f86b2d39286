#include "lib/pg_link.h"

#include "lib/log.h"
#include "lib/text.h"

void pg_link_drop(struct pg *pg)
{
	PQfinish(pg->conn);
	pg->conn = NULL;
	pg->call.server = 0;
	pg->ending = false;
	pg->listening = false;
	pg->n_prepared = 0;
}

/* libpq's messages end in a newline and may have several lines. */
void pg_link_log(const struct pg *pg, const char *event, const char *name)
{
	char text[256];
	struct buf buf;

	buf_init(&buf, text, sizeof text);
	buf_puts(&buf, PQerrorMessage(pg->conn));
	while (buf.len > 0 && buf.at[buf.len - 1] == '\n')
		buf.at[--buf.len] = '\0';
	log_warn(event, "statement", name, "message", text);
}

void pg_link_late(struct pg *pg, const char *name)
{
	log_warn("pg_late", "statement", name, "waited_ms",
		 log_number(pg->call.until - pg->call.began));
	call_late(&pg->call, PG_STATEMENT_MS);
	pg_link_next_host(pg);
	pg_link_drop(pg);
}

void pg_link_lost(struct pg *pg, const char *name)
{
	pg_link_log(pg, "pg_lost", name);
	pg_link_drop(pg);
}

bool pg_link_alive(struct pg *pg)
{
	while (call_readable(PQsocket(pg->conn))) {
		if (!PQconsumeInput(pg->conn))
			return false;
		PQisBusy(pg->conn); /* takes the messages apart, for on_notice() */
		if (pg->ending || PQstatus(pg->conn) != CONNECTION_OK)
			return false;
	}
	return true;
}

bool pg_link_ready(struct pg *pg)
{
	bool given_up = call_given_up(&pg->call);

	if (given_up)
		pg_link_next_host(pg);
	if (pg->conn && (given_up || !pg_link_alive(pg))) {
		log_info("pg_reconnecting");
		pg_link_drop(pg);
	}
	if (!pg->conn && !call_may_connect(&pg->call)) {
		log_debug("pg_not_tried", "reason", "pause after a refused connection");
		return false;
	}
	if (!call_allowed(&pg->call)) {
		log_debug("pg_not_tried", "reason", "breaker");
		return false;
	}
	return pg->conn || pg_link_connect(pg);
}

static bool start_clock(struct pg *pg)
{
	return pg->long_until ? call_begin_by(&pg->call, pg->long_until)
			      : call_begin(&pg->call, PG_CALL_MS);
}

bool pg_link_begin(struct pg *pg)
{
	pg->constraint[0] = '\0';
	if (!start_clock(pg)) {
		log_debug("pg_not_tried", "reason", "deadline");
		return false;
	}
	if (pg->in_transaction ? !pg->conn : !pg_link_ready(pg))
		return false;
	if (pg->patient)
		call_unbounded(&pg->call);
	return true;
}
