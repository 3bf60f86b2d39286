#include <sys/socket.h>
#include <sys/un.h>

#include "t/live/pg.h"

START_TEST(an_idle_connection_ended)
{
	for (int i = 0; i < 20; i++) {
		terminate(backend());
		ck_assert_int_eq(by_id("1"), RC_OK); /* not one failure */
	}
}
END_TEST

START_TEST(an_idle_transaction_ended_by_the_server)
{
	ck_assert_int_eq(run(pg, "SET idle_in_transaction_session_timeout = 300"), RC_OK);
	ck_assert_int_eq(pg_begin(pg), RC_OK);
	ck_assert_int_eq(insert("17", "x"), RC_OK);
	usleep(500000);
	ck_assert_int_eq(insert("18", "y"), RC_DOWN);
	ck_assert_int_eq(pg_commit(pg), RC_DOWN);
	ck_assert_int_eq(by_id("17"), RC_NONE);
}
END_TEST

START_TEST(statements_forgotten_by_the_server)
{
	ck_assert_int_eq(by_id("1"), RC_OK);
	ck_assert_ptr_null(pg_script(pg, arena, "DEALLOCATE ALL"));
	ck_assert_int_eq(by_id("1"), RC_OK);
	ck_assert_ptr_null(pg_script(pg, arena, "DEALLOCATE ALL"));
	ck_assert_int_eq(pg_begin(pg), RC_OK);
	ck_assert_int_eq(by_id("1"), RC_DOWN); /* the transaction has failed already */
	pg_rollback(pg);
	ck_assert_int_eq(by_id("1"), RC_OK);
}
END_TEST

START_TEST(a_table_that_has_grown)
{
	const struct pg_stmt *all = statement("SELECT * FROM item");
	struct pg_rows rows;

	ck_assert_int_eq(pg_run(pg, all, arena, &rows, PG_NO_VALUES), RC_OK);
	ck_assert_ptr_null(pg_script(other, arena, "ALTER TABLE item ADD more text"));
	ck_assert_int_eq(pg_run(pg, all, arena, &rows, PG_NO_VALUES), RC_OK);
	ck_assert_uint_eq(rows.columns, 3);
}
END_TEST

START_TEST(a_server_turned_read_only)
{
	int64_t pid = backend();

	ck_assert_int_eq(run(pg, "SET default_transaction_read_only = on"), RC_OK);
	ck_assert_int_eq(insert("20", "x"), RC_DOWN);
	ck_assert_int_ne(backend(), pid);
	ck_assert_int_eq(insert("20", "x"), RC_OK);
}
END_TEST

START_TEST(of_several_hosts_the_writable_one)
{
	const char *dir = live_env("LATCHKEY_TEST_DIR");

	reconnect(arena_printf(arena, "host=/nonexistent,%s/pg user=postgres", dir));
	ck_assert_int_eq(insert("21", "x"), RC_OK);
	reconnect(arena_printf(arena,
			       "host=/nonexistent,%s/pg user=postgres"
			       " options='-c default_transaction_read_only=on'",
			       dir));
	ck_within(100, ck_assert_int_eq(by_id("1"), RC_DOWN));
}
END_TEST

/* A server that takes connections and never says a word. */
static int listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	unlink(path);
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(listen(fd, 1000), 0);
	return fd;
}

START_TEST(of_several_hosts_one_hung)
{
	const char *dir = live_env("LATCHKEY_TEST_DIR");
	int fd = listen_at(arena_printf(arena, "%s/.s.PGSQL.5432", dir));

	reconnect(arena_printf(arena, "host=%s,%s/pg,/nonexistent user=postgres", dir,
			       dir));
	/* A third of the time is for each */
	ck_within(500, ck_assert_int_eq(by_id("1"), RC_OK));
	ck_assert(breaker_allows(&breaker));
	terminate(backend());
	ck_within(50, ck_assert_int_eq(by_id("1"), RC_OK)); /* where it was */
	close(fd);
}
END_TEST

START_TEST(of_several_hosts_all_hung)
{
	const char *dir = live_env("LATCHKEY_TEST_DIR");
	int fd = listen_at(arena_printf(arena, "%s/.s.PGSQL.5432", dir));

	reconnect(arena_printf(arena, "host=%s,%s user=postgres", dir, dir));
	ck_within(1100, ck_assert_int_eq(by_id("1"), RC_DOWN));
	ck_assert(!breaker_allows(&breaker));
	ck_within(5, ck_assert_int_eq(by_id("1"), RC_DOWN));
	close(fd);
}
END_TEST

