#include <fcntl.h>

#include "t/live/pg.h"

START_TEST(rows_come_back)
{
	struct pg_rows rows;

	ck_assert_int_eq(pg_run(pg, &BY_ID, arena, &rows, PG_VALUES("1")), RC_OK);
	ck_assert_uint_eq(rows.n, 1);
	ck_assert_uint_eq(rows.columns, 2);
	ck_assert_str_eq(pg_cell(&rows, 0, 0), "one");
	ck_assert_int_eq(pg_int(&rows, 0, 1), 1);
	ck_assert_int_eq(pg_run(pg, &BY_ID, arena, &rows, PG_VALUES("2")), RC_OK);
	ck_assert_ptr_null(pg_cell(&rows, 0, 0));
	ck_assert_int_eq(pg_run(pg, &BY_ID, arena, &rows, PG_VALUES("3")), RC_NONE);
	ck_assert_uint_eq(rows.n, 0);
	ck_assert_int_eq(pg_run(pg,
				statement("SELECT true, false, NULL::bool, NULL::int,"
					  " -9223372036854775808, ''"),
				arena, &rows, PG_NO_VALUES),
			 RC_OK);
	ck_assert(pg_bool(&rows, 0, 0) && !pg_bool(&rows, 0, 1) && !pg_bool(&rows, 0, 2));
	ck_assert_int_eq(pg_int(&rows, 0, 3), 0);
	ck_assert_int_eq(pg_int(&rows, 0, 4), INT64_MIN);
	ck_assert_str_eq(pg_cell(&rows, 0, 5), "");
}
END_TEST

START_TEST(changes_are_counted)
{
	ck_assert_int_eq(pg_run(pg, &RENAME, arena, NULL, PG_VALUES("1", "uno")), RC_OK);
	ck_assert_int_eq(pg_run(pg, &RENAME, NULL, NULL, PG_VALUES("1", NULL)), RC_OK);
	ck_assert_int_eq(pg_run(pg, &RENAME, arena, NULL, PG_VALUES("9", "x")), RC_NONE);
	ck_assert_int_eq(run(pg, "DELETE FROM item WHERE name IS NULL"), RC_OK);
	ck_assert_int_eq(run(pg, "SELECT FROM item"), RC_NONE);
}
END_TEST

START_TEST(words_pass_as_arrays)
{
	static const char *const WORDS[] = {"admin", "null", "a,b", "{}",
					    "q\"\\", "",     "é x"};
	const char *const *back;
	struct pg_rows rows;

	ck_assert_int_eq(pg_run(pg,
				statement("SELECT $1::text[], '{}'::text[],"
					  " NULL::text[], cardinality($1)"),
				arena, &rows,
				PG_VALUES(pg_from_words(arena, WORDS, COUNT(WORDS)))),
			 RC_OK);
	ck_assert_uint_eq(pg_words(arena, &rows, 0, 0, &back), COUNT(WORDS));
	for (size_t i = 0; i < COUNT(WORDS); i++)
		ck_assert_str_eq(back[i], WORDS[i]);
	ck_assert_uint_eq(pg_words(arena, &rows, 0, 1, &back), 0);
	ck_assert_uint_eq(pg_words(arena, &rows, 0, 2, &back), 0);
	ck_assert_int_eq(pg_int(&rows, 0, 3), COUNT(WORDS));
	ck_assert_str_eq(pg_from_words(arena, NULL, 0), "{}");
}
END_TEST

START_TEST(large_values_pass)
{
	enum { SIZE = 512 << 10 };
	char *large = arena_alloc(arena, SIZE + 1);
	struct pg_rows rows;

	memset(large, 'x', SIZE);
	ck_assert_int_eq(pg_run(pg, statement("SELECT $1::text, length($1)"), arena,
				&rows, PG_VALUES(large)),
			 RC_OK);
	ck_assert_str_eq(pg_cell(&rows, 0, 0), large);
	ck_assert_int_eq(pg_int(&rows, 0, 1), SIZE);
}
END_TEST

