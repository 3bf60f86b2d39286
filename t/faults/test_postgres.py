"""PostgreSQL is away, hangs, refuses, or its answer is lost."""

import contextlib
import time

import pytest

from conftest import SETTINGS
from ledger import ledger_of
from lib import check
from lib.fault import hung, locked, stopped
from lib.me import enter, join, renew
from lib.stack import Stack, new_email, new_name, new_password
from lib.wait import wait_for
from relay import Relay
from under import under

QUICK_MS, DEADLINE_MS, BACK_S = 1000, 2000, 2


def down(ledger):
    """Those that a store refused, not a full pool."""
    return [said for said in ledger.errors() if said.code == "store_unavailable"]


def slowest(said):
    return max((one.ms for one in said), default=0)


@pytest.mark.parametrize("verb", ["stop", "kill"])
def test_away(lk, table, verb):
    with table.row(f"PostgreSQL {'stopped' if verb == 'stop' else 'killed'}") as row:
        ledger, _ = under(row, lk, stopped(lk, "postgres", verb))
        row.at_most("slowest 503", slowest(down(ledger)), QUICK_MS + row.calm_ms, "ms")
        row.at_least("answers 503", len(ledger.errors()), 1)
        row.back_within(BACK_S)


def test_restarted(lk, table):
    """What was prepared is prepared anew, again and again."""
    with table.row("PostgreSQL restarted × 5") as row, ledger_of(lk) as ledger:
        ledger.settle()
        begin = time.monotonic()
        for _ in range(5):
            lk.part("restart", "postgres")
            back = time.monotonic()
            ledger.settle(20)
    with row:
        row.ledger(ledger, begin, back)
        row.at_most("slowest 503", slowest(down(ledger)), QUICK_MS + row.calm_ms, "ms")
        row.back_within(BACK_S)


def goes_on(lk, n=20):
    """What needs no store, and how long the slowest of it took."""
    c, answers = lk.client(), []
    for _ in range(n):
        answers += [c.get("/health/live"), c.get("/.well-known/jwks.json"), c.get("/users/me", bearer="x.y.z")]
        time.sleep(0.05)
    return answers