/* As processes of one supervisor: what one has found out the other need not. */
START_TEST(of_several_hosts_one_given_up)
{
	const char *dir = live_env("LATCHKEY_TEST_DIR");
	const char *info =
		arena_printf(arena, "host=%s/pg,/nonexistent user=postgres", dir);
	CLEANUP(pg_free) struct pg *second = pg_new(info, &breaker);
	const char *before = ask(second, "SELECT pg_backend_pid()");

	ck_assert_str_eq(ask(second, "SELECT pg_backend_pid()"), before);
	reconnect(info);
	ck_assert_int_eq(by_id("1"), RC_OK);
	live_server("pg", "pause");
	ck_within(1100, ck_assert_int_eq(by_id("1"), RC_DOWN));
	live_server("pg", "resume");
	breaker_good(&breaker);
	ck_assert_str_ne(ask(second, "SELECT pg_backend_pid()"), before);
}
END_TEST

START_TEST(listening_to_nobody)
{
	ck_assert_int_eq(pg_listen(pg, "test_channel"), RC_OK);
	terminate(backend());
	ck_within(20, ck_assert_int_eq(pg_wait(pg, -1, 1000), PG_WAKE_DOWN));
	ck_assert_int_eq(pg_wait(pg, -1, 10), PG_WAKE_DOWN);
	ck_assert_int_eq(pg_listen(pg, "test_channel"), RC_OK);
	/* Lost and replaced unseen by the one who listens: he is told */
	terminate(backend());
	ck_assert_int_eq(by_id("1"), RC_OK);
	ck_assert_int_eq(pg_wait(pg, -1, 1000), PG_WAKE_DOWN);
}
END_TEST

START_TEST(nobody_there)
{
	reconnect("host=/nonexistent user=postgres");
	for (int i = 0; i < 50; i++)
		ck_within(10, ck_assert_int_eq(by_id("1"), RC_DOWN));
	ck_assert(breaker_allows(&breaker));
	reconnect("this is not = a 'connection string");
	ck_within(10, ck_assert_int_eq(by_id("1"), RC_DOWN));
}
END_TEST

START_TEST(no_storm_of_connections)
{
	const char *dir = live_env("LATCHKEY_TEST_DIR");
	int fd = listen_at(arena_printf(arena, "%s/.s.PGSQL.1", dir));
	int64_t until = clock_mono_ms() + 1000;
	int attempts = 0;

	reconnect(arena_printf(arena, "host=%s port=1 user=postgres", dir));
	while (clock_mono_ms() < until) {
		int taken;

		/* Refused in its face: closed with the answer unread */
		pg_deadline(pg, clock_mono_ms() + 2);
		ck_assert_int_eq(by_id("1"), RC_DOWN);
		while ((taken = accept(fd, NULL, NULL)) >= 0) {
			close(taken);
			attempts++;
		}
	}
	close(fd);
	ck_assert_int_ge(attempts, 4);
	ck_assert_int_le(attempts, 14);
}
END_TEST

START_TEST(too_many_connections)
{
	ck_assert_ptr_null(pg_script(other, arena,
				     "DROP ROLE IF EXISTS single;"
				     "CREATE ROLE single LOGIN CONNECTION LIMIT 1"));
	pg_free(&other);
	other = pg_new(conninfo("user=single"), NULL);
	ck_assert_int_eq(pg_ping(other), RC_OK);
	reconnect(conninfo("user=single"));
	ck_within(100, ck_assert_int_eq(pg_ping(pg), RC_DOWN));
	ck_within(5, ck_assert_int_eq(pg_ping(pg), RC_DOWN));
	pg_free(&other);
	ck_within(400, while (pg_ping(pg) != RC_OK) usleep(1000));
}
END_TEST

START_TEST(passwords)
{
	ck_assert_ptr_null(
		pg_script(other, arena,
			  "DROP ROLE IF EXISTS secretive;"
			  "CREATE ROLE secretive LOGIN PASSWORD 'canary-pass'"));
	reconnect(conninfo("user=secretive password=canary-pass"));
	ck_assert_int_eq(pg_ping(pg), RC_OK);
	reconnect(conninfo("user=secretive password=canary-wrong"));
	ck_assert_int_eq(pg_ping(pg), RC_DOWN);
}
END_TEST