START_TEST(session_settings)
{
	static const char *const SETTINGS[][2] = {
		{"statement_timeout", "800ms"},
		{"lock_timeout", "500ms"},
		{"idle_in_transaction_session_timeout", "5s"},
		{"client_encoding", "UTF8"},
		{"TimeZone", "UTC"},
		{"application_name", "latchkey"},
		{"default_transaction_isolation", "read committed"},
		{"search_path", "a,b"},
	};

	reconnect(conninfo("options='-c search_path=a,b'"));
	for (size_t i = 0; i < COUNT(SETTINGS); i++)
		ck_assert_str_eq(ask(pg, arena_printf(arena, "SHOW %s", SETTINGS[i][0])),
				 SETTINGS[i][1]);
}
END_TEST

START_TEST(prepared_once)
{
	uint64_t before;

	ck_assert_int_eq(by_id("1"), RC_OK);
	before = pg_statements(pg);
	ck_assert_int_eq(by_id("1"), RC_OK);
	ck_assert_uint_eq(pg_statements(pg) - before, 1);
	ck_assert_int_eq(pg_ping(pg), RC_OK);
	ck_assert_uint_eq(pg_statements(pg) - before, 2);
}
END_TEST

START_TEST(more_statements_than_are_kept)
{
	int64_t pid = backend();

	for (int i = 0; i < 300; i++)
		ck_assert_str_eq(ask(pg, arena_printf(arena, "SELECT %d", i)),
				 text_integer(arena, i));
	ck_assert_int_eq(by_id("1"), RC_OK);
	ck_assert_int_eq(backend(), pid);
}
END_TEST

START_TEST(conflicts_name_their_constraint)
{
	ck_assert_int_eq(insert("5", "one"), RC_CONFLICT);
	ck_assert_str_eq(pg_constraint(pg), "item_name");
	ck_assert_int_eq(insert("1", "x"), RC_CONFLICT);
	ck_assert_str_eq(pg_constraint(pg), "item_id");
	ck_assert_int_eq(by_id("1"), RC_OK);
	ck_assert_str_eq(pg_constraint(pg), "");
}
END_TEST

START_TEST(what_is_referred_to_is_gone)
{
	static const struct pg_stmt ADD = {"add", "INSERT INTO part VALUES ($1::int)"};
	struct pg_rows rows;

	ck_assert_ptr_null(pg_script(other, arena,
				     "DROP TABLE IF EXISTS part, whole;"
				     "CREATE TABLE whole (id int PRIMARY KEY);"
				     "CREATE TABLE part (id int REFERENCES whole);"
				     "INSERT INTO whole VALUES (1)"));
	ck_assert_int_eq(pg_run(pg, &ADD, arena, &rows, PG_VALUES("1")), RC_OK);
	ck_assert_int_eq(pg_run(pg, &ADD, arena, &rows, PG_VALUES("2")), RC_NONE);
	ck_assert_uint_eq(rows.n, 0);

	ck_assert_int_eq(pg_begin(pg), RC_OK);
	ck_assert_int_eq(pg_end(pg, pg_run(pg, &ADD, NULL, NULL, PG_VALUES("2"))),
			 RC_NONE);
	ck_assert_int_eq(pg_ping(pg), RC_OK);
}
END_TEST

START_TEST(transactions)
{
	ck_assert_int_eq(pg_begin(pg), RC_OK);
	ck_assert_int_eq(insert("10", "ten"), RC_OK);
	ck_assert_int_eq(run(other, "SELECT FROM item WHERE id = 10"), RC_NONE);
	ck_assert_int_eq(pg_commit(pg), RC_OK);
	ck_assert_int_eq(run(other, "SELECT FROM item WHERE id = 10"), RC_OK);
	ck_assert_int_eq(pg_begin(pg), RC_OK);
	ck_assert_int_eq(insert("11", "eleven"), RC_OK);
	pg_rollback(pg);
	pg_rollback(pg);
	ck_assert_int_eq(by_id("11"), RC_NONE);
}
END_TEST

