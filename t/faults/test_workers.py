"""Workers die, crash, get stuck; there are more requests than workers."""

import collections
import os
import random
import signal
import threading
import time

import pytest

from ledger import CUT, REFUSALS, ledger_of
from lib import check
from lib.fault import locked, signal_all
from lib.http import together
from lib.stack import GONE, Stack, new_name
from lib.wait import wait_for

WORKERS = 6  # those of conftest.SETTINGS
KILLS = 20
TIMEOUT = (504, "gateway_timeout")


def crew(lk):
    return wait_for(lambda: len(workers := lk.workers()) == WORKERS and workers, 10, "the crew is not whole")


def replaced_after(lk, victim):
    """Seconds until somebody is in its place."""
    began = time.monotonic()
    wait_for(lambda: victim not in (now := lk.workers()) and len(now) == WORKERS, 10, "it is not replaced", 0.002)
    return time.monotonic() - began


def waits_in(pid):
    """The kernel's function: one of epoll for a worker without a request."""
    try:
        with open(f"/proc/{pid}/wchan") as file:
            return file.read()
    except GONE:
        return "epoll"


def in_a_request(pids):
    return sorted(pid for pid in pids if "epoll" not in waits_in(pid))


class Veterans:
    """Workers that have answered something: whoever dies before is replaced later and later."""

    def __init__(self, pids):
        self._up, self._begun, self._all = set(), set(), set(pids)

    def in_a_request(self, pids):
        busy = set(in_a_request(pids))
        idle = pids - busy
        self._all |= self._begun & idle
        self._up |= idle  # who is only being born does not wait for requests either
        self._begun |= self._up & busy
        return sorted(self._all & busy)


def waits_for_a_store(pid):
    function = waits_in(pid)  # once: the next moment it may wait for a request
    return "poll" in function and "epoll" not in function


