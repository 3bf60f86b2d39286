"""The supervisor is killed, reloaded, replaced, told to stop; on sockets that are held for it."""

import contextlib
import os
import shutil
import signal
import threading
import time

from held import alive, held
from ledger import CUT, REFUSALS, ledger_of
from lib.stack import descendants
from lib.wait import wait_for

KILLS, RELOADS, BINARIES, STOPS = 8, 100, 20, 5


def test_killed(lk, table):
    """Who was in a request is told 502; who comes meanwhile waits."""
    with table.row("Supervisor killed") as row, held(lk) as it:
        with ledger_of(lk, may=(*REFUSALS, CUT)) as ledger:
            ledger.settle()
            begin, kills, orphans = time.monotonic(), [], 0
            for _ in range(KILLS):
                before = descendants(it.process.pid)
                kills.append(time.monotonic())
                it.replaced(signal.SIGKILL)
                orphans += len(alive(before))
                ledger.settle(5)
            back = time.monotonic()
            ledger.settle()
        row.ledger(ledger, begin, back)
        cut = [said.at for said in ledger.errors(begin) if said.status == 502]
        row.tell("times killed", KILLS)
        row.exactly("workers that outlived it", orphans, 0)
        row.tell("answers 502, of requests it was in", len(cut))
        row.exactly("connections refused: 502 later than 1 s after a kill", sum(
            min(at - kill for kill in kills if at >= kill) > 1 for at in cut), 0)
        row.at_most("answers 502 a kill", len(cut) / KILLS, 6)
        row.back_within(1)


def test_reload(lk, table):
    with table.row("Reload × 100") as row:
        with ledger_of(lk, may=()) as ledger:
            ledger.settle(10)
            for _ in range(RELOADS):
                before = lk.workers()
                os.kill(lk.pid("serve"), signal.SIGHUP)
                wait_for(lambda before=before: not before & lk.workers(), 15, "the old ones stay", 0.005)
            ledger.settle(10)
        row.ledger(ledger)
        row.tell("reloads", RELOADS)
        row.exactly("failed requests", len(ledger.errors()) + len(ledger.wrong), 0)


def test_new_binary(lk, table):
    """As an upgrade: another file in its place, then a restart; the sockets stay."""
    program = lk.path("latchkeyd")
    with table.row(f"New binary × {BINARIES}") as row:
        shutil.copy(os.path.join(lk.env["BUILD"], "latchkeyd"), program)
        with held(lk, program=program) as it, ledger_of(lk, may=()) as ledger:
            ledger.settle(10)
            ends = []
            for _ in range(BINARIES):
                shutil.copy(os.path.join(lk.env["BUILD"], "latchkeyd"), program + ".new")
                os.replace(program + ".new", program)
                ends.append(it.replaced(signal.SIGTERM))
            ledger.settle(10)
        row.ledger(ledger)
        row.exactly("failed requests", len(ledger.errors()) + len(ledger.wrong), 0)
        row.exactly("exits other than 0", sum(status != 0 for status, _ in ends), 0)
        row.at_most("slowest end", max(took for _, took in ends), 10, "s")


@contextlib.contextmanager
def bad_setting(lk):
    path = lk.path("conf.d", "zz-bad.conf")
    with open(path, "w") as file:
        file.write("[tokens]\naccess_tll = 5\n")
    try:
        yield
    finally:
        os.unlink(path)


def test_bad_configuration(lk, table):
    with table.row("Bad configuration") as row:
        with ledger_of(lk, may=()) as ledger, bad_setting(lk):
            ledger.settle(10)
            before, seen = lk.workers(), len(lk.log.lines())
            for n in range(1, 6):
                os.kill(lk.pid("serve"), signal.SIGHUP)
                refused = lambda: [line for line in lk.log.lines()[seen:] if line.get("event") == "reload_refused"]
                wait_for(lambda n=n: len(refused()) == n, 5, "it is not refused")
            ledger.settle(10)
            row.exactly("the same workers", lk.workers() == before, True)
        row.ledger(ledger)
        row.exactly("failed requests", len(ledger.errors()) + len(ledger.wrong), 0)
        row.exactly("says what is wrong", all("access_tll" in line["why"] for line in refused()), True)


def test_term(lk, table):
    """Each time some wait for a lock when the signal comes; they get their answers."""
    with table.row("SIGTERM with requests in flight") as row, held(lk) as it:
        with ledger_of(lk, may=()) as ledger:
            ends = []
            for _ in range(STOPS):
                ledger.settle(5)
                with contextlib.closing(lk.connect()) as lock:
                    lock.autocommit = False
                    lock.cursor().execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
                    wait_for(lambda: lk.one("SELECT count(*) FROM pg_locks WHERE NOT granted"), 5)
                    threading.Timer(0.2, lock.rollback).start()
                    ends.append(it.replaced(signal.SIGTERM))
            ledger.settle(10)
        row.ledger(ledger)
        row.exactly("failed requests", len(ledger.errors()) + len(ledger.wrong), 0)
        row.exactly("exits other than 0", sum(status != 0 for status, _ in ends), 0)
        row.at_most("slowest end", max(took for _, took in ends), 10, "s")