START_TEST(a_failed_transaction_does_not_commit)
{
	int64_t pid = backend();

	ck_assert_int_eq(pg_begin(pg), RC_OK);
	ck_assert_int_eq(insert("12", "twelve"), RC_OK);
	ck_assert_int_eq(insert("12", "one"), RC_CONFLICT);
	ck_assert_int_eq(by_id("1"), RC_DOWN);
	ck_assert_int_eq(pg_commit(pg), RC_DOWN);
	ck_assert_int_eq(by_id("12"), RC_NONE);
	ck_assert_int_eq(backend(), pid);
}
END_TEST

START_TEST(a_conflict_found_by_commit)
{
	ck_assert_int_eq(pg_begin(pg), RC_OK);
	ck_assert_int_eq(run(pg, "SET CONSTRAINTS item_id DEFERRED"), RC_OK);
	ck_assert_int_eq(insert("1", "again"), RC_OK);
	ck_assert_int_eq(pg_commit(pg), RC_CONFLICT);
	ck_assert_str_eq(pg_constraint(pg), "item_id");
	ck_assert_int_eq(by_id("1"), RC_OK);
}
END_TEST

START_TEST(a_transaction_ends_with_its_connection)
{
	ck_assert_int_eq(pg_begin(pg), RC_OK);
	ck_assert_int_eq(insert("13", "x"), RC_OK);
	terminate(backend());
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(insert("14", "y"), RC_DOWN);
	if (_i == 0)
		ck_assert_int_eq(pg_commit(pg), RC_DOWN);
	else
		pg_rollback(pg);
	ck_assert_int_eq(by_id("13"), RC_NONE);
	ck_assert_int_eq(by_id("14"), RC_NONE);
}
END_TEST

START_TEST(a_deadline_in_a_transaction_ends_it)
{
	ck_assert_int_eq(pg_begin(pg), RC_OK);
	ck_assert_int_eq(insert("15", "x"), RC_OK);
	pg_deadline(pg, clock_mono_ms() - 1);
	ck_within(5, ck_assert_int_eq(insert("16", "y"), RC_DOWN));
	ck_within(5, ck_assert_int_eq(pg_commit(pg), RC_DOWN));
	pg_deadline(pg, 0);
	ck_assert_int_eq(by_id("15"), RC_NONE);
}
END_TEST

START_TEST(a_transaction_ends_as_it_came_to)
{
	ck_assert_int_eq(pg_begin(pg), RC_OK);
	ck_assert_int_eq(pg_end(pg, insert("20", "x")), RC_OK);
	ck_assert_int_eq(by_id("20"), RC_OK);
	ck_assert_int_eq(pg_begin(pg), RC_OK);
	ck_assert_int_eq(insert("21", "y"), RC_OK);
	ck_assert_int_eq(pg_end(pg, insert("21", "z")), RC_CONFLICT);
	ck_assert_int_eq(by_id("21"), RC_NONE);
}
END_TEST

/* Longer than a call may take, and than the caller would wait. */
START_TEST(a_long_transaction)
{
	pg_deadline(pg, clock_mono_ms() + 500);
	ck_assert_int_eq(pg_begin_long(pg, 4000), RC_OK);
	ck_assert_str_eq(ask(pg, "SHOW lock_timeout"), "1s");
	ck_assert_str_eq(ask(pg, "SHOW statement_timeout"), "2800ms");
	ck_assert_int_eq(pg_run(pg, &SLEEP, arena, NULL, PG_VALUES("1.2")), RC_OK);
	ck_assert_int_eq(insert("22", "x"), RC_OK);
	ck_assert_int_eq(pg_commit(pg), RC_OK);
	ck_within(5, ck_assert_int_eq(by_id("22"), RC_DOWN));
	pg_deadline(pg, 0);
	ck_assert_int_eq(by_id("22"), RC_OK);
	ck_assert_str_eq(ask(pg, "SHOW lock_timeout"), "500ms");
	ck_assert_str_eq(ask(pg, "SHOW statement_timeout"), "800ms");
}
END_TEST

