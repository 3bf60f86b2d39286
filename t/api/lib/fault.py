"""Parts of a stack that are away for a while."""

import contextlib
import os
import signal

from lib.stack import descendants


@contextlib.contextmanager
def stopped(lk, name, verb="stop"):
    lk.part(verb, name)
    try:
        yield
    finally:
        lk.part("start", name)


def signal_all(pids, number):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


@contextlib.contextmanager
def hung(lk, name):
    """SIGSTOP to all its processes."""
    pids = descendants(lk.pid(name))
    signal_all(pids, signal.SIGSTOP)
    try:
        yield
    finally:
        signal_all(pids, signal.SIGCONT)


@contextlib.contextmanager
def locked(lk, name):
    """A table that nobody else may even read."""
    with contextlib.closing(lk.connect()) as lock:
        lock.autocommit = False
        lock.cursor().execute(f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE")
        yield
        lock.rollback()
