"""Partitions that are missing, keys that are rotated, a schema that grows: under load."""

import os
import random
import shutil
import signal
import subprocess
import time

import pytest

from conftest import SETTINGS
from ledger import ledger_of
from lib.ctl import answer as ctl_answer
from lib.stack import ROOT, Stack
from lib.tokens import parts
from lib.wait import wait_for

ROTATIONS = 10


@pytest.fixture
def own():
    """A stack that is not as others expect it afterwards."""
    stack = Stack.start(SETTINGS)
    yield stack
    stack.down()


# partitions

DROP_PARTITIONS = """DO $$ DECLARE t text; BEGIN
    FOR t IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = inhrelid
             WHERE inhparent IN ('audit'::regclass, 'login_history'::regclass) AND c.relname ~ '[0-9]$'
    LOOP EXECUTE 'DROP TABLE ' || t; END LOOP; END $$"""


def partitions_probe(lk):
    return next(row for row in ctl_answer(lk, "check")[1]["checks"] if row["name"] == "partitions")


def test_partition_missing(own, table):
    """All of them are dropped, this month's too: as if nobody had looked after them for long."""
    with table.row("The partition of next month missing") as row:
        own.sql(DROP_PARTITIONS)
        with ledger_of(own, may=()) as ledger:
            ledger.settle(60)
        row.ledger(ledger)
        in_default = own.one("SELECT (SELECT count(*) FROM audit_default) + (SELECT count(*) FROM login_history_default)")
        row.at_least("rows in the default partitions", in_default, 40)
        row.exactly("failed requests", len(ledger.errors()) + len(ledger.wrong), 0)
        row.exactly("check warns", partitions_probe(own)["ok"], False)
        ready = own.client().get("/health/ready")
        row.exactly("health/ready warns", b"partition" in ready.body, True)
        row.tell("its status", ready.status)
        own.ctl("maintain")
        row.exactly("left there after `maintain`", own.one("SELECT count(*) FROM audit_default"), 0)
        row.exactly("check is content", partitions_probe(own)["ok"], True)


# keys

def kid(tokens):
    return parts(tokens["access_token"])[0]["kid"]


def test_keys_rotated(own, table):
    """Each is published, known everywhere, signs; those that signed before are still taken."""
    with table.row("Signing key rotated × 10") as row, ledger_of(own, may=()) as ledger:
        ledger.settle(10)
        user = own.register()
        tokens = [own.login(user)]
        for _ in range(ROTATIONS):
            own.ctl("key", "rotate", "access", "--now")
            tokens.append(wait_for(lambda: (new := own.login(user)) and kid(new) != kid(tokens[-1]) and new, 20,
                                   "the new key does not sign", 0.2))
        taken = [own.client().get("/users/me", bearer=each["access_token"]).status for each in tokens]
        ledger.settle(10)
    with row:
        row.ledger(ledger)
        row.exactly("keys that have signed", len({kid(each) for each in tokens}), ROTATIONS + 1)
        row.exactly("tokens of earlier keys refused", sum(status != 200 for status in taken), 0)
        row.exactly("failed requests", len(ledger.errors()) + len(ledger.wrong), 0)


# the schema

GROWN = 30  # migrations
END_SESSION = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'latchkey_owner'"
GROWTH = """ALTER TABLE users ADD COLUMN extra_{n} text;
CREATE TABLE extra_{n} (id uuid PRIMARY KEY, made_at timestamptz NOT NULL DEFAULT now());
ALTER TABLE sessions ADD COLUMN extra_{n} integer;
CREATE INDEX extra_{n}_made ON extra_{n} (made_at);
INSERT INTO extra_{n} (id) SELECT id FROM users;
GRANT SELECT ON extra_{n} TO latchkey_fast;
"""


@pytest.fixture
def growing(own, tmp_path):
    """The migrations that were applied, and a few of the next version."""
    schema = tmp_path / "schema"
    shutil.copytree(os.path.join(ROOT, "schema"), schema)
    applied = own.one("SELECT max(id) FROM schema_history")
    for n in range(applied + 1, applied + 1 + GROWN):
        (schema / f"{n:04}_extra.sql").write_text(GROWTH.format(n=n))
    return own, schema, applied


def migrate(lk, schema):
    return subprocess.Popen([os.path.join(lk.env["BUILD"], "latchkeyctl"), "--config", lk.env["CONF"], "migrate",
                             "--schema-dir", str(schema)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def whole(lk, applied):
    """Each of its statements once."""
    tables = lk.one("SELECT count(*) FROM pg_class WHERE relname ~ '^extra_[0-9]+(_made)?$'")
    columns = lk.one("SELECT count(*) FROM information_schema.columns WHERE table_name IN ('users', 'sessions')"
                     " AND column_name LIKE 'extra_%%'")
    return lk.one("SELECT max(id) FROM schema_history") - applied, tables, columns


def test_migration_killed(growing, table):
    """Its process or its session, anywhere, until it is through; workers go on meanwhile."""
    lk, schema, applied = growing
    with table.row("Migration killed at any statement") as row, ledger_of(lk) as ledger:
        dice, kills = random.Random(7), 0
        ledger.settle(10)
        begin = time.monotonic()
        for n in range(200):
            process = migrate(lk, schema)
            # Anywhere in it; now and then it comes a few statements further
            try:
                process.wait(dice.uniform(0, 0.1 + n * 0.002))
            except subprocess.TimeoutExpired:
                kills += 1
                if n % 2 or not lk.one(END_SESSION):
                    process.send_signal(signal.SIGKILL)
            process.communicate()
            if process.returncode == 0:
                break
        back = time.monotonic()
        ledger.settle(10)
    with row:
        row.ledger(ledger, begin, back)
        row.at_least("times killed", kills, 3)
        row.exactly("applied, tables and indexes, columns", whole(lk, applied), (GROWN, 2 * GROWN, 2 * GROWN))
        row.back_within(2)


def test_two_versions(growing, table):
    """Workers of before go on through an expanding migration; those of after begin with it;
    and both are there at once while a reload brings one by one."""
    lk, schema, applied = growing
    with table.row("Old and new version together") as row, ledger_of(lk) as ledger:
        ledger.settle(10)
        old = lk.workers()
        begin = time.monotonic()
        process = migrate(lk, schema)
        process.communicate()
        assert process.returncode == 0
        back = time.monotonic()
        ledger.settle(20)
        row.exactly("old workers that live on", len(old & lk.workers()), len(old))
        for _ in range(5):
            before = lk.workers()
            os.kill(lk.pid("serve"), signal.SIGHUP)
            wait_for(lambda before=before: not before & lk.workers(), 15)
        ledger.settle(20)
    with row:
        row.ledger(ledger, begin, back)
        row.exactly("applied", lk.one("SELECT max(id) FROM schema_history") - applied, GROWN)
        row.back_within(2)
