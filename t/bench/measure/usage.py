"""What processes take: seconds of processor time, and their proportional share of memory."""

import os
import re

from lib.stack import descendants
from lib.wait import wait_for

TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids):
    """{pid: seconds so far}, of those that are there."""
    found = {}
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        found[pid] = (int(fields[11]) + int(fields[12])) * TICK_S
    return found


def pss_kib(pids):
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup") as file:
                total += int(re.search(r"^Pss:\s+(\d+)", file.read(), re.M)[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total


def workers(lk, pool):
    """The pids of a pool's workers, once each says of which pool it is."""
    named = lambda: lk.workers("fast") | lk.workers("slow")
    wait_for(lambda: named() and named() == lk.workers(), 30, "the workers are not there")
    return lk.workers(pool)


class Watch:
    """Processor time by part, from here to spent(); `parts` is {name: pids of their roots}.
    One that is replaced meanwhile counts from its own begin."""

    def __init__(self, parts):
        self._parts = parts
        self._before = cpu_seconds(self._pids())

    def _pids(self, names=None):
        return [pid for name in names or self._parts for root in self._parts[name] for pid in descendants(root)]

    def spent(self):
        return {name: sum(now - self._before.get(pid, 0) for pid, now in cpu_seconds(self._pids([name])).items())
                for name in self._parts}
