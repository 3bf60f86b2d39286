"""PostgreSQL and Redis fail over under a steady mixed load, which keeps a ledger: no answer is
wrong, nothing that was acknowledged is lost, nobody is logged out and nothing ended comes
back."""

import signal
import time

import pytest

from ledger import Ledger
from lib.ctl import answer as ctl_answer
from lib.ctl import ctl
from lib.issuer import Issuer
from lib.machine import machine, new_role
from lib.stack import Stack, new_email
from lib.wait import wait_for
from stores import Sentinels, Standby

# Whoever was refused asks again within the grace, however long the fault was
SETTINGS = "[tokens]\nrefresh_grace_s = 300\n[mail]\nretry_max_s = 1\n"

AUDIENCE = "failover"
QUICK_MS, DEADLINE_MS, BACK_S = 1000, 2500, 3
HUNG_BACK_S = 4
MAILER_S = 20  # without work it looks every 10 s whether the server is there
LAG_S = 0.5  # how far behind the standby is
DETECTION_S = 1  # what promotes a standby needs to notice
SLACK_S = 0.1  # between an answer and its being written down
NEEDS_REDIS = {"register", "login", "change password", "code", "prove"}


def ledger_of(lk, **what):
    return Ledger(lk, machine(lk, "assign:roles"), new_role(machine(lk, "create:roles")), **what)


def settled(ledger, changes):
    """Until that many more changes have been acknowledged."""
    goal = ledger.acknowledged() + changes
    wait_for(lambda: ledger.acknowledged() >= goal or ledger.wrong, 60, "the load does not go on")


def probes(lk):
    return {row["name"]: row for row in ctl_answer(lk, "check")[1]["checks"]}


def holds(ledger, missing):
    assert ledger.wrong == [], ledger.wrong[:5]
    assert missing == []


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
    settled(ledger, 40)
    behind_at = time.monotonic()
    standby.fall_behind()
    time.sleep(LAG_S)
    gone_at = time.monotonic()
    lose(standby)
    time.sleep(DETECTION_S)
    standby.promote()
    back_at = time.monotonic()
    settled(ledger, 40)
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


def test_postgres_with_a_synchronous_standby(pair, state):
    lk, standby = pair
    standby.follow(lk, synchronous=True)
    with ledger_of(lk) as ledger:
        _, *times = fail_over(standby, ledger)
    missing = ledger.audit()
    figures = ledger.figures(*times)
    state("PostgreSQL, synchronous", **figures, lost=len(missing))
    holds(ledger, missing)
    assert figures["worst_ms"] < DEADLINE_MS and figures["back_after_s"] < BACK_S
    assert figures["answers_503"] > 0
    follows(lk)
    refreshes(lk)


def test_postgres_hung_and_replaced(pair, state):
    """What fails over should end the old one; where it cannot reach it, it is left alone."""
    lk, standby = pair
    standby.follow(lk, synchronous=True)
    with ledger_of(lk) as ledger:
        _, *times = fail_over(standby, ledger, Standby.hang_primary)
    missing = ledger.audit()
    figures = ledger.figures(*times)
    state("PostgreSQL, hung", **figures, lost=len(missing))
    holds(ledger, missing)
    assert figures["worst_ms"] < DEADLINE_MS and figures["back_after_s"] < HUNG_BACK_S
    follows(lk)


def test_postgres_with_an_asynchronous_standby(pair, state):
    """What is lost is what was acknowledged while the standby was behind; it is counted."""
    lk, standby = pair
    standby.follow(lk, synchronous=False)
    with ledger_of(lk, forgives=True) as ledger:
        behind_at, *times = fail_over(standby, ledger)
    missing = ledger.audit()
    figures = ledger.figures(*times)
    at_risk = ledger.acknowledged(behind_at, times[0] + SLACK_S)
    state("PostgreSQL, asynchronous", **figures, behind_s=LAG_S, acknowledged_meanwhile=at_risk,
          accounts_that_miss_something=len({account.email for account, _ in missing}))
    assert figures["worst_ms"] < DEADLINE_MS and figures["back_after_s"] < BACK_S
    assert missing and all(account.changed_between(behind_at - SLACK_S, times[0] + SLACK_S)
                           for account, _ in missing), missing
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


def untouched(ledger):
    """What asks PostgreSQL alone never noticed."""
    assert {said.what for said in ledger.errors()} <= NEEDS_REDIS, {said.what for said in ledger.errors()}


def replaced(sentinels, ledger, lose):
    """The master is lost; the next one, and what the clients noticed."""
    before = sentinels.master()
    settled(ledger, 30)
    gone_at = time.monotonic()
    lose(before)
    after, back_at = sentinels.move(before)
    settled(ledger, 30)
    return after, ledger.figures(gone_at, back_at)


def test_redis_under_sentinels(guarded, state):
    """Killed, hung, and switched over in good order; each time the old master comes back as a
    replica of the new one."""
    lk, sentinels = guarded
    first = sentinels.master()
    redis_probe(lk, first)
    together = lambda: wait_for(sentinels.complete, 40, "the old master does not follow the new one")
    with ledger_of(lk) as ledger:
        second, killed = replaced(sentinels, ledger, sentinels.kill)
        redis_probe(lk, second)
        sentinels.start(first)
        together()
        third, hung = replaced(sentinels, ledger, lambda port: sentinels.signal(port, signal.SIGSTOP))
        redis_probe(lk, third)
        sentinels.signal(second, signal.SIGCONT)
        together()
        fourth, switched = replaced(sentinels, ledger, lambda _: sentinels.fail_over())
    missing = ledger.audit()
    state("Redis, master killed", **killed)
    state("Redis, master hung", **hung)
    state("Redis, switched over", **switched, codes_forgotten=ledger.forgotten, lost=len(missing))
    holds(ledger, missing)
    untouched(ledger)
    assert (first, second) == (third, fourth)
    for figures in (killed, hung, switched):
        assert figures["worst_ms"] < DEADLINE_MS and figures["back_after_s"] < BACK_S, figures
    assert killed["answers_503"] > 0 and hung["answers_503"] > 0
    redis_probe(lk, fourth)
