"""PostgreSQL and Redis fail over under a steady mixed load, which keeps a ledger: no answer is
wrong, nothing that was acknowledged is lost, nobody is logged out and nothing ended comes
back."""

import signal
import time

import pytest

from conftest import SETTINGS
from ledger import ledger_of
from lib.ctl import answer as ctl_answer
from lib.ctl import ctl
from lib.issuer import Issuer
from lib.stack import Stack, new_email
from lib.wait import wait_for
from stores import Sentinels, Standby


AUDIENCE = "failover"
DEADLINE_MS, BACK_S = 2500, 3
HUNG_BACK_S = 4
MAILER_S = 20  # without work it looks every 10 s whether the server is there
LAG_S = 0.5  # how far behind the standby is
DETECTION_S = 1  # what promotes a standby needs to notice
SLACK_S = 0.1  # between an answer and its being written down
NEEDS_REDIS = {"register", "login", "change password", "code", "prove"}


def probes(lk):
    return {row["name"]: row for row in ctl_answer(lk, "check")[1]["checks"]}


# PostgreSQL

@pytest.fixture
def pair():
    """A stack whose settings name two hosts, and an outside issuer."""
    standby, issuer = Standby(), Issuer()
    lk = Stack.start(f"{SETTINGS}{standby.settings()}[issuer outside]\nissuer = {issuer.url}\naudience = {AUDIENCE}\n"
                     "allow_http = yes\n")
    lk.issuer = issuer
    yield lk, standby
    standby.bury_primary()
    lk.down()
    standby.remove()
    issuer.stop()


def fail_over(standby, ledger, lose=Standby.lose_primary):
    """When the standby fell behind, when the primary was gone, when there was another."""
    ledger.settle(40)
    behind_at = time.monotonic()
    standby.fall_behind()
    time.sleep(LAG_S)
    gone_at = time.monotonic()
    lose(standby)
    time.sleep(DETECTION_S)
    standby.promote()
    back_at = time.monotonic()
    ledger.settle(40)
    return behind_at, gone_at, back_at


def follows(lk):
    """The mailer and latchkeyctl have found it as the workers have."""
    email = new_email()
    assert lk.client().post("/register", {"email": email}).status == 202
    assert lk.mail.wait(email, seconds=MAILER_S).code
    found = probes(lk)
    wrong = {name: row for name, row in found.items() if name.startswith("database.") and not row["ok"]}
    assert len(found) > 5 and not wrong, wrong
    ctl(lk, "role", "create", "--name", "after")


def refreshes(lk):
    """The refresher too: a key that it has not fetched is fetched."""
    lk.sql("UPDATE outside_issuers SET wanted_at = NULL, asked_at = NULL")
    lk.issuer.keys["second"] = lk.issuer.keys["first"]
    token = lk.issuer.token("second", aud=AUDIENCE, scope="read:roles", sub="machine", azp="machine")
    wait_for(lambda: lk.client().get("/roles/", bearer=token).status == 200, 10, "the new keys are not fetched")


def test_postgres_with_a_synchronous_standby(pair, table):
    lk, standby = pair
    standby.follow(lk, synchronous=True)
    with table.row("PostgreSQL fails over, synchronous standby") as row:
        with ledger_of(lk) as ledger:
            _, gone_at, back_at = fail_over(standby, ledger)
        row.ledger(ledger, gone_at, back_at)
        row.worst_within(DEADLINE_MS)
        row.back_within(BACK_S)
        row.at_least("answers 503", len(ledger.errors(gone_at)), 1)
        follows(lk)
        refreshes(lk)


def test_postgres_hung_and_replaced(pair, table):
    """What fails over should end the old one; where it cannot reach it, it is left alone."""
    lk, standby = pair
    standby.follow(lk, synchronous=True)
    with table.row("PostgreSQL hangs and is replaced") as row:
        with ledger_of(lk) as ledger:
            _, gone_at, back_at = fail_over(standby, ledger, Standby.hang_primary)
        row.ledger(ledger, gone_at, back_at)
        row.worst_within(DEADLINE_MS)
        row.back_within(HUNG_BACK_S)
        follows(lk)


def test_postgres_with_an_asynchronous_standby(pair, table):
    """What is lost is what was acknowledged while the standby was behind; it is counted."""
    lk, standby = pair
    standby.follow(lk, synchronous=False)
    with table.row("PostgreSQL fails over, asynchronous standby") as row:
        with ledger_of(lk, forgives=True) as ledger:
            behind_at, gone_at, back_at = fail_over(standby, ledger)
        missing = row.ledger(ledger, gone_at, back_at, lost=None)
        row.worst_within(DEADLINE_MS)
        row.back_within(BACK_S)
        row.tell("standby behind", LAG_S, "s")
        row.tell("acknowledged meanwhile", ledger.acknowledged(behind_at, gone_at + SLACK_S))
        row.tell("accounts that miss something", len({account.email for account, _ in missing}))
        row.exactly("lost though the standby had it", len([
            account for account, _ in missing
            if not account.changed_between(behind_at - SLACK_S, gone_at + SLACK_S)]), 0)
        follows(lk)


# Redis

@pytest.fixture
def guarded():
    sentinels = Sentinels()
    lk = Stack.start(SETTINGS + sentinels.settings())
    yield lk, sentinels
    lk.down()
    sentinels.remove()


def redis_probe(lk, port):
    row = probes(lk)["redis"]
    assert row["ok"] and f"127.0.0.1 port {port} " in row["detail"], row


def replaced(row, lk, sentinels, lose):
    """The master is lost; the next one. What asks PostgreSQL alone never notices."""
    before = sentinels.master()
    with row, ledger_of(lk) as ledger:
        ledger.settle()
        gone_at = time.monotonic()
        lose(before)
        after, back_at = sentinels.move(before)
        ledger.settle()
    with row:
        row.ledger(ledger, gone_at, back_at)
        row.worst_within(DEADLINE_MS)
        row.back_within(BACK_S)
        row.exactly("refused though it needs no Redis", len({said.what for said in ledger.errors()} - NEEDS_REDIS), 0)
        row.tell("codes forgotten", ledger.forgotten)
        redis_probe(lk, after)
    return after


def test_redis_under_sentinels(guarded, table):
    """Killed, hung, and switched over in good order; each time the old master comes back as a
    replica of the new one."""
    lk, sentinels = guarded
    first = sentinels.master()
    redis_probe(lk, first)
    together = lambda: wait_for(sentinels.complete, 40, "the old master does not follow the new one")
    second = replaced(table.row("Redis fails over, master killed"), lk, sentinels, sentinels.kill)
    sentinels.start(first)
    together()
    third = replaced(table.row("Redis fails over, master hung"), lk, sentinels,
                     lambda port: sentinels.signal(port, signal.SIGSTOP))
    sentinels.signal(second, signal.SIGCONT)
    together()
    fourth = replaced(table.row("Redis fails over, in good order"), lk, sentinels, lambda _: sentinels.fail_over())
    assert (first, second) == (third, fourth)