START_TEST(a_long_transaction_has_its_end)
{
	int64_t pid = backend();

	ck_assert_int_eq(pg_begin_long(pg, 1600), RC_OK);
	ck_assert_int_eq(insert("23", "x"), RC_OK);
	ck_within(800, ck_assert_int_eq(pg_run(pg, &SLEEP, arena, NULL, PG_VALUES("3")),
					RC_DOWN));
	ck_assert_int_eq(pg_commit(pg), RC_DOWN);
	ck_assert_int_eq(backend(), pid);
	ck_assert(breaker_allows(&breaker));
	ck_assert_int_eq(pg_begin_long(pg, 1300), RC_OK);
	ck_assert_int_eq(insert("24", "y"), RC_OK);
	usleep(1310 * 1000);
	ck_within(5, ck_assert_int_eq(by_id("1"), RC_DOWN));
	ck_within(5, ck_assert_int_eq(pg_commit(pg), RC_DOWN));
	ck_assert_int_eq(run(other, "SELECT FROM item WHERE id IN (23, 24)"), RC_NONE);
	ck_assert_int_ne(backend(), pid);
}
END_TEST

START_TEST(the_server_cancels_what_is_slow)
{
	int64_t pid = backend();

	ck_within(900, ck_assert_int_eq(pg_run(pg, &SLEEP, arena, NULL, PG_VALUES("2")),
					RC_DOWN));
	ck_assert(breaker_allows(&breaker));
	ck_assert_int_eq(backend(), pid);
}
END_TEST

START_TEST(a_locked_table)
{
	int64_t pid = backend();

	ck_assert_int_eq(pg_begin(other), RC_OK);
	ck_assert_int_eq(run(other, "LOCK TABLE item"), RC_OK);
	ck_within(600, ck_assert_int_eq(by_id("1"), RC_DOWN));
	ck_assert(breaker_allows(&breaker));
	ck_assert_int_eq(backend(), pid);
	pg_rollback(other);
	ck_assert_int_eq(by_id("1"), RC_OK);
}
END_TEST

START_TEST(the_callers_deadline_holds)
{
	pg_deadline(pg, clock_mono_ms() + 100);
	ck_within(130, ck_assert_int_eq(pg_run(pg, &SLEEP, arena, NULL, PG_VALUES("0.5")),
					RC_DOWN));
	ck_assert(
		breaker_allows(&breaker)); /* it had too little time to be called dead */
	ck_within(5, ck_assert_int_eq(by_id("1"), RC_DOWN));
	pg_deadline(pg, 0);
	ck_assert_int_eq(by_id("1"), RC_OK);
}
END_TEST

START_TEST(scripts)
{
	ck_assert_ptr_null(pg_script(pg, arena, ""));
	ck_assert_ptr_null(pg_script(pg, arena,
				     "BEGIN; INSERT INTO item VALUES (30, 'a');"
				     "SELECT pg_sleep(1.2); COMMIT"));
	ck_assert_int_eq(by_id("30"), RC_OK);
	ck_assert_str_eq(ask(pg, "SHOW statement_timeout"), "800ms");
	ck_assert_str_eq(ask(pg, "SHOW lock_timeout"), "500ms");
	ck_assert_ptr_nonnull(strstr(pg_script(pg, arena,
					       "INSERT INTO item VALUES (31, 'b');\n"
					       "SELECT nosuch FROM item"),
				     "LINE 2"));
	ck_assert_int_eq(by_id("31"), RC_NONE);
	ck_assert_ptr_nonnull(pg_script(pg, arena, "COPY item TO STDOUT"));
	ck_assert_ptr_nonnull(pg_script(pg, arena, "BEGIN; DELETE FROM item"));
	ck_assert_int_eq(by_id("30"), RC_OK);
	ck_assert_str_eq(ask(pg, "SHOW statement_timeout"), "800ms");
}
END_TEST