def test_killed_in_a_request(lk, table):
    """Killed and crashed by turns, while all of them have something to do."""
    with table.row("Worker killed in a request") as row, ledger_of(lk, may=(*REFUSALS, CUT)) as ledger:
        dice, took = random.Random(7), []
        ledger.settle()
        begin, veterans = time.monotonic(), Veterans(crew(lk))
        for n in range(KILLS):
            crew(lk)
            victim = dice.choice(wait_for(lambda: veterans.in_a_request(lk.workers()), 10, "nobody asks anything", 0.002))
            os.kill(victim, (signal.SIGKILL, signal.SIGSEGV)[n % 2])
            took.append(replaced_after(lk, victim))
        back = time.monotonic()
        ledger.settle()
    with row:
        row.ledger(ledger, begin, back)
        cut = [said for said in ledger.errors() if said.status == 502]
        row.tell("times killed", KILLS)
        row.at_most("answers 502", len(cut), KILLS)
        row.at_least("of those", len(cut), 1)
        took.sort()
        row.tell("median time to a new one", took[KILLS // 2] * 1000, "ms")
        row.at_most("time of the quickest quarter", took[KILLS // 4] * 1000, 100, "ms")  # a busy machine delays the others
        row.back_within(1)


def test_crash_loop(lk, table):
    """Whoever is born is killed at once, for a while."""
    seen, stop = collections.Counter(), threading.Event()
    first = len(lk.log.lines())

    def reap():
        while not stop.is_set():
            for pid in lk.workers():
                seen[pid] += 1
            signal_all(lk.workers(), signal.SIGKILL)
            time.sleep(0.005)

    with table.row("Workers crash as soon as they start") as row:
        with ledger_of(lk, may=(*REFUSALS, CUT, TIMEOUT)) as ledger:
            ledger.settle()
            begin = time.monotonic()
            reaper = threading.Thread(target=reap)
            reaper.start()
            time.sleep(9)
            stop.set()
            reaper.join()
            back = time.monotonic()
            crew(lk)
            whole = time.monotonic() - back
            ledger.settle()
        row.ledger(ledger, begin, back)
        waits = {int(line["next_in_ms"]) for line in lk.log.lines()[first:] if line.get("event") == "worker_died"}
        row.exactly("waits begun, in ms", sorted(waits), [0, 1000, 2000, 4000, 8000])
        row.at_most("births in 9 s, of each worker", len(seen) / WORKERS, 7)
        row.at_most("whole again after", whole, 8.5, "s")
        row.back_within(9 + 12)  # its wait, and what nginx waits for an answer


def stop_in_a_request(lk):
    """One or two fast workers, stopped while they wait for PostgreSQL."""
    with locked(lk, "sessions"):  # which every token is looked up in
        busy = wait_for(lambda: [pid for pid in lk.workers("fast") if waits_for_a_store(pid)], 10,
                        "nobody waits for the lock")[:2]
        signal_all(busy, signal.SIGSTOP)
    return set(busy)


@pytest.mark.skipif(os.getuid() != 0, reason="looks at what workers wait for")
def test_stuck(lk, table):
    """Stopped in the middle of a request: past its deadline they are killed and replaced."""
    with table.row("Worker stuck") as row, ledger_of(lk, clients=8, may=(*REFUSALS, CUT)) as ledger:
        ledger.settle()
        begin, victims = time.monotonic(), stop_in_a_request(lk)
        try:
            wait_for(lambda: not victims & lk.workers(), 14, "they are not killed")
            took = time.monotonic() - begin
        finally:
            signal_all(victims, signal.SIGCONT)
        back = time.monotonic()
        crew(lk)
        ledger.settle()
    with row:
        row.ledger(ledger, begin, back)
        row.at_least("killed after", took, 9, "s")
        row.at_most("killed after", took, 12, "s")
        row.exactly("answers 502", sum(said.status == 502 for said in ledger.errors()), len(victims))
        row.back_within(2)


@pytest.fixture
def costly():
    """One worker that hashes at full cost: 30 ms and more."""
    stack = Stack.start("[server]\nslow_workers = 1\n")
    yield stack
    stack.down()


def test_more_connections_than_workers(costly, table):
    """250 logins at once, of which nginx admits 128 to the slow pool."""
    lk = costly
    with table.row("More connections than workers") as row, ledger_of(lk, clients=2) as ledger:
        ledger.settle(10)
        begin = time.monotonic()
        answers = together((lk.client(), ("POST", "/login"), {"basic": (new_name(), "wrong")}) for _ in range(250))
        back = time.monotonic()
        ledger.settle(10)
    with row:
        row.ledger(ledger, begin, back)
        told = collections.Counter((answer.status, answer.code) for answer in answers)
        for answer in answers:
            check.problem(answer, answer.status)
        row.cells["requests"] += len(answers)
        row.exactly("other answers than 401 and 503", sum(told.values()) - told[401, "invalid_credentials"] -
                    told[503, "overloaded"], 0)
        row.at_least("served", told[401, "invalid_credentials"], 1)
        row.at_least("refused by admission", told[503, "overloaded"], 1)
        row.tell("slowest of them", max(answer.ms for answer in answers), "ms")


SIZES = (0, 1, 1000, 16383, 16384, 16385, 20000, 65536, 1 << 20, 8 << 20)
REFUSED = [("POST", "/nowhere"), ("PUT", "/users/me"), ("POST", "/users/me"), ("PATCH", "/users/me"),
           ("POST", "/auth/logout"), ("POST", "/roles"), ("POST", "/register"), ("POST", "/login"),
           ("POST", "/oauth/token"), ("OPTIONS", "/login"), ("DELETE", "/users/me"), ("POST", "/social/exchange")]


def chunked(client, method, path, body):
    head = client.build(method, path, type="application/json", headers=[("Content-Length", None),
                                                                       ("Transfer-Encoding", "chunked")])
    pieces = [body[i:i + 4096] for i in range(0, len(body), 4096)]
    data = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return client.raw(head + data + b"0\r\n\r\n", method=method)


def test_refused_body(lk, table):
    """Nobody reads it, or it is too large, or it is not what was asked for."""
    with table.row("A body refused, at any size") as row, ledger_of(lk, clients=1, may=()) as ledger:
        ledger.settle(5)
        answers = []
        for size in SIZES:
            for method, path in REFUSED:
                body = b"{" + b" " * max(0, size - 1) if size else b""
                answers.append(lk.client().send(method, path, body=body, type="application/json"))
                if size:
                    answers.append(chunked(lk.client(), method, path, body))
        ledger.settle(5)
    with row:
        row.ledger(ledger)
        told = collections.Counter(answer.status for answer in answers)
        row.cells["requests"] += len(answers)
        row.tell("answers", dict(sorted(told.items())))
        row.exactly("answers 5xx", sum(n for status, n in told.items() if status >= 500), 0)
