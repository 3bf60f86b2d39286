"""Faults that take long or much of the machine: `make check-faults`. What the tests of t/api
are made of is at hand here too."""

import os
import signal
import sys
import time

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, os.pardir, "api"))

pytest.register_assert_rewrite("ledger", "rows")

from lib.stack import Stack  # noqa: E402
from lib.wait import wait_for  # noqa: E402
from rows import COLUMNS, Table  # noqa: E402

TABLE, BEGAN = Table(), time.monotonic()

# Whoever was refused asks again within the grace, however long the fault was. Hashes are
# cheap, not nice, and may wait: a machine that is busy otherwise must not look like the fault.
SETTINGS = """
[server]
fast_workers = 4
slow_workers = 2
slow_nice = 0
queue_timeout_ms = 10000
[passwords]
memory_kib = 1024
passes = 1
[tokens]
refresh_grace_s = 300
[mail]
retry_max_s = 1
"""


@pytest.fixture
def table():
    return TABLE


class Shared:
    """A stack for many rows, made anew where one has left it ill."""

    def __init__(self):
        self.lk = None

    def healthy(self):
        return self.lk and self.lk.client().get("/health/ready").status == 200

    def get(self):
        if self.lk:
            try:
                wait_for(self.healthy, 15, "not ready")
            except (AssertionError, OSError):
                self.down()
        self.lk = self.lk or Stack.start(SETTINGS)
        return self.lk

    def down(self):
        if self.lk:
            self.lk.down()
        self.lk = None


@pytest.fixture(scope="session")
def shared():
    shared = Shared()
    yield shared
    shared.down()


@pytest.fixture
def lk(shared):
    """Proven healthy before each row."""
    return shared.get()


def pytest_configure(config):
    """What timeout(1) sends is as Ctrl-C: the rows that were run are written down."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter):
    if not TABLE.rows:
        return
    terminalreporter.section("what breaks")
    lines = [["", *COLUMNS, ""], *TABLE.lines()]
    widths = [max(len(str(line[i])) for line in lines) for i in range(len(lines[0]))]
    for first, *rest in lines:
        cells = [str(cell).rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        terminalreporter.write_line("  ".join([first.ljust(widths[0]), *cells]))
    terminalreporter.write_line(TABLE.write(time.monotonic() - BEGAN))
