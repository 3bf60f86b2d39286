"""latchkeyctl migrate, on databases of its own in the stack's cluster."""

import json
import os
import random
import signal
import subprocess
import threading
import time
import uuid

import psycopg2
import pytest

from lib.stack import ROOT

SCHEMA = os.path.join(ROOT, "schema")


class Base:
    """An empty database, and the tool that migrates it."""

    def __init__(self, lk, tmp_path):
        self.name = "migrate_" + uuid.uuid4().hex[:12]
        self.socket = lk.env["PG_SOCKET_DIR"]
        self.program = os.path.join(lk.env["BUILD"], "latchkeyctl")
        self.dir = tmp_path / "schema"
        self.dir.mkdir()
        self.conf = tmp_path / "latchkey.conf"
        self.conf.write_text(f"[database]\nowner = host={self.socket} dbname={self.name} user=latchkey_owner\n")
        lk.sql(f"CREATE DATABASE {self.name} OWNER latchkey_owner")
        self.sql("GRANT CREATE ON SCHEMA public TO latchkey_owner")

    def sql(self, text, *values):
        connection = psycopg2.connect(host=self.socket, dbname=self.name, user="postgres")
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(text, values or None)
                return cursor.fetchall() if cursor.description else None
        finally:
            connection.close()

    def put(self, n, name, sql):
        (self.dir / f"{n:04}_{name}.sql").write_text(sql)

    def command(self, *words, dir=None):
        return [self.program, "--config", str(self.conf), "migrate", "--schema-dir", str(dir or self.dir), *words]

    def run(self, *words, dir=None):
        return subprocess.run(self.command(*words, dir=dir), capture_output=True, text=True, timeout=60)

    def start(self):
        return subprocess.Popen(self.command(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def history(self):
        if not self.exists("schema_history"):
            return []
        return [row[0] for row in self.sql("SELECT id FROM schema_history ORDER BY id")]

    def exists(self, table):
        return self.sql("SELECT to_regclass(%s) IS NOT NULL", "public." + table)[0][0]


@pytest.fixture
def base(lk, tmp_path):
    base = Base(lk, tmp_path)
    yield base
    lk.sql(f"DROP DATABASE {base.name} WITH (FORCE)")


def done(result):
    assert result.returncode == 0, result.stdout + result.stderr
    return result


def refused(result, *parts):
    assert result.returncode == 1, result.stdout + result.stderr
    for part in parts:
        assert part in result.stderr, result.stderr


def test_the_shipped_schema(base):
    files = sorted(name for name in os.listdir(SCHEMA) if name[0].isdigit())
    refused(base.run("--check", dir=SCHEMA))
    first = done(base.run(dir=SCHEMA))
    assert [line.split()[1] for line in first.stdout.splitlines() if line.startswith("applied")] == files
    assert base.history() == list(range(1, len(files) + 1))
    done(base.run("--check", dir=SCHEMA))
    before = base.sql("SELECT * FROM schema_history")
    assert "applied" not in done(base.run(dir=SCHEMA)).stdout
    assert base.sql("SELECT * FROM schema_history") == before
    assert all(len(sha) == 64 for (sha,) in base.sql("SELECT sha256 FROM schema_history"))


def test_telling_changes_nothing(base):
    base.put(1, "a", "CREATE TABLE a ()")
    assert "0001_a.sql" in done(base.run("--dry-run")).stdout
    listed = base.run("--check", "--json")
    assert listed.returncode == 1 and json.loads(listed.stdout) == {"pending": [{"id": 1, "name": "a"}]}
    assert not base.exists("schema_history") and not base.exists("a")


def test_up_to_a_number(base):
    for n in (1, 2, 3):
        base.put(n, "t", f"CREATE TABLE t{n} ()")
    done(base.run("--to", "2"))
    assert base.history() == [1, 2] and not base.exists("t3")
    refused(base.run("--to", "1"), "forward only")
    for bad in ("0", "4", "x", "-1"):
        assert base.run("--to", bad).returncode == 2
    done(base.run("--to", "3"))
    assert base.history() == [1, 2, 3]


def test_an_applied_file_may_not_change(base):
    base.put(1, "a", "CREATE TABLE a ()")
    done(base.run())
    base.put(1, "a", "CREATE TABLE a () ")
    base.put(2, "b", "CREATE TABLE b ()")
    for words in ((), ("--check",), ("--dry-run",)):
        refused(base.run(*words), "0001_a.sql is not what was applied")
    assert not base.exists("b")


def test_an_applied_file_may_not_go(base):
    base.put(1, "a", "CREATE TABLE a ()")
    base.put(2, "b", "CREATE TABLE b ()")
    done(base.run())
    (base.dir / "0002_b.sql").unlink()
    refused(base.run(), "0002_b was applied", "older version")
    base.put(2, "renamed", "CREATE TABLE b ()")
    refused(base.run(), "0002_renamed.sql is not what was applied as 0002_b")


@pytest.mark.parametrize("name, said", [
    ("0003_c.sql", "number 0002 is expected"), ("0001_b.sql", "number 0002 is expected"),
    ("0000_b.sql", "NNNN_name.sql"), ("2_b.sql", "NNNN_name.sql"), ("0002-b.sql", "NNNN_name.sql"),
    ("0002_B'.sql", "NNNN_name.sql"), ("00002_b.sql", "NNNN_name.sql"), ("0002_.sql", "NNNN_name.sql"),
])
def test_names_and_gaps(base, name, said):
    base.put(1, "a", "CREATE TABLE a ()")
    (base.dir / name).write_text("CREATE TABLE b ()")
    refused(base.run(), said)
    assert base.history() == [] and not base.exists("a")


def test_other_files_do_not_count(base):
    base.put(1, "a", "CREATE TABLE a ()")
    (base.dir / "README.md").write_text("x")
    (base.dir / "bootstrap.sql").write_text("nonsense")
    done(base.run())


def test_no_directory_no_files(base):
    refused(base.run(), "holds no migrations")
    refused(base.run(dir="/nonexistent"), "/nonexistent: No such file")


@pytest.mark.parametrize("sql", ["COMMIT;\nCREATE TABLE b ();", "begin;\nCREATE TABLE b ();\nend;",
                                 "CREATE TABLE b ();\nrollback;"])
def test_a_file_has_no_transaction_of_its_own(base, sql):
    base.put(1, "a", sql)
    refused(base.run(), "begins or ends a transaction of its own")


def test_a_hidden_commit_is_seen(base):
    base.put(1, "a", "CREATE TABLE a ();   COMMIT; CREATE TABLE b ();")
    refused(base.run(), "ended the transaction")
    assert base.history() == [] and not base.exists("b")


@pytest.mark.parametrize("sql", ["SELECT 1/0", "NONSENSE", "CREATE TABLE half ('", "/* open", "\\dt", "COPY b FROM STDIN"])
def test_a_failing_file_leaves_nothing(base, sql):
    base.put(1, "a", "CREATE TABLE a ()")
    base.put(2, "b", "CREATE TABLE b (x int);\n" + sql)
    base.put(3, "c", "CREATE TABLE c ()")
    result = base.run()
    refused(result, "0002_b.sql")
    assert "applied 0001_a.sql" in result.stdout
    assert base.history() == [1]
    assert base.exists("a") and not base.exists("b") and not base.exists("c")
    base.put(2, "b", "CREATE TABLE b (x int) -- no end")
    done(base.run())
    assert base.history() == [1, 2, 3]


def test_bytes_that_are_not_text(base):
    (base.dir / "0001_a.sql").write_bytes(b"SELECT 1;\0 SELECT 2")
    refused(base.run(), "NUL")
    (base.dir / "0001_a.sql").write_bytes(b"SELECT '\xff'")
    refused(base.run(), "UTF-8")
    (base.dir / "0001_a.sql").write_bytes(b"-" * 300000)
    refused(base.run(), "256 KiB")


def test_a_percent_sign_is_one(base):
    base.put(1, "a", "CREATE TABLE a AS SELECT '%s %n %d %%'::text AS x")
    done(base.run())
    assert base.sql("SELECT x FROM a") == [("%s %n %d %%",)]


def test_it_does_not_queue_behind_a_lock(base):
    base.put(1, "a", "CREATE TABLE a ()")
    done(base.run())
    base.put(2, "b", "ALTER TABLE a ADD COLUMN x int")
    blocker = psycopg2.connect(host=base.socket, dbname=base.name, user="postgres")
    blocker.cursor().execute("SELECT * FROM a")
    began = time.monotonic()
    refused(base.run(), "lock timeout")
    assert time.monotonic() - began < 10
    blocker.close()
    done(base.run())
    assert base.history() == [1, 2]


def fill(base, n, pause=0.0):
    base.put(1, "begin", "CREATE TABLE done (id int)")
    for i in range(2, n + 1):
        base.put(i, "step", f"INSERT INTO done VALUES ({i}); SELECT pg_sleep({pause});\n"
                            f"CREATE TABLE t{i} (); INSERT INTO done VALUES ({i});")


def assert_whole(base, n):
    assert base.history() == list(range(1, n + 1))
    assert base.sql("SELECT id, count(*) FROM done GROUP BY id ORDER BY id") == [(i, 2) for i in range(2, n + 1)]


def test_many_at_once(base):
    fill(base, 12, 0.01)
    running = [base.start() for _ in range(6)]
    said = [(process.communicate(timeout=60)[0], process.returncode) for process in running]
    assert [code for _, code in said] == [0] * 6, said
    assert sum(text.count("applied ") for text, _ in said) == 12
    assert_whole(base, 12)


def test_killed_at_any_moment(base):
    n = 40
    fill(base, n, 0.004)
    dice = random.Random(7)
    kills = 0
    for _ in range(400):
        process = base.start()
        try:
            process.wait(dice.uniform(0.001, 0.08))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            kills += 1
        process.communicate()
        if process.returncode == 0:
            break
        assert process.returncode == -signal.SIGKILL
    done(base.run())
    assert kills >= 3, "it was never killed"
    assert_whole(base, n)


def test_the_session_killed_at_any_moment(base):
    """As when the server restarts: the run fails, and the next one goes on."""
    n = 20
    fill(base, n, 0.01)
    over = threading.Event()

    def shoot():
        while not over.wait(0.05):
            base.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                     " WHERE usename = 'latchkey_owner' AND datname = current_database()")

    shooter = threading.Thread(target=shoot)
    shooter.start()
    failures = sum(base.run().returncode != 0 for _ in range(10))
    over.set()
    shooter.join()
    done(base.run())
    assert failures
    assert_whole(base, n)