START_TEST(hung)
{
	ck_assert_int_eq(by_id("1"), RC_OK);
	if (_i == 1) /* the same for one that has yet to connect */
		reconnect(conninfo(""));
	live_server("pg", "pause");
	ck_within(1100, ck_assert_int_eq(by_id("1"), RC_DOWN));
	ck_within(5, ck_assert_int_eq(by_id("1"), RC_DOWN));
	usleep((BREAKER_OPEN_MS + 10) * 1000);
	ck_within(1100, ck_assert_int_eq(by_id("1"), RC_DOWN)); /* one tries again */
	live_server("pg", "resume");
	ck_within(1000, while (by_id("1") != RC_OK) usleep(1000));
}
END_TEST

START_TEST(hung_in_a_transaction)
{
	ck_assert_int_eq(pg_begin(pg), RC_OK);
	ck_assert_int_eq(insert("60", "x"), RC_OK);
	live_server("pg", "pause");
	ck_within(1100, ck_assert_int_eq(insert("61", "y"), RC_DOWN));
	ck_within(5, ck_assert_int_eq(pg_commit(pg), RC_DOWN));
	live_server("pg", "resume");
	ck_within(1000, while (by_id("1") != RC_OK) usleep(1000));
	ck_assert_int_eq(by_id("60"), RC_NONE);
}
END_TEST

START_TEST(restarted)
{
	static const char *const HOW[] = {"stop", "kill"};

	for (size_t i = 0; i < COUNT(HOW); i++) {
		ck_assert_int_eq(by_id("1"), RC_OK);
		live_server("pg", HOW[i]);
		live_server("pg", "start");
		ck_assert_int_eq(by_id("1"), RC_OK); /* not one failure */
	}
}
END_TEST

START_TEST(down_and_back)
{
	ck_assert_int_eq(by_id("1"), RC_OK);
	live_server("pg", "stop");
	for (int i = 0; i < 20; i++)
		ck_within(20, ck_assert_int_eq(by_id("1"), RC_DOWN));
	live_server("pg", "start");
	ck_within(300, while (by_id("1") != RC_OK) usleep(1000));
}
END_TEST

START_TEST(killed_at_work)
{
	pid_t child;

	ck_assert_int_eq(by_id("1"), RC_OK);
	child = live_server_later("pg", "stop", 100);
	ck_within(700,
		  ck_assert_int_eq(pg_run(pg, &SLEEP, arena, NULL, PG_VALUES("0.75")),
				   RC_DOWN));
	waitpid(child, NULL, 0);
	live_server("pg", "start");
	ck_within(300, while (by_id("1") != RC_OK) usleep(1000));
}
END_TEST

static void add_connections(TCase *connections)
{
	tcase_add_test(connections, an_idle_connection_ended);
	tcase_add_test(connections, an_idle_transaction_ended_by_the_server);
	tcase_add_test(connections, statements_forgotten_by_the_server);
	tcase_add_test(connections, a_table_that_has_grown);
	tcase_add_test(connections, a_server_turned_read_only);
	tcase_add_test(connections, of_several_hosts_the_writable_one);
	tcase_add_test(connections, of_several_hosts_one_hung);
	tcase_add_test(connections, of_several_hosts_all_hung);
	tcase_add_test(connections, of_several_hosts_one_given_up);
	tcase_add_test(connections, listening_to_nobody);
	tcase_add_test(connections, nobody_there);
	tcase_add_test(connections, no_storm_of_connections);
	tcase_add_test(connections, too_many_connections);
	tcase_add_test(connections, passwords);
	tcase_add_loop_test(connections, hung, 0, 2);
	tcase_add_test(connections, hung_in_a_transaction);
	tcase_add_test(connections, restarted);
	tcase_add_test(connections, down_and_back);
	tcase_add_test(connections, killed_at_work);
}

int main(void)
{
	Suite *suite = suite_create("pg_faults");
	TCase *tcase = tcase_create("pg_faults");

	tcase_add_checked_fixture(tcase, setup, teardown);
	add_connections(tcase);
	suite_add_tcase(suite, tcase);
	return live_main(suite);
}