START_TEST(scripts_in_a_transaction)
{
	ck_assert_int_eq(pg_begin(pg), RC_OK);
	ck_assert_ptr_null(
		pg_script(pg, arena, "CREATE TABLE extra (); DROP TABLE extra"));
	ck_assert_int_eq(insert("32", "x"), RC_OK);
	ck_assert_int_eq(pg_commit(pg), RC_OK);
	ck_assert_str_eq(ask(pg, "SHOW statement_timeout"), "800ms");
	ck_assert_int_eq(pg_begin(pg), RC_OK);
	ck_assert_int_eq(insert("33", "y"), RC_OK);
	ck_assert_ptr_nonnull(pg_script(pg, arena, "wrong"));
	ck_assert_int_eq(pg_commit(pg), RC_DOWN);
	ck_assert_int_eq(by_id("33"), RC_NONE);
	ck_assert_str_eq(ask(pg, "SHOW statement_timeout"), "800ms");
	ck_assert_int_eq(pg_begin(pg), RC_OK);
	ck_assert_ptr_nonnull(pg_script(pg, arena, "COMMIT"));
	pg_rollback(pg);
	ck_assert_int_eq(by_id("1"), RC_OK);
}
END_TEST

START_TEST(listening)
{
	int pipe_fds[2];

	ck_assert_int_eq(pipe(pipe_fds), 0);
	ck_assert_int_eq(pg_listen(pg, "test_channel"), RC_OK);
	ck_within(60, ck_assert_int_eq(pg_wait(pg, -1, 50), PG_WAKE_TIME));
	ck_assert_int_eq(run(other, "NOTIFY test_channel"), RC_OK);
	ck_assert_int_eq(pg_wait(pg, pipe_fds[0], 1000), PG_WAKE_NOTIFY);
	ck_assert_int_eq(pg_wait(pg, -1, 0), PG_WAKE_TIME);
	/* One that came during something else is not lost */
	ck_assert_int_eq(run(other, "NOTIFY test_channel"), RC_OK);
	ck_assert_int_eq(by_id("1"), RC_OK);
	ck_assert_int_eq(pg_wait(pg, -1, 0), PG_WAKE_NOTIFY);
	ck_assert_int_eq(write(pipe_fds[1], "x", 1), 1);
	ck_assert_int_eq(pg_wait(pg, pipe_fds[0], 1000), PG_WAKE_FD);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}
END_TEST

/* Failures of every kind, with a value in each that has no business in the log. */
static void fail_with_values(void)
{
	static const struct pg_stmt CHECKED = {
		"checked", "INSERT INTO item SELECT 50, $1 || 1/length($2)::text"};

	ck_assert_int_eq(by_id("canary"), RC_DOWN);
	ck_assert_int_eq(insert("40", "canary"), RC_OK);
	ck_assert_int_eq(insert("41", "canary"), RC_CONFLICT);
	ck_assert_int_eq(pg_run(pg, &CHECKED, arena, NULL, PG_VALUES("canary", "")),
			 RC_DOWN);
	ck_assert_int_eq(pg_run(pg, &CHECKED, arena, NULL, PG_VALUES("canary\xff", "a")),
			 RC_DOWN);
	reconnect(conninfo("user=secretive password=canary"));
	ck_assert_int_eq(pg_ping(pg), RC_DOWN);
	reconnect("password=a canary");
	ck_assert_int_eq(pg_ping(pg), RC_DOWN);
}