def others(row, answers):
    """They are as ever."""
    expected = [200, 200, 401] * (len(answers) // 3)
    row.exactly("other routes answered otherwise",
                sum(a.status != status for a, status in zip(answers, expected, strict=True)), 0)
    row.at_most("their slowest", slowest(answers), QUICK_MS + row.calm_ms, "ms")


def test_hung(lk, table):
    with table.row("PostgreSQL hung") as row:
        ledger, answers = under(row, lk, hung(lk, "postgres"), 4, lambda: goes_on(lk))
        row.worst_within(DEADLINE_MS)
        times = sorted(said.ms for said in down(ledger))
        row.at_most("median 503, by the breaker", times[len(times) // 2], 100 + row.calm_ms, "ms")
        row.back_within(BACK_S)
        others(row, answers)


def test_table_locked(lk, table):
    """Whoever may have to write a letter is refused, a refresh too: should its token have been
    spent before, a letter tells."""
    with table.row("A table locked") as row:
        ledger, answers = under(row, lk, locked(lk, "outbox"), 4, lambda: goes_on(lk))
        row.worst_within(DEADLINE_MS)
        row.back_within(BACK_S)
        row.exactly("refused though it writes no letter",
                    len([said for said in ledger.errors() if said.what in ("verify", "verify ended", "me", "grant", "logout")]), 0)
        row.at_least("answers 503", len(ledger.errors()), 1)
        others(row, answers)


def cut_all(lk):
    lk.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'latchkey%%'")


@contextlib.contextmanager
def read_only(lk):
    lk.sql("ALTER DATABASE latchkey SET default_transaction_read_only = on")
    try:
        cut_all(lk)
        yield
    finally:
        lk.sql("ALTER DATABASE latchkey RESET default_transaction_read_only")


def test_read_only(lk, table):
    """As a primary that became a standby; one that is writable again is found at once."""
    with table.row("PostgreSQL turned read-only") as row:
        ledger, _ = under(row, lk, read_only(lk), 3)
        row.worst_within(DEADLINE_MS)
        row.back_within(BACK_S)
        row.at_least("answers 503", len(ledger.errors()), 1)


@contextlib.contextmanager
def no_more_connections(lk, most):
    lk.sql(f"ALTER DATABASE latchkey CONNECTION LIMIT {most}")
    try:
        cut_all(lk)
        yield
    finally:
        lk.sql("ALTER DATABASE latchkey CONNECTION LIMIT -1")


def attempts(lk):
    with open(f"{lk.env['LOG']}/postgres.log") as log:
        return log.read().count("too many connections")


def test_too_many_connections(lk, table):
    """Room for two of twenty processes."""
    with table.row("Too many connections to PostgreSQL") as row:
        before, began = attempts(lk), time.monotonic()
        ledger, _ = under(row, lk, no_more_connections(lk, 2), 5)
        processes = len(lk.workers()) + len(lk.workers(role="outside")) + 4
        a_second = (attempts(lk) - before) / 5 / processes
        row.worst_within(DEADLINE_MS)
        row.back_within(BACK_S)
        row.at_least("answers 503", len(ledger.errors(began)), 1)
        row.at_most("attempts to connect, a second and process", a_second, 10)


# the answer of COMMIT

@pytest.fixture
def relayed():
    lk = Stack.start(SETTINGS)
    relay = Relay(lk.env["PG_SOCKET_DIR"])
    try:
        with open(lk.path("conf.d", "relay.conf"), "w") as file:
            file.write(relay.settings())
        for part in ("serve", "outside", "mail"):
            lk.part("restart", part)
        yield lk, relay
    finally:
        lk.down()
        relay.end()


def asked_again(relay, statement, send, tries=5):
    """The answer to that statement, which commits, is lost; what is said to who asks again."""
    before = relay.cuts
    relay.only, relay.every = statement, 1
    first = send()
    relay.every = 0
    assert relay.cuts > before, "nothing was cut"
    check.problem(first, 503, "store_unavailable")
    return wait_for(lambda: (a := send()).status != 503 and a, tries)


def test_the_answer_of_commit_is_lost(relayed, table):
    lk, relay = relayed
    with table.row("The answer of COMMIT is lost") as row:
        client, email, name, password = lk.client(), new_email(), new_name(), new_password()
        token = lk.token(email, client)
        made = asked_again(relay, b"users_insert", lambda: client.post("/register", {
            "token": token, "username": name, "password": password}))
        row.exactly("register 3, repeated", made.status, 201)
        row.exactly("rows of that account", lk.sql("SELECT id::text FROM users WHERE email = %s", email),
                    [(made.json["id"],)])
        user = join(lk)
        tokens = enter(user)
        again = asked_again(relay, b"sessions_rotate", lambda: renew(user.client, tokens))
        row.exactly("refresh, repeated", again.status, 200)
        row.exactly("the current pair works", renew(user.client, again.json).status, 200)
        with ledger_of(lk) as ledger:
            ledger.settle(20)
            begin = time.monotonic()
            relay.only, relay.every = b"", 25
            ledger.settle(150)
            relay.every, back = 0, time.monotonic()
            ledger.settle(20)
        row.ledger(ledger, begin, back)
        row.at_least("answers lost", relay.cuts, 20)
        row.back_within(BACK_S)
        row.exactly("addresses or names twice", lk.one(
            "SELECT count(*) - count(DISTINCT email) + count(*) - count(DISTINCT username) FROM users"), 0)
        row.exactly("sessions of nobody", lk.one(
            "SELECT count(*) FROM sessions s WHERE NOT EXISTS (SELECT FROM users u WHERE u.id = s.user_id)"), 0)