START_TEST(no_value_is_logged)
{
	char *path = arena_printf(arena, "%s/canary", live_env("LATCHKEY_TEST_DIR"));
	int saved = dup(STDERR_FILENO);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	char *logged = arena_alloc(arena, 65536);

	dup2(fd, STDERR_FILENO);
	fail_with_values();
	dup2(saved, STDERR_FILENO);
	ck_assert_int_gt(pread(fd, logged, 65535, 0), 0);
	close(fd);
	close(saved);
	ck_assert_ptr_nonnull(strstr(logged, "22P02"));
	ck_assert_ptr_null(strstr(logged, "canary"));
}
END_TEST

START_TEST(a_patient_one_waits)
{
	struct pg *waits = pg_new(conninfo(""), NULL);

	pg_patient(waits);
	ck_assert_int_eq(pg_run(waits, &SLEEP, arena, NULL, PG_VALUES("1.3")), RC_OK);
	ck_assert_str_eq(ask(waits, "SHOW lock_timeout"), "5s");
	ck_assert_str_eq(ask(waits, "SHOW idle_in_transaction_session_timeout"), "5s");
	ck_assert_int_eq(pg_begin(waits), RC_OK);
	ck_assert_int_eq(pg_run(waits, &SLEEP, arena, NULL, PG_VALUES("1.1")), RC_OK);
	ck_assert_int_eq(pg_commit(waits), RC_OK);
	ck_assert_int_eq(pg_begin_long(waits, 1300), RC_OK);
	ck_assert_str_eq(ask(waits, "SHOW lock_timeout"), "5s");
	ck_assert_int_eq(pg_run(waits, &SLEEP, arena, NULL, PG_VALUES("1.4")), RC_OK);
	ck_assert_int_eq(pg_commit(waits), RC_OK);
	pg_free(&waits);
	waits = pg_new("host=/nonexistent", NULL);
	pg_patient(waits);
	ck_assert_int_eq(pg_ping(waits), RC_DOWN);
	pg_free(&waits);
}
END_TEST

static void add_calls(TCase *calls)
{
	tcase_add_test(calls, rows_come_back);
	tcase_add_test(calls, changes_are_counted);
	tcase_add_test(calls, words_pass_as_arrays);
	tcase_add_test(calls, large_values_pass);
	tcase_add_test(calls, session_settings);
	tcase_add_test(calls, prepared_once);
	tcase_add_test(calls, more_statements_than_are_kept);
	tcase_add_test(calls, conflicts_name_their_constraint);
	tcase_add_test(calls, what_is_referred_to_is_gone);
	tcase_add_test(calls, transactions);
	tcase_add_test(calls, a_failed_transaction_does_not_commit);
	tcase_add_test(calls, a_conflict_found_by_commit);
	tcase_add_loop_test(calls, a_transaction_ends_with_its_connection, 0, 2);
	tcase_add_test(calls, a_deadline_in_a_transaction_ends_it);
	tcase_add_test(calls, a_transaction_ends_as_it_came_to);
	tcase_add_test(calls, a_long_transaction);
	tcase_add_test(calls, a_long_transaction_has_its_end);
	tcase_add_test(calls, the_server_cancels_what_is_slow);
	tcase_add_test(calls, a_locked_table);
	tcase_add_test(calls, the_callers_deadline_holds);
	tcase_add_test(calls, scripts);
	tcase_add_test(calls, scripts_in_a_transaction);
	tcase_add_test(calls, listening);
	tcase_add_test(calls, no_value_is_logged);
	tcase_add_test(calls, a_patient_one_waits);
}

int main(void)
{
	Suite *suite = suite_create("pg");
	TCase *tcase = tcase_create("pg");

	tcase_add_checked_fixture(tcase, setup, teardown);
	add_calls(tcase);
	suite_add_tcase(suite, tcase);
	return live_main(suite);
}
